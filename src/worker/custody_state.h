#ifndef ECOQ_WORKER_CUSTODY_STATE_H
#define ECOQ_WORKER_CUSTODY_STATE_H

/* What custody.c (the worker's thread, the end) and custody_keep.c (the keeper's thread) share. */

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "worker/custody.h"

typedef enum surrender {
	KEEP,
	SURRENDER, /* all but the one that runs */
	SURRENDER_ALL
} surrender;

typedef enum ending {
	NOT_YET,
	WAITS,
	OURS
} ending;

/* A transport whose presence is watched, to the end of the run. */
typedef struct presence_watch {
	struct presence_watch *next;
	ecoq_custody *custody;
	const ecoq_transport_ops *ops;
	ecoq_transport *transport;
} presence_watch;

struct ecoq_custody {
	ecoq_custody *outer;
	pid_t process; /* forked children have nothing to do with it */
	size_t capacity;
	ecoq_delivery *deliveries;
	ecoq_keeper *keeper; /* NULL: not needed so far */
	bool keeper_failed;
	ecoq_timer timer;
	presence_watch *watches;
	void (*on_lost)(void *context);
	void *lost_context;
	atomic_bool in_hand, stopping, surrendered, is_lost;
	_Atomic surrender wanted;
	_Atomic ending ended;       /* what became of the one that was started last; `states` are told by absorb() */
	_Atomic int64_t started_ns; /* when its handler began; 0: it has not, as far as is known */

	pthread_mutex_t mutex; /* all below; never held during a call of the transport */
	pthread_cond_t rests;  /* keeper_works has become false */
	bool keeper_works;     /* calls the transport: what it deals with stays as it is */
	bool is_armed;         /* the timer comes within ECOQ_ACK_SLOW_NS */
	const ecoq_transport_ops *ops;
	ecoq_transport *transport; /* NULL: no batch */
	uint8_t *states, *tags;    /* of `count` deliveries */
	size_t count;              /* in the batch */
	size_t next;               /* the first that was not started */
	size_t first;              /* the first that was not collected */
	size_t told;               /* `count`, as the worker's thread knows it: it has released those behind */
	size_t waiting, tried;     /* of those before `next`: how many WAITING, how many TRIED */
	bool runs;                 /* the last one that was started has not ended */
	bool is_doubted;           /* presence was lost: look whether what runs is still ours */
	bool rest_goes;            /* what was not started is not to stay any longer */
	int64_t waiting_since_ns;  /* 0: not known yet */
	int64_t not_before_ns;     /* after a failure to reach the broker */

	/* the keeper's own */
	ecoq_settlement *settlements;
	ecoq_delivery **returning;
};

/* The worker's thread says without the mutex that a handler has ended; whoever has the mutex next draws the consequences. */
void ecoq_custody_absorb(ecoq_custody *custody);

/* The timer's. */
int64_t ecoq_custody_keep(ecoq_timer *timer, int64_t now_ns);

#endif
