#include "transport/redis/tls.h"

#ifdef ECOQ_HAVE_OPENSSL

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/redis/socket.h"

struct ecoq_redis_tls {
	SSL_CTX *context;
	SSL *ssl;
	BIO_METHOD *method;
	int fd;
};

/* ---- OpenSSL's own way to a socket is write(), which raises SIGPIPE ---- */

static int put_bytes(BIO *bio, const char *data, int size)
{
	const ecoq_redis_tls *tls = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	ssize_t sent = send(tls->fd, data, (size_t) size, MSG_NOSIGNAL);
	if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
		BIO_set_retry_write(bio);
	}
	return (int) sent;
}

static int get_bytes(BIO *bio, char *data, int size)
{
	const ecoq_redis_tls *tls = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	ssize_t got = recv(tls->fd, data, (size_t) size, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		BIO_set_retry_read(bio);
	}
	return (int) got;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
	return command == BIO_CTRL_FLUSH;
}

static bool attach_socket(ecoq_redis_tls *tls)
{
	tls->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "ecoq socket");
	if (!tls->method || !BIO_meth_set_write(tls->method, put_bytes) || !BIO_meth_set_read(tls->method, get_bytes) || !BIO_meth_set_ctrl(tls->method, control)) {
		return false;
	}
	BIO *bio = BIO_new(tls->method);
	if (!bio) {
		return false;
	}
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio);
	return true;
}

/* ---- Setting up ---- */

static ecoq_result fail(const ecoq_network_address *address, ecoq_result code, const char *what, const char *name, ecoq_error *error)
{
	char place[300], reason[160] = "";
	unsigned long number = ERR_peek_last_error();
	if (number) {
		ERR_error_string_n(number, reason, sizeof(reason));
	}
	ERR_clear_error();
	return ecoq_fail(error, code, "TLS to Redis at %s: %s%s%s%s%s", ecoq_network_address_text(address, place, sizeof(place)), what, name, *reason ? " (" : "", reason,
		*reason ? ")" : "");
}

/* OpenSSL's own words for it are "system lib". */
static bool can_read(const char *file, const ecoq_network_address *address, ecoq_error *error)
{
	char place[300];
	if (!file || access(file, R_OK) == 0) {
		return true;
	}
	ecoq_fail(error, ECOQ_INVALID, "TLS to Redis at %s: cannot read %s: %s", ecoq_network_address_text(address, place, sizeof(place)), file, strerror(errno));
	return false;
}

static ecoq_result load_files(const ecoq_network_settings *settings, const ecoq_network_address *address, SSL_CTX *context, ecoq_error *error)
{
	if (!can_read(settings->tls_ca, address, error) || !can_read(settings->tls_certificate, address, error) || !can_read(settings->tls_key, address, error)) {
		return ECOQ_INVALID;
	}
	if (settings->tls_ca && SSL_CTX_load_verify_locations(context, settings->tls_ca, NULL) != 1) {
		return fail(address, ECOQ_INVALID, "option tls-ca: cannot read certificates from ", settings->tls_ca, error);
	}
	if (!settings->tls_ca && settings->tls_verify && SSL_CTX_set_default_verify_paths(context) != 1) {
		return fail(address, ECOQ_INVALID, "the system's certificates cannot be read", "; name a file by the option tls-ca", error);
	}
	if (settings->tls_certificate && SSL_CTX_use_certificate_chain_file(context, settings->tls_certificate) != 1) {
		return fail(address, ECOQ_INVALID, "option tls-cert: cannot read a certificate from ", settings->tls_certificate, error);
	}
	if (settings->tls_key && SSL_CTX_use_PrivateKey_file(context, settings->tls_key, SSL_FILETYPE_PEM) != 1) {
		return fail(address, ECOQ_INVALID, "option tls-key: no private key that fits the certificate in ", settings->tls_key, error);
	}
	return ECOQ_OK;
}

static bool expect_host(SSL *ssl, const char *host)
{
	if (ecoq_network_is_ip(host)) {
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	}
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, host) == 1;
}

