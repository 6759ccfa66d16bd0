/* TEMPORARY: weak stand-ins for parts that are still being written; deleted at integration. */
#include "channel/channel.h"
#include "console/console.h"
#include "endpoint/endpoint.h"
#include "envelope/message.h"
#include "envelope/payload.h"
#include "messaging/messaging.h"
#include "php/exceptions.h"
#include "php/time_span.h"
#include "worker/worker.h"
#define WEAK __attribute__((weak))
WEAK void ecoq_exceptions_minit(void) {}
WEAK void ecoq_time_span_minit(void) {}
WEAK void ecoq_envelope_minit(void) {}
WEAK void ecoq_message_minit(void) {}
WEAK void ecoq_payload_minit(void) {}
WEAK void ecoq_payload_rshutdown(void) {}
WEAK void ecoq_endpoint_minit(void) {}
WEAK void ecoq_endpoint_rshutdown(void) {}
WEAK void ecoq_channel_minit(void) {}
WEAK void ecoq_messaging_minit(void) {}
WEAK void ecoq_worker_minit(void) {}
WEAK void ecoq_console_minit(void) {}
static const ecoq_transport_ops *none[] = {NULL};
WEAK const ecoq_transport_ops *const *ecoq_transports(void) { return none; }
static const char *const no_schemes[] = {NULL};
static const ecoq_option_spec no_options[] = {{NULL, NULL}};
extern const ecoq_transport_ops ecoq_pdo_transport;
WEAK const ecoq_transport_ops ecoq_pdo_transport = {.name = "pdo", .schemes = no_schemes, .options = no_options};
