#ifndef ECOQ_MESSAGING_TRANSACTIONAL_H
#define ECOQ_MESSAGING_TRANSACTIONAL_H

/* Units of work in the hands of the application: Messaging::transactional() and Ecoq\UnitOfWork. */

#include "messaging/messaging.h"

extern zend_class_entry *ecoq_ce_UnitOfWork;
void ecoq_unit_of_work_class_minit(void);

/* Messaging::unitOfWork(): the open unit, or one that is opened by this and stays open until flush() or discard(). */
void ecoq_method_unit_of_work(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging);

/* Messaging::transactional(callable) */
void ecoq_method_transactional(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging);

/* The Messaging is freed: a unit that was never ended is rolled back. */
void ecoq_unit_of_work_class_abandon(ecoq_messaging *messaging);

#endif
