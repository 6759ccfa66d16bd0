#include "worker/scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* The file: a header and the slots, all of 64-bit words, so that every access is atomic whoever reads meanwhile. */
typedef _Atomic uint64_t word;

#define MAGIC 0x3142535145434f45ULL /* another layout gets another one */
#define SLOT_WORDS 64
#define FILE_SIZE ((size_t) (1 + ECOQ_SCOREBOARD_SLOTS) * SLOT_WORDS * sizeof(word))
#define INITIALISING 0 /* the byte that is locked for a moment; byte 1 + i is slot i's */

enum {
	SEQUENCE, /* odd while one of the texts or numbers that belong together is being written */
	PID,
	PROCESS_START,
	STARTED,
	STATE,
	SINCE,
	PROGRESS,
	HANDLED,
	FAILED,
	CHANNEL,
	MESSAGE = CHANNEL + 8,
	ENDPOINT = MESSAGE + 8,
	NOTE = ENDPOINT + 16,
	USED_WORDS = NOTE + 16
};
_Static_assert(USED_WORDS <= SLOT_WORDS, "a slot holds an entry");
_Static_assert(sizeof(((ecoq_scoreboard_entry *) 0)->endpoint) == (NOTE - ENDPOINT) * sizeof(word), "texts are as large as their words");

struct ecoq_scoreboard {
	ecoq_scoreboard *next;
	int descriptor; /* -1 in a forked child */
	word *file;
	word *slot;
	uint64_t sequence;
	const char *channel, *endpoint; /* what stands in the slot */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static ecoq_scoreboard *boards;

const char *ecoq_worker_state_name(ecoq_worker_state state)
{
	static const char *const names[] = {"free", "starting", "idle", "busy", "handling", "stopping", "killed", "dead"};
	return (size_t) state < sizeof(names) / sizeof(*names) ? names[state] : "?";
}

/* ---- Forks: the child is no worker, and while it held the open file its dead parent would look alive ---- */

static void before_fork(void)
{
	pthread_mutex_lock(&mutex);
}

static void after_fork_in_parent(void)
{
	pthread_mutex_unlock(&mutex);
}

static void after_fork_in_child(void)
{
	for (ecoq_scoreboard *board = boards; board; board = board->next) {
		close(board->descriptor);
		board->descriptor = -1;
	}
	boards = NULL;
	pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* ---- Words ---- */

static int64_t coarse_now_ms(void)
{
	struct timespec now;
#ifdef CLOCK_REALTIME_COARSE
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
#else
	clock_gettime(CLOCK_REALTIME, &now);
#endif
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void put(word *at, uint64_t value)
{
	atomic_store_explicit(at, value, memory_order_release);
}

static uint64_t get(const word *at)
{
	return atomic_load_explicit(at, memory_order_acquire);
}

/* Up to the word that holds the terminating NUL; what stands behind it is never read. */
static void put_text(word *at, size_t words, const char *text, size_t size)
{
	uint64_t buffer[16];
	size_t capacity = words * sizeof(word) - 1;
	size = size < capacity ? size : capacity;
	size_t count = size / sizeof(word) + 1;
	buffer[count - 1] = 0;
	if (size) {
		memcpy(buffer, text, size);
	}
	for (size_t i = 0; i < count; i++) {
		put(at + i, buffer[i]);
	}
}

static void get_text(const word *at, size_t words, char *text)
{
	for (size_t i = 0; i < words; i++) {
		uint64_t value = get(at + i);
		memcpy(text + i * sizeof(value), &value, sizeof(value));
	}
	text[words * sizeof(word) - 1] = '\0';
}

static void open_entry(ecoq_scoreboard *board)
{
	atomic_store_explicit(&board->slot[SEQUENCE], ++board->sequence, memory_order_relaxed);
}

static void close_entry(ecoq_scoreboard *board)
{
	put(&board->slot[SEQUENCE], ++board->sequence);
}

/* Field 22 of /proc/PID/stat; 0: there is no such process, or no such file system. */
static int64_t start_of_process(int64_t pid)
{
	char path[64], text[1024];
	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long) pid);
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = descriptor < 0 ? 0 : read(descriptor, text, sizeof(text) - 1);
	if (descriptor >= 0) {
		close(descriptor);
	}
	text[size > 0 ? size : 0] = '\0';
	/* the name in field 2 may hold anything, blanks and brackets too */
	const char *at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++) {
		at = strchr(at + 1, ' ');
	}
	return at ? strtoll(at, NULL, 10) : 0;
}

/* ---- The file ---- */

static struct flock byte_lock(off_t byte, short type)
{
	/* l_pid must be 0 for locks of open file descriptions */
	return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
}

