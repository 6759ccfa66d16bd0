#ifndef ECOQ_BASE_UUID_H
#define ECOQ_BASE_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECOQ_UUID_SIZE 16
#define ECOQ_UUID_TEXT 36 /* without the NUL */

/* A new UUIDv7 (RFC 9562, 5.7) as lower-case text with NUL. Ids made by one thread sort in the order they were made, also
 * within one millisecond. Randomness is drawn from the kernel in bursts and thrown away in a forked child.
 * False when the kernel gives none. */
bool ecoq_uuid_v7(char text[ECOQ_UUID_TEXT + 1]);

/* Shapes the first 16 bytes of a hash into a UUID of the given version (5 for SHA-1 by RFC 9562 5.5, 8 for any other). */
void ecoq_uuid_from_digest(const unsigned char *digest, int version, char text[ECOQ_UUID_TEXT + 1]);

/* Strict parser of the 8-4-4-4-12 form, either case; `raw` may be NULL. */
bool ecoq_uuid_parse(const char *text, size_t size, unsigned char raw[ECOQ_UUID_SIZE]);

/* `count` random bytes from the same pool. False when the kernel gives none. */
bool ecoq_random_bytes(void *bytes, size_t count);

#endif
