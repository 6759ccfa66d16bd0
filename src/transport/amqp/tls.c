#include "transport/amqp/login.h"

#include <stdlib.h>
#include <unistd.h>

#ifdef ECOQ_HAVE_OPENSSL
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#endif

static ecoq_result unusable(const char *option, const char *file, const char *what, ecoq_error *error)
{
	return ecoq_fail(error, ECOQ_INVALID, "TLS to RabbitMQ: the file \"%s\" of the option \"%s\" %s", file, option,
		access(file, R_OK) == 0 ? what : "cannot be read");
}

#ifdef ECOQ_HAVE_OPENSSL

/* Of the handshake that runs on this thread; X509_V_OK: none. */
static _Thread_local int certificate_error;

static int note_certificate(int holds, X509_STORE_CTX *store)
{
	if (!holds) {
		certificate_error = X509_STORE_CTX_get_error(store);
	}
	return holds;
}

/* OpenSSL looks at the certificate during the handshake, before the client's own goes out, and knows addresses as well as names; the library would look
 * afterwards, and at names only. */
static ecoq_result set_trust(const ecoq_network_settings *settings, const char *host, amqp_socket_t *socket, ecoq_error *error)
{
	SSL_CTX *context = amqp_ssl_socket_get_context(socket);
	certificate_error = X509_V_OK;
	amqp_ssl_socket_set_verify_peer(socket, settings->tls_verify);
	amqp_ssl_socket_set_verify_hostname(socket, 0);
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	if (!settings->tls_verify) {
		return ECOQ_OK;
	}
	X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(context);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, note_certificate);
	X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	int named = ecoq_network_is_ip(host) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host) : X509_VERIFY_PARAM_set1_host(parameters, host, 0);
	if (named != 1 || (!settings->tls_ca && SSL_CTX_set_default_verify_paths(context) != 1)) {
		ERR_clear_error();
		return ecoq_fail(error, ECOQ_NO_MEMORY, "TLS to RabbitMQ: out of memory");
	}
	ERR_clear_error();
	return ECOQ_OK;
}

ecoq_result ecoq_amqp_tls_failure(const ecoq_amqp_connection *connection, int status, const char *doing, ecoq_error *error)
{
	unsigned long reason = ERR_peek_last_error();
	const char *words = ERR_GET_LIB(reason) == ERR_LIB_SSL ? ERR_reason_error_string(reason) : NULL;
	ERR_clear_error();
	if (certificate_error != X509_V_OK) {
		return ecoq_fail(error, ECOQ_INVALID, "%s: the broker's certificate does not hold (%s); trust its authority (option tls-ca), or use a host name that it is for", doing, X509_verify_cert_error_string(certificate_error));
	}
	if (words && ERR_GET_REASON(reason) == SSL_R_WRONG_VERSION_NUMBER) {
		return ecoq_fail(error, ECOQ_INVALID, "%s: the port has no TLS (5671 is the usual one with it); check it, or write amqp:// for a connection without TLS", doing);
	}
	if (words && ERR_GET_REASON(reason) > SSL_AD_REASON_OFFSET) {
		return ecoq_fail(error, ECOQ_INVALID, "%s: the broker refuses the TLS connection (%s); it may want a client's certificate that it trusts (options tls-cert and tls-key)", doing, words);
	}
	return ecoq_amqp_failure(connection, status, doing, error);
}

#else

ecoq_result ecoq_amqp_tls_failure(const ecoq_amqp_connection *connection, int status, const char *doing, ecoq_error *error)
{
	return ecoq_amqp_failure(connection, status, doing, error);
}

/* Where systems keep the certificates of public authorities in one file. */
static const char *const bundles[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", "/usr/local/share/certs/ca-root-nss.crt"};

static ecoq_result set_trust(const ecoq_network_settings *settings, const char *host, amqp_socket_t *socket, ecoq_error *error)
{
	(void) host;
	amqp_ssl_socket_set_verify_peer(socket, settings->tls_verify);
	amqp_ssl_socket_set_verify_hostname(socket, settings->tls_verify);
	amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
	if (!settings->tls_verify || settings->tls_ca) {
		return ECOQ_OK;
	}
	const char *file = getenv("SSL_CERT_FILE");
	for (size_t i = 0; (!file || access(file, R_OK) != 0) && i < sizeof(bundles) / sizeof(bundles[0]); i++) {
		file = bundles[i];
	}
	if (file && amqp_ssl_socket_set_cacert(socket, file) == AMQP_STATUS_OK) {
		return ECOQ_OK;
	}
	return ecoq_fail(error, ECOQ_INVALID, "TLS to RabbitMQ: the system's trusted certificates were not found; name a file with the option \"tls-ca\"");
}

#endif

ecoq_result ecoq_amqp_tls_socket(const ecoq_network_settings *settings, amqp_connection_state_t state, const char *host, amqp_socket_t **out, ecoq_error *error)
{
	amqp_socket_t *socket = amqp_ssl_socket_new(state);
	if (!socket) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "TLS to RabbitMQ: out of memory");
	}
	*out = socket;
	if (settings->tls_ca && amqp_ssl_socket_set_cacert(socket, settings->tls_ca) != AMQP_STATUS_OK) {
		return unusable("tls-ca", settings->tls_ca, "holds no certificate in PEM form", error);
	}
	if (settings->tls_certificate && amqp_ssl_socket_set_key(socket, settings->tls_certificate, settings->tls_key) != AMQP_STATUS_OK) {
		if (access(settings->tls_certificate, R_OK) != 0) {
			return unusable("tls-cert", settings->tls_certificate, "", error);
		}
		return unusable("tls-key", settings->tls_key, "does not go with the certificate of \"tls-cert\", or one of them is not in PEM form", error);
	}
	return set_trust(settings, host, socket, error);
}