static bool lock_byte(int descriptor, off_t byte, short type)
{
	struct flock lock = byte_lock(byte, type);
	return fcntl(descriptor, F_OFD_SETLK, &lock) == 0;
}

static ecoq_result check_file(int descriptor, const char *path, struct stat *status, ecoq_error *error)
{
	if (fstat(descriptor, status) != 0) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "The scoreboard %s: %s", path, strerror(errno));
	}
	if (!S_ISREG(status->st_mode) || status->st_uid != geteuid() || (status->st_mode & 077) != 0) {
		return ecoq_fail(error, ECOQ_REFUSED, "The scoreboard %s is not a file that only this user can read and write; remove it, or name another one (ecoq.scoreboard)", path);
	}
	return ECOQ_OK;
}

static ecoq_result open_file(const char *path, int flags, int *descriptor, struct stat *status, ecoq_error *error)
{
	*descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (*descriptor < 0) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "The scoreboard %s cannot be opened: %s%s", path, strerror(errno), errno == ELOOP ? " (it is a symbolic link)" : "");
	}
	ecoq_result result = check_file(*descriptor, path, status, error);
	if (result != ECOQ_OK) {
		close(*descriptor);
	}
	return result;
}

/* All its blocks are taken at once: where the disk is full, a store into a mapped hole would end the process. */
static ecoq_result initialise(int descriptor, const char *path, ecoq_error *error)
{
	const uint64_t header[] = {MAGIC, SLOT_WORDS, ECOQ_SCOREBOARD_SLOTS};
	for (int tries = 0; !lock_byte(descriptor, INITIALISING, F_WRLCK); tries++) {
		if ((errno != EAGAIN && errno != EACCES) || tries == 100) {
			return ecoq_fail(error, ECOQ_UNAVAILABLE, "The scoreboard %s cannot be locked: %s", path, strerror(errno));
		}
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	struct stat status;
	int reason = fstat(descriptor, &status) != 0 ? errno : 0;
	if (reason == 0 && (size_t) status.st_size < FILE_SIZE) {
		/* who only looks takes no lock: once the file has its size, it has its header */
		errno = 0;
		if (pwrite(descriptor, header, sizeof(header), 0) == (ssize_t) sizeof(header)) {
			reason = posix_fallocate(descriptor, 0, (off_t) FILE_SIZE);
		} else {
			reason = errno ? errno : EIO;
		}
	}
	lock_byte(descriptor, INITIALISING, F_UNLCK);
	return reason == 0 ? ECOQ_OK : ecoq_fail(error, ECOQ_UNAVAILABLE, "The scoreboard %s cannot be made: %s", path, strerror(reason));
}

static ecoq_result map(int descriptor, const char *path, int protection, word **file, ecoq_error *error)
{
	void *mapped = mmap(NULL, FILE_SIZE, protection, MAP_SHARED, descriptor, 0);
	if (mapped == MAP_FAILED) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "The scoreboard %s cannot be mapped: %s", path, strerror(errno));
	}
	*file = mapped;
	/* a mapping keeps the open file, and its locks, as a descriptor does */
	madvise(mapped, FILE_SIZE, MADV_DONTFORK);
	if (get(&(*file)[0]) == MAGIC && get(&(*file)[1]) == SLOT_WORDS && get(&(*file)[2]) == ECOQ_SCOREBOARD_SLOTS) {
		return ECOQ_OK;
	}
	munmap(mapped, FILE_SIZE);
	return ecoq_fail(error, ECOQ_REFUSED, "The file %s is no scoreboard of this version of ecoq; remove it, or name another one (ecoq.scoreboard)", path);
}

static word *slot_of(word *file, int number)
{
	return file + (size_t) (1 + number) * SLOT_WORDS;
}

/* Slots that were left in order first, then those of the dead: what these were doing stays readable as long as there is room. */
static ecoq_result claim(ecoq_scoreboard *board, const char *path, ecoq_error *error)
{
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < ECOQ_SCOREBOARD_SLOTS; i++) {
			word *slot = slot_of(board->file, i);
			bool fits = pass == 1 || get(&slot[STATE]) == ECOQ_WORKER_STATE_FREE;
			if (fits && lock_byte(board->descriptor, 1 + i, F_WRLCK)) {
				board->slot = slot;
				return ECOQ_OK;
			}
			if (fits && errno != EAGAIN && errno != EACCES) {
				return ecoq_fail(error, ECOQ_UNSUPPORTED, "The scoreboard %s cannot be locked: %s", path, strerror(errno));
			}
		}
	}
	return ecoq_fail(error, ECOQ_REFUSED, "The scoreboard %s has no free slot: %d workers stand in it", path, ECOQ_SCOREBOARD_SLOTS);
}

