#ifndef ECOQ_WORKER_WORKER_REPORT_H
#define ECOQ_WORKER_WORKER_REPORT_H

#include "worker/worker.h"

void ecoq_worker_report_minit(zend_class_entry *ce);

/* Ecoq\WorkerReport of a run. */
void ecoq_worker_report_create(const ecoq_worker_counts *counts, ecoq_stop_reason reason, zval *object);

#endif
