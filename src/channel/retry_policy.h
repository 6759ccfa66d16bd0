#ifndef ECOQ_CHANNEL_RETRY_POLICY_H
#define ECOQ_CHANNEL_RETRY_POLICY_H

#include "base/backoff.h"
#include "php/compat.h"

/* Ranges of Ecoq\RetryPolicy and of the retry options. */
#define ECOQ_RETRIES_MAX 1000000
#define ECOQ_RETRY_MULTIPLIER_MAX 1000.0

extern zend_class_entry *ecoq_ce_RetryPolicy;
void ecoq_retry_policy_minit(void);

/* The policy that a RetryPolicy object holds; the default one when its constructor never ran. */
ecoq_backoff ecoq_retry_policy_of(const zend_object *object);

/* Its exception filters, with a new reference each; UNDEF: none. */
void ecoq_retry_policy_filters(const zend_object *object, zval *only, zval *never);

#endif
