#ifndef ECOQ_BASE_HASH_H
#define ECOQ_BASE_HASH_H

/* FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo; draft-eastlake-fnv): the same on every machine and in every process, and not made for bytes that an attacker chooses.
 * Each function goes on from `hash`, which begins as below. */

#include <stdint.h>

#include "base/buffer.h"

#define ECOQ_HASH32 UINT32_C(2166136261)
#define ECOQ_HASH64 UINT64_C(14695981039346656037)

uint32_t ecoq_hash32(uint32_t hash, const void *bytes, size_t size);
uint64_t ecoq_hash64(uint64_t hash, const void *bytes, size_t size);

/* Of the bytes and their number, so that ("a", "bc") differs from ("ab", "c"). */
uint64_t ecoq_hash64_part(uint64_t hash, ecoq_bytes bytes);

#endif
