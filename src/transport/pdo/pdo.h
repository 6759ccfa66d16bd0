#ifndef ECOQ_TRANSPORT_PDO_PDO_H
#define ECOQ_TRANSPORT_PDO_PDO_H

/* See ecoq_transports_rshutdown(). */
void ecoq_pdo_transport_rshutdown(void);

#endif
