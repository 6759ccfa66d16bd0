#ifndef ECOQ_PHP_EXCEPTIONS_H
#define ECOQ_PHP_EXCEPTIONS_H

#include "base/result.h"
#include "php/compat.h"

/* Ecoq\Exception\…; registered in exceptions.c, declared in stubs/Exception.stub.php */
extern zend_class_entry *ecoq_ce_EcoqException; /* interface */
extern zend_class_entry *ecoq_ce_ConfigurationException;
extern zend_class_entry *ecoq_ce_EnvelopeException; /* readonly string $reason */
extern zend_class_entry *ecoq_ce_ConversionException;
extern zend_class_entry *ecoq_ce_TransportException;
extern zend_class_entry *ecoq_ce_ConnectionException; /* extends TransportException */
extern zend_class_entry *ecoq_ce_HandlerNotFoundException;
extern zend_class_entry *ecoq_ce_OwnershipLostException;
extern zend_class_entry *ecoq_ce_HandlerTimeoutException; /* thrown into a handler that takes too long */
extern zend_class_entry *ecoq_ce_HandlersFailedException; /* readonly array $failures: endpoint id => Throwable */
extern zend_class_entry *ecoq_ce_Unrecoverable;           /* steering exceptions: thrown by handlers, may be subclassed */
extern zend_class_entry *ecoq_ce_RetryLater;              /* int $delay in milliseconds */
extern zend_class_entry *ecoq_ce_Drop;
extern zend_class_entry *ecoq_ce_StopWorker;

void ecoq_exceptions_minit(void);

/* Throws the exception that fits the result (INVALID, UNSUPPORTED: ConfigurationException; UNAVAILABLE: ConnectionException; LOST:
 * OwnershipLostException; the others: TransportException) with the error's text. ECOQ_EXCEPTION: one is pending, nothing is done.
 * `context`, if given, is put in front: "Sending to channel \"orders\": …". */
void ecoq_throw_error(ecoq_result result, const ecoq_error *error, const char *context, ...)
	__attribute__((format(printf, 3, 4)));

/* Throws ConfigurationException. A pending exception becomes its previous one. */
void ecoq_throw_configuration(const char *format, ...); /* zend format: %s, ZEND_LONG_FMT, … */

/* Throws EnvelopeException with its machine-readable reason (research: BabelQueue 1.5, "missing_urn" …). */
void ecoq_throw_envelope(const char *reason, const char *format, ...);

/* Throws ConversionException. */
void ecoq_throw_conversion(const char *format, ...);

#endif
