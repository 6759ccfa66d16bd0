#include "base/hash.h"

uint32_t ecoq_hash32(uint32_t hash, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	for (size_t i = 0; i < size; i++) {
		hash = (hash ^ at[i]) * UINT32_C(16777619);
	}
	return hash;
}

uint64_t ecoq_hash64(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	for (size_t i = 0; i < size; i++) {
		hash = (hash ^ at[i]) * UINT64_C(1099511628211);
	}
	return hash;
}

uint64_t ecoq_hash64_part(uint64_t hash, ecoq_bytes bytes)
{
	return ecoq_hash64(ecoq_hash64(hash, bytes.data, bytes.size), &bytes.size, sizeof(bytes.size));
}