static void write_first_entry(ecoq_scoreboard *board)
{
	word *slot = board->slot;
	int64_t now = ecoq_clock_now_ms();
	board->sequence = get(&slot[SEQUENCE]) & ~1ULL;
	open_entry(board);
	for (size_t i = PID; i < USED_WORDS; i++) {
		put(&slot[i], 0);
	}
	put(&slot[PID], (uint64_t) getpid());
	put(&slot[PROCESS_START], (uint64_t) start_of_process(getpid()));
	put(&slot[STARTED], (uint64_t) now);
	put(&slot[SINCE], (uint64_t) now);
	put(&slot[STATE], ECOQ_WORKER_STATE_STARTING);
	close_entry(board);
}

static void enlist(ecoq_scoreboard *board)
{
	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&mutex);
	board->next = boards;
	boards = board;
	pthread_mutex_unlock(&mutex);
}

ecoq_result ecoq_scoreboard_join(const char *path, ecoq_scoreboard **out, ecoq_error *error)
{
	struct stat status;
	ecoq_scoreboard *board = calloc(1, sizeof(*board));
	*out = NULL;
	if (!board) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory");
	}
	ecoq_result result = open_file(path, O_RDWR | O_CREAT, &board->descriptor, &status, error);
	if (result != ECOQ_OK) {
		free(board);
		return result;
	}
	result = (size_t) status.st_size < FILE_SIZE ? initialise(board->descriptor, path, error) : ECOQ_OK;
	if (result == ECOQ_OK) {
		result = map(board->descriptor, path, PROT_READ | PROT_WRITE, &board->file, error);
	}
	if (result == ECOQ_OK) {
		result = claim(board, path, error);
	}
	if (result != ECOQ_OK) {
		if (board->file) {
			munmap(board->file, FILE_SIZE);
		}
		close(board->descriptor);
		free(board);
		return result;
	}
	enlist(board);
	write_first_entry(board);
	*out = board;
	return ECOQ_OK;
}

void ecoq_scoreboard_leave(ecoq_scoreboard *board)
{
	if (!board) {
		return;
	}
	pthread_mutex_lock(&mutex);
	for (ecoq_scoreboard **link = &boards; *link; link = &(*link)->next) {
		if (*link == board) {
			*link = board->next;
			break;
		}
	}
	if (board->descriptor >= 0) {
		put(&board->slot[STATE], ECOQ_WORKER_STATE_FREE);
		close(board->descriptor);
	}
	pthread_mutex_unlock(&mutex);
	if (board->descriptor >= 0) {
		munmap(board->file, FILE_SIZE);
	}
	free(board);
}

/* ---- What the worker does ---- */

void ecoq_scoreboard_set_state(ecoq_scoreboard *board, ecoq_worker_state state)
{
	if (board && board->descriptor >= 0) {
		put(&board->slot[SINCE], (uint64_t) coarse_now_ms());
		put(&board->slot[STATE], state);
	}
}

void ecoq_scoreboard_begin(ecoq_scoreboard *board, ecoq_scoreboard_text channel, ecoq_scoreboard_text endpoint, ecoq_scoreboard_text message)
{
	if (!board || board->descriptor < 0) {
		return;
	}
	word *slot = board->slot;
	open_entry(board);
	if (channel.text != board->channel) {
		board->channel = channel.text;
		put_text(&slot[CHANNEL], MESSAGE - CHANNEL, channel.text, channel.size);
	}
	if (endpoint.text != board->endpoint) {
		board->endpoint = endpoint.text;
		put_text(&slot[ENDPOINT], NOTE - ENDPOINT, endpoint.text, endpoint.size);
	}
	put_text(&slot[MESSAGE], ENDPOINT - MESSAGE, message.text, message.size);
	put(&slot[SINCE], (uint64_t) coarse_now_ms());
	put(&slot[STATE], ECOQ_WORKER_STATE_HANDLING);
	close_entry(board);
}

void ecoq_scoreboard_end(ecoq_scoreboard *board, bool failed)
{
	if (board && board->descriptor >= 0) {
		word *slot = board->slot;
		uint64_t now = (uint64_t) coarse_now_ms();
		int counter = failed ? FAILED : HANDLED;
		put(&slot[counter], get(&slot[counter]) + 1);
		put(&slot[PROGRESS], now);
		put(&slot[SINCE], now);
		put(&slot[STATE], ECOQ_WORKER_STATE_BUSY);
	}
}

