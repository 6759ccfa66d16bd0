#include "envelope/message_id.h"

#include "ext/hash/php_hash.h"
#include "ext/hash/php_hash_sha.h"
#include "ext/standard/sha1.h"

#include "php/exceptions.h"

/* The namespace of every name-based id, 32dd4bc5-0849-4b74-8bb6-48670e6cb70f: drawn at random once, never to be changed, since the same message
 * must get the same id in every version, process and language. */
static const unsigned char ecoq_namespace[ECOQ_UUID_SIZE] = {0x32, 0xdd, 0x4b, 0xc5, 0x08, 0x49, 0x4b, 0x74, 0x8b, 0xb6, 0x48, 0x67, 0x0e, 0x6c, 0xb7, 0x0f};

static zend_string *from_digest(const unsigned char *digest, int version)
{
	zend_string *id = zend_string_alloc(ECOQ_UUID_TEXT, false);

	ecoq_uuid_from_digest(digest, version, ZSTR_VAL(id));
	return id;
}

zend_string *ecoq_message_id_new(void)
{
	zend_string *id = zend_string_alloc(ECOQ_UUID_TEXT, false);

	if (UNEXPECTED(!ecoq_uuid_v7(ZSTR_VAL(id)))) {
		zend_string_efree(id);
		zend_throw_exception(ecoq_ce_TransportException, "Making a message id: the system gives no random bytes (getrandom failed)", 0);
		return NULL;
	}
	return id;
}

zend_string *ecoq_message_id_for_endpoint(ecoq_bytes original_id, ecoq_bytes endpoint_id)
{
	unsigned char digest[20];
	PHP_SHA1_CTX context;

	PHP_SHA1Init(&context);
	PHP_SHA1Update(&context, ecoq_namespace, sizeof(ecoq_namespace));
	PHP_SHA1Update(&context, (const unsigned char *) original_id.data, original_id.size);
	PHP_SHA1Update(&context, (const unsigned char *) "", 1);
	PHP_SHA1Update(&context, (const unsigned char *) endpoint_id.data, endpoint_id.size);
	PHP_SHA1Final(digest, &context);
	return from_digest(digest, 5);
}

/* The body's size goes in front of it: no body can pretend to be another one with an identity behind it. */
zend_string *ecoq_message_id_for_bytes(ecoq_bytes body, ecoq_bytes broker_identity)
{
	unsigned char digest[32];
	unsigned char size[8];
	PHP_SHA256_CTX context;

	for (int i = 0; i < 8; i++) {
		size[i] = (unsigned char) ((uint64_t) body.size >> (56 - 8 * i));
	}
	PHP_SHA256Init(&context);
	PHP_SHA256Update(&context, ecoq_namespace, sizeof(ecoq_namespace));
	PHP_SHA256Update(&context, size, sizeof(size));
	PHP_SHA256Update(&context, (const unsigned char *) body.data, body.size);
	PHP_SHA256Update(&context, (const unsigned char *) broker_identity.data, broker_identity.size);
	PHP_SHA256Final(digest, &context);
	return from_digest(digest, 8);
}
