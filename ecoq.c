#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "php_ecoq.h"

#include "SAPI.h"
#include "ext/standard/info.h"

#include "channel/channel.h"
#include "console/console.h"
#include "endpoint/endpoint.h"
#include "envelope/message.h"
#include "envelope/payload.h"
#include "messaging/messaging.h"
#include "php/exceptions.h"
#include "php/time_span.h"
#include "transport/transport.h"
#include "worker/restart.h"
#include "worker/watchdog.h"
#include "worker/worker.h"

PHP_INI_BEGIN()
	PHP_INI_ENTRY("ecoq.cache_dir", "", PHP_INI_SYSTEM, NULL)
	PHP_INI_ENTRY("ecoq.cache_validate", "1", PHP_INI_SYSTEM, NULL)
	PHP_INI_ENTRY("ecoq.scoreboard", "auto", PHP_INI_ALL, NULL)
PHP_INI_END()

/* Thread-safe builds keep the address of the thread's globals at hand; there are no module globals whose constructor would do it. */
static void update_thread_cache(void)
{
#if defined(ZTS) && defined(COMPILE_DL_ECOQ)
	ZEND_TSRMLS_CACHE_UPDATE();
#endif
}

static PHP_RINIT_FUNCTION(ecoq)
{
	update_thread_cache();
	return SUCCESS;
}

static PHP_MINIT_FUNCTION(ecoq)
{
	update_thread_cache();
	REGISTER_INI_ENTRIES();
	ecoq_exceptions_minit();
	ecoq_time_span_minit();
	ecoq_envelope_minit();
	ecoq_message_minit();
	ecoq_payload_minit();
	ecoq_endpoint_minit();
	ecoq_channel_minit();
	ecoq_messaging_minit();
	ecoq_worker_minit();
	ecoq_watchdog_minit();
	ecoq_console_minit();
	if (strcmp(sapi_module.name, "cli") == 0) {
		ecoq_restart_minit();
	}
	return SUCCESS;
}

static PHP_MSHUTDOWN_FUNCTION(ecoq)
{
	UNREGISTER_INI_ENTRIES();
	ecoq_watchdog_mshutdown();
	ecoq_transports_mshutdown();
	ecoq_restart_mshutdown();
	return SUCCESS;
}

static PHP_RSHUTDOWN_FUNCTION(ecoq)
{
	ecoq_watchdog_rshutdown();
	ecoq_transports_rshutdown(CG(unclean_shutdown));
	ecoq_endpoint_rshutdown();
	ecoq_payload_rshutdown();
	return SUCCESS;
}

static PHP_MINFO_FUNCTION(ecoq)
{
	php_info_print_table_start();
	php_info_print_table_row(2, "ecoq", "enabled");
	php_info_print_table_row(2, "version", PHP_ECOQ_VERSION);
	for (const ecoq_transport_ops *const *ops = ecoq_transports(); *ops; ops++) {
		char label[64];
		snprintf(label, sizeof(label), "transport %s", (*ops)->name);
		php_info_print_table_row(2, label, "yes");
	}
	php_info_print_table_end();
	DISPLAY_INI_ENTRIES();
}

static const zend_module_dep ecoq_dependencies[] = {
	ZEND_MOD_REQUIRED("json")
		ZEND_MOD_REQUIRED("hash")
			ZEND_MOD_REQUIRED("date")
				ZEND_MOD_OPTIONAL("pdo")
					ZEND_MOD_OPTIONAL("pcntl")
						ZEND_MOD_END};

zend_module_entry ecoq_module_entry = {
	STANDARD_MODULE_HEADER_EX,
	NULL,
	ecoq_dependencies,
	"ecoq",
	NULL,
	PHP_MINIT(ecoq),
	PHP_MSHUTDOWN(ecoq),
	PHP_RINIT(ecoq),
	PHP_RSHUTDOWN(ecoq),
	PHP_MINFO(ecoq),
	PHP_ECOQ_VERSION,
	STANDARD_MODULE_PROPERTIES,
};

#ifdef COMPILE_DL_ECOQ
#ifdef ZTS
ZEND_TSRMLS_CACHE_DEFINE()
#endif
ZEND_GET_MODULE(ecoq)
#endif