static ecoq_result prepare(ecoq_redis_tls *tls, const ecoq_network_settings *settings, const ecoq_network_address *address, ecoq_error *error)
{
	tls->context = SSL_CTX_new(TLS_client_method());
	if (!tls->context) {
		return fail(address, ECOQ_NO_MEMORY, "out of memory", "", error);
	}
	SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
	SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_verify(tls->context, settings->tls_verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	ecoq_result result = load_files(settings, address, tls->context, error);
	if (result != ECOQ_OK) {
		return result;
	}
	tls->ssl = SSL_new(tls->context);
	if (!tls->ssl || !attach_socket(tls)) {
		return fail(address, ECOQ_NO_MEMORY, "out of memory", "", error);
	}
	if ((settings->tls_verify && !expect_host(tls->ssl, address->host)) || (!ecoq_network_is_ip(address->host) && SSL_set_tlsext_host_name(tls->ssl, address->host) != 1)) {
		return fail(address, ECOQ_INVALID, "not a host name that a certificate can be for", "", error);
	}
	SSL_set_connect_state(tls->ssl);
	return ECOQ_OK;
}

/* ---- Handshake ---- */

static short events_of(int code)
{
	if (code == SSL_ERROR_WANT_READ) {
		return POLLIN;
	}
	return code == SSL_ERROR_WANT_WRITE ? POLLOUT : 0;
}

static ecoq_result handshake_failed(const ecoq_redis_tls *tls, const ecoq_network_address *address, int code, ecoq_error *error)
{
	long verified = SSL_get_verify_result(tls->ssl);
	if (verified != X509_V_OK && SSL_get_verify_mode(tls->ssl) != SSL_VERIFY_NONE) {
		ERR_clear_error();
		return fail(address, ECOQ_INVALID, "the server's certificate is refused: ", X509_verify_cert_error_string(verified), error);
	}
	/* anything but an error of the protocol is a connection that broke */
	bool is_protocol = code == SSL_ERROR_SSL && ERR_peek_last_error() && ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_SSL;
#ifdef SSL_R_UNEXPECTED_EOF_WHILE_READING
	is_protocol = is_protocol && ERR_GET_REASON(ERR_peek_last_error()) != SSL_R_UNEXPECTED_EOF_WHILE_READING;
#endif
	return is_protocol ? fail(address, ECOQ_INVALID, "the handshake failed; is this the server's TLS port", "?", error)
					   : fail(address, ECOQ_UNAVAILABLE, "the connection broke during the handshake", "", error);
}

static ecoq_result shake_hands(ecoq_redis_tls *tls, const ecoq_network_address *address, int64_t deadline_ms, ecoq_error *error)
{
	for (;;) {
		ERR_clear_error();
		int done = SSL_do_handshake(tls->ssl);
		if (done == 1) {
			return ECOQ_OK;
		}
		int code = SSL_get_error(tls->ssl, done);
		short events = events_of(code);
		if (!events) {
			return handshake_failed(tls, address, code, error);
		}
		if (!ecoq_redis_socket_wait(tls->fd, events, deadline_ms)) {
			return fail(address, ECOQ_UNAVAILABLE, "no answer in time during the handshake", "; is this the server's TLS port?", error);
		}
	}
}

ecoq_result ecoq_redis_tls_begin(
	const ecoq_network_settings *settings, const ecoq_network_address *address, int fd, int64_t deadline_ms, ecoq_redis_tls **out, bool *is_of_host,
	ecoq_error *error)
{
	ecoq_redis_tls *tls = calloc(1, sizeof(*tls));
	if (!tls) {
		return fail(address, ECOQ_NO_MEMORY, "out of memory", "", error);
	}
	tls->fd = fd;
	ERR_clear_error();
	ecoq_result result = prepare(tls, settings, address, error);
	*is_of_host = result == ECOQ_OK;
	if (result == ECOQ_OK) {
		result = shake_hands(tls, address, deadline_ms, error);
	}
	if (result != ECOQ_OK) {
		ecoq_redis_tls_end(tls);
		return result;
	}
	*out = tls;
	return ECOQ_OK;
}

/* ---- Bytes ---- */

static ssize_t failed(ecoq_redis_tls *tls, int returned, short *events)
{
	int code = SSL_get_error(tls->ssl, returned);
	*events = events_of(code);
	if (*events) {
		errno = EAGAIN;
		return -1;
	}
	if (code == SSL_ERROR_ZERO_RETURN) {
		return 0;
	}
	if (code != SSL_ERROR_SYSCALL || errno == 0 || errno == EAGAIN) {
		errno = ECONNRESET;
	}
	return -1;
}

ssize_t ecoq_redis_tls_read(ecoq_redis_tls *tls, void *data, size_t size, short *events)
{
	ERR_clear_error();
	errno = 0;
	int got = SSL_read(tls->ssl, data, size > INT_MAX ? INT_MAX : (int) size);
	return got > 0 ? got : failed(tls, got, events);
}

ssize_t ecoq_redis_tls_write(ecoq_redis_tls *tls, const void *data, size_t size, short *events)
{
	ERR_clear_error();
	errno = 0;
	int put = SSL_write(tls->ssl, data, size > INT_MAX ? INT_MAX : (int) size);
	return put > 0 ? put : failed(tls, put, events);
}

void ecoq_redis_tls_end(ecoq_redis_tls *tls)
{
	SSL_free(tls->ssl);
	SSL_CTX_free(tls->context);
	BIO_meth_free(tls->method);
	ERR_clear_error();
	free(tls);
}

#else

ecoq_result ecoq_redis_tls_begin(
	const ecoq_network_settings *settings, const ecoq_network_address *address, int fd, int64_t deadline_ms, ecoq_redis_tls **out, bool *is_of_host,
	ecoq_error *error)
{
	return ecoq_fail(error, ECOQ_INVALID, "This build of ecoq has no TLS");
}

ssize_t ecoq_redis_tls_read(ecoq_redis_tls *tls, void *data, size_t size, short *events)
{
	return 0;
}

ssize_t ecoq_redis_tls_write(ecoq_redis_tls *tls, const void *data, size_t size, short *events)
{
	return 0;
}

void ecoq_redis_tls_end(ecoq_redis_tls *tls)
{
}

#endif
