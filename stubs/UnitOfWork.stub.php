<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * A unit of work that a framework opens and ends: Messaging::unitOfWork() at the beginning of a request, flush() when the response is made, discard()
 * when the request failed. In between, what is sent is collected, and with `database` everything runs in one transaction.
 *
 *     $unit = $ecoq->unitOfWork();      // kernel.request
 *     $unit->flush();                   // kernel.response
 *     $unit->discard();                 // kernel.exception
 *
 * A unit that is never ended is discarded with its Messaging.
 *
 * @strict-properties
 * @not-serializable
 */
final class UnitOfWork
{
    private function __construct() {}

    /**
     * Commits, sends what was collected, and ends the unit. Without an open unit it does nothing.
     *
     * @throws Exception\TransportException when a channel did not take its messages, or the transaction cannot be committed
     * @throws Exception\ConfigurationException within a handler or transactional(): that unit is ended by what opened it
     */
    public function flush(): void {}

    /**
     * Forgets what was collected, rolls back, and ends the unit. Within a handler or transactional() it forgets what was collected so far, and the
     * unit goes on.
     */
    public function discard(): void {}
}