void ecoq_scoreboard_killed(ecoq_scoreboard *board, const char *note)
{
	if (board && board->descriptor >= 0) {
		put_text(&board->slot[NOTE], USED_WORDS - NOTE, note, strlen(note));
		put(&board->slot[STATE], ECOQ_WORKER_STATE_KILLED);
	}
}

/* ---- Looking on ---- */

static void load(const word *slot, ecoq_scoreboard_entry *entry)
{
	/* a writer may be interrupted in the middle; one that died there leaves the sequence odd: then what is there is shown */
	for (int tries = 0; tries < 200; tries++) {
		if (tries >= 20) {
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		}
		uint64_t before = get(&slot[SEQUENCE]);
		*entry = (ecoq_scoreboard_entry){
			.pid = (int64_t) get(&slot[PID]),
			.process_start = (int64_t) get(&slot[PROCESS_START]),
			.started_ms = (int64_t) get(&slot[STARTED]),
			.state = (ecoq_worker_state) get(&slot[STATE]),
			.since_ms = (int64_t) get(&slot[SINCE]),
			.progress_ms = (int64_t) get(&slot[PROGRESS]),
			.handled = (int64_t) get(&slot[HANDLED]),
			.failed = (int64_t) get(&slot[FAILED]),
		};
		get_text(&slot[CHANNEL], MESSAGE - CHANNEL, entry->channel);
		get_text(&slot[MESSAGE], ENDPOINT - MESSAGE, entry->message);
		get_text(&slot[ENDPOINT], NOTE - ENDPOINT, entry->endpoint);
		get_text(&slot[NOTE], USED_WORDS - NOTE, entry->note);
		if (!(before & 1) && get(&slot[SEQUENCE]) == before) {
			return;
		}
	}
}

static bool is_alive(int descriptor, int number, const ecoq_scoreboard_entry *entry)
{
	struct flock lock = byte_lock(1 + number, F_WRLCK);
	if (fcntl(descriptor, F_OFD_GETLK, &lock) == 0) {
		return lock.l_type != F_UNLCK;
	}
	return entry->process_start != 0 && start_of_process(entry->pid) == entry->process_start;
}

/* How long the dead are shown. */
#define MOURNING_MS (10 * 60 * 1000)

/* Whether there is something to tell of it. Only a message within a handler is unfinished business; a message is shown in no other state. */
static bool judge(ecoq_scoreboard_entry *entry, bool alive)
{
	if (entry->state == ECOQ_WORKER_STATE_FREE || entry->state > ECOQ_WORKER_STATE_KILLED) {
		return false;
	}
	if (entry->state != ECOQ_WORKER_STATE_HANDLING && entry->state != ECOQ_WORKER_STATE_KILLED) {
		entry->channel[0] = entry->message[0] = entry->endpoint[0] = '\0';
		return alive;
	}
	if (!alive && entry->state == ECOQ_WORKER_STATE_HANDLING) {
		entry->state = ECOQ_WORKER_STATE_DEAD;
	}
	return alive || ecoq_clock_now_ms() - entry->since_ms < MOURNING_MS;
}

/* Who makes a scoreboard writes its header first, and only then gives the file its size, on some file systems in many steps. */
static bool is_in_the_making(int descriptor, off_t size)
{
	uint64_t magic = 0;
	return size == 0 || (pread(descriptor, &magic, sizeof(magic), 0) == (ssize_t) sizeof(magic) && magic == MAGIC);
}

ecoq_result ecoq_scoreboard_read(const char *path, void (*each)(void *context, const ecoq_scoreboard_entry *entry), void *context, ecoq_error *error)
{
	struct stat status;
	int descriptor;
	word *file;
	if (lstat(path, &status) != 0 && errno == ENOENT) {
		return ECOQ_OK;
	}
	ecoq_result result = open_file(path, O_RDONLY, &descriptor, &status, error);
	if (result != ECOQ_OK) {
		return result;
	}
	if ((size_t) status.st_size < FILE_SIZE) {
		bool is_new = is_in_the_making(descriptor, status.st_size);
		close(descriptor);
		return is_new ? ECOQ_OK : ecoq_fail(error, ECOQ_REFUSED, "The file %s is no scoreboard: it is too small", path);
	}
	result = map(descriptor, path, PROT_READ, &file, error);
	for (int i = 0; result == ECOQ_OK && i < ECOQ_SCOREBOARD_SLOTS; i++) {
		ecoq_scoreboard_entry entry;
		load(slot_of(file, i), &entry);
		bool alive = entry.state != ECOQ_WORKER_STATE_FREE && is_alive(descriptor, i, &entry);
		if (judge(&entry, alive)) {
			each(context, &entry);
		}
	}
	if (result == ECOQ_OK) {
		munmap(file, FILE_SIZE);
	}
	close(descriptor);
	return result;
}
