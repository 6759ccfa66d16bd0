#ifndef ECOQ_MESSAGING_DEAD_LETTERS_H
#define ECOQ_MESSAGING_DEAD_LETTERS_H

/* Ecoq\DeadLetters (what Messaging::deadLetters() gives) and Ecoq\DeadLetter (one of them, a value with the readonly properties
 *   string id, ?string endpointId, string type, string channel, int attempts, string reason, ?string errorClass, string error,
 *   int failedAt (ms), string body, ?string trace).
 * Methods: list(?string channel = null, int limit = 50, int offset = 0): array, show(string id): ?DeadLetter, count(?string channel = null): int,
 * replay(string id): bool, replayAll(?string channel = null): int, delete(string id): bool, purge(?string channel = null): int. */

#include "messaging/messaging.h"

extern zend_class_entry *ecoq_ce_DeadLetters;
extern zend_class_entry *ecoq_ce_DeadLetter;
void ecoq_dead_letters_minit(void);
void ecoq_dead_letters_create(zend_object *messaging, zval *object);

#endif
