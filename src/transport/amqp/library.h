#ifndef ECOQ_TRANSPORT_AMQP_LIBRARY_H
#define ECOQ_TRANSPORT_AMQP_LIBRARY_H

/* librabbitmq's headers: from 0.12 on they live in a folder, and those at the old place warn. */

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif

#endif
