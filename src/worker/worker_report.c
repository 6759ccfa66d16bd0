#include "worker/worker_report.h"

zend_class_entry *ecoq_ce_WorkerReport;

ZEND_METHOD(Ecoq_WorkerReport, __construct);

ZEND_METHOD(Ecoq_WorkerReport, __construct)
{
	ZEND_PARSE_PARAMETERS_NONE();
}

void ecoq_worker_report_minit(zend_class_entry *ce)
{
	ecoq_ce_WorkerReport = ce;
}

void ecoq_worker_report_create(const ecoq_worker_counts *counts, ecoq_stop_reason reason, zval *object)
{
	/* in the order the stub declares them */
	const int64_t values[] = {counts->handled, counts->failed, counts->retried, counts->dead_lettered, counts->dropped, counts->expired, counts->duplicates,
		counts->postponed, counts->forwarded, counts->lost, counts->duration_ns / 1000000};
	object_init_ex(object, ecoq_ce_WorkerReport);
	const uint32_t count = sizeof(values) / sizeof(*values);
	for (uint32_t i = 0; i < count; i++) {
		ZVAL_LONG(OBJ_PROP_NUM(Z_OBJ_P(object), i), values[i]);
	}
	ZVAL_STRING(OBJ_PROP_NUM(Z_OBJ_P(object), count), ecoq_stop_reason_name(reason));
}
