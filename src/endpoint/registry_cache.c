#include "endpoint/registry_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "endpoint/registry_format.h"
#include "php/exceptions.h"
#include "php_ecoq.h"
#include "php_version.h"

#define MAGIC "ecoq-reg"
#define FORMAT 2
#define BYTE_ORDER_MARK 0x01020304u
#define MAX_FILE_SIZE (256 * 1024 * 1024)

typedef struct file_header {
	char magic[8];
	uint32_t format;
	uint32_t byte_order;
	uint64_t size; /* of what follows */
	uint64_t checksum;
} file_header;

struct ecoq_registry_cache {
	zend_string *key; /* which list this is */
	zend_string *path;
	ecoq_registry_group *groups;
	uint32_t group_count;
	uint32_t next; /* group to be handed out */
	bool is_loaded;
	bool owns_endpoints; /* of the groups not handed out yet */
};

static void add_class_to_key(smart_str *key, const zend_string *name)
{
	size_t skip = ZSTR_VAL(name)[0] == '\\';
	zend_string *lower = zend_string_init(ZSTR_VAL(name) + skip, ZSTR_LEN(name) - skip, false);
	zend_str_tolower(ZSTR_VAL(lower), ZSTR_LEN(lower));
	smart_str_append(key, lower);
	smart_str_appendc(key, '\n');
	zend_string_release(lower);
}

/* What a file belongs to: the versions, the script that lists the handlers (each release of an application has its own, even with one
 * cache directory), and the classes in order. NULL when there are none. */
static zend_string *make_key(HashTable *handlers)
{
	smart_str key = {0};
	zend_string *type;
	zval *handler;
	bool has_classes = false;
	smart_str_appends(&key, "ecoq " PHP_ECOQ_VERSION ", PHP " PHP_VERSION "\n");
	smart_str_appends(&key, zend_get_executed_filename());
	smart_str_appendc(&key, '\n');
	ZEND_HASH_FOREACH_STR_KEY_VAL(handlers, type, handler) {
		ZVAL_DEREF(handler);
		if (!type && Z_TYPE_P(handler) == IS_STRING) {
			add_class_to_key(&key, Z_STR_P(handler));
			has_classes = true;
		}
	}
	ZEND_HASH_FOREACH_END();
	smart_str_0(&key);
	if (!has_classes) {
		smart_str_free(&key);
		return NULL;
	}
	return key.s;
}

/* Whoever can write to the directory decides which methods messages run: it must be nobody else. */
static bool check_directory(const char *directory)
{
	struct stat state;
	if (directory[0] != '/') {
		ecoq_throw_configuration("ecoq.cache_dir is \"%s\": an absolute path is needed", directory);
		return false;
	}
	if (stat(directory, &state) != 0 && (errno != ENOENT || mkdir(directory, 0700) != 0 || stat(directory, &state) != 0)) {
		ecoq_throw_configuration("ecoq.cache_dir is \"%s\", which cannot be used: %s", directory, strerror(errno));
		return false;
	}
	if (!S_ISDIR(state.st_mode)) {
		ecoq_throw_configuration("ecoq.cache_dir is \"%s\", which is no directory", directory);
		return false;
	}
	if (state.st_uid != geteuid()) {
		ecoq_throw_configuration("ecoq.cache_dir is \"%s\", which belongs to user %ld while this process runs as user %ld; give each user a directory of its own",
			directory, (long) state.st_uid, (long) geteuid());
		return false;
	}
	if (state.st_mode & 022) {
		ecoq_throw_configuration("ecoq.cache_dir is \"%s\", which others may write to (mode %04o), and so decide what messages run; chmod 700 it",
			directory, (unsigned) (state.st_mode & 07777));
		return false;
	}
	return true;
}

/* The whole file, or NULL. The caller efree()s it. */
static char *read_file(const char *path, size_t *size)
{
	struct stat state;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file < 0) {
		return NULL;
	}
	bool trusted = fstat(file, &state) == 0 && S_ISREG(state.st_mode) && state.st_uid == geteuid() && !(state.st_mode & 022);
	if (!trusted || state.st_size < (off_t) sizeof(file_header) || state.st_size > MAX_FILE_SIZE) {
		close(file);
		return NULL;
	}
	*size = (size_t) state.st_size;
	char *data = emalloc(*size);
	size_t got = 0;
	ssize_t part = 1;
	while (got < *size && part > 0) {
		part = read(file, data + got, *size - got);
		got += part > 0 ? part : 0;
	}
	close(file);
	if (got != *size) {
		efree(data);
		return NULL;
	}
	return data;
}

static bool check_header(const char *data, size_t size)
{
	file_header header;
	memcpy(&header, data, sizeof(header));
	const char *body = data + sizeof(header);
	return memcmp(header.magic, MAGIC, sizeof(header.magic)) == 0 && header.format == FORMAT && header.byte_order == BYTE_ORDER_MARK
		&& header.size == size - sizeof(header) && header.checksum == ecoq_format_checksum(body, header.size);
}

/* Whether every source is as it was. */
static bool check_sources(ecoq_format_reader *reader)
{
	bool validate = zend_ini_long("ecoq.cache_validate", sizeof("ecoq.cache_validate") - 1, 0) != 0;
	bool same = true;
	for (uint32_t count = ecoq_format_read_count(reader); count > 0 && same && !reader->has_failed; count--) {
		ecoq_bytes path = ecoq_format_read_text(reader);
		ecoq_source_file was, is;
		was.seconds = ecoq_format_read_int(reader);
		was.nanoseconds = ecoq_format_read_int(reader);
		was.size = ecoq_format_read_int(reader);
		if (!reader->has_failed && validate) {
			same = ecoq_source_file_read(path.data, &is) && is.seconds == was.seconds && is.nanoseconds == was.nanoseconds && is.size == was.size;
		}
	}
	return same && !reader->has_failed;
}

/* An attribute whose class was unknown may be a subclass of one of ecoq's by now; then the registry has to be read anew. */
static bool check_unknown_attributes(ecoq_format_reader *reader)
{
	bool unknown = true;
	for (uint32_t count = ecoq_format_read_count(reader); count > 0 && !reader->has_failed; count--) {
		ecoq_bytes name = ecoq_format_read_text(reader);
		unknown = unknown && !(name.size && zend_hash_str_exists(EG(class_table), name.data, name.size));
	}
	return unknown && !reader->has_failed;
}

/* A class that is loaded already must be the one that was read. */
static bool check_loaded_class(const ecoq_registry_group *group)
{
	zend_string *lower = zend_string_tolower(group->class_name);
	zend_class_entry *ce = zend_hash_find_ptr(EG(class_table), lower);
	zend_string_release(lower);
	return !ce || (ce->type == ZEND_USER_CLASS ? zend_string_equals(ce->info.user.filename, group->file) : ZSTR_LEN(group->file) == 0);
}

/* What prevented keeping it may be gone. */
static bool check_blocker(const ecoq_registry_group *group)
{
	return ZSTR_LEN(group->blocker) == 0 || zend_hash_exists(EG(class_table), group->blocker);
}

static bool load_groups(ecoq_registry_cache *cache, ecoq_format_reader *reader)
{
	uint32_t count = ecoq_format_read_count(reader);
	cache->groups = safe_emalloc(count + 1, sizeof(*cache->groups), 0);
	cache->owns_endpoints = true;
	while (cache->group_count < count && !reader->has_failed) {
		ecoq_registry_group *group = &cache->groups[cache->group_count++];
		if (!ecoq_format_read_group(reader, group) || !check_loaded_class(group) || !check_blocker(group)) {
			return false;
		}
	}
	return !reader->has_failed && reader->at == reader->end;
}

static void free_groups(ecoq_registry_cache *cache)
{
	for (uint32_t i = 0; i < cache->group_count; i++) {
		ecoq_registry_group *group = &cache->groups[i];
		for (uint32_t j = 0; cache->owns_endpoints && i >= cache->next && j < group->count; j++) {
			ecoq_endpoint_free(group->endpoints[j]);
		}
		efree(group->endpoints);
		if (group->class_name) {
			zend_string_release(group->class_name);
		}
		if (group->file) {
			zend_string_release(group->file);
		}
		if (group->blocker) {
			zend_string_release(group->blocker);
		}
	}
	if (cache->groups) {
		efree(cache->groups);
	}
	cache->groups = NULL;
	cache->group_count = 0;
	cache->owns_endpoints = false;
}

static void load(ecoq_registry_cache *cache)
{
	size_t size;
	char *data = read_file(ZSTR_VAL(cache->path), &size);
	if (!data) {
		return;
	}
	ecoq_format_reader reader = {.at = data + sizeof(file_header), .end = data + size};
	ecoq_bytes key = {ZSTR_VAL(cache->key), ZSTR_LEN(cache->key)};
	cache->is_loaded = check_header(data, size) && ecoq_bytes_equal(ecoq_format_read_text(&reader), key) && check_sources(&reader)
		&& check_unknown_attributes(&reader) && load_groups(cache, &reader);
	if (!cache->is_loaded) {
		free_groups(cache);
	}
	efree(data);
}

bool ecoq_registry_cache_open(HashTable *handlers, ecoq_registry_cache **result)
{
	const char *directory = zend_ini_string("ecoq.cache_dir", sizeof("ecoq.cache_dir") - 1, 0);
	*result = NULL;
	if (!directory || !*directory) {
		return true;
	}
	if (!check_directory(directory)) {
		return false;
	}
	zend_string *key = make_key(handlers);
	if (!key) {
		return true;
	}
	ecoq_registry_cache *cache = ecalloc(1, sizeof(*cache));
	cache->key = key;
	cache->path = zend_strpprintf(0, "%s/%016" PRIx64 ".handlers", directory, ecoq_format_checksum(ZSTR_VAL(key), ZSTR_LEN(key)));
	load(cache);
	*result = cache;
	return true;
}

void ecoq_registry_cache_close(ecoq_registry_cache *cache)
{
	free_groups(cache);
	zend_string_release(cache->key);
	zend_string_release(cache->path);
	efree(cache);
}

bool ecoq_registry_cache_is_loaded(const ecoq_registry_cache *cache)
{
	return cache->is_loaded;
}

bool ecoq_registry_cache_next_is_kept(ecoq_registry_cache *cache)
{
	/* the key holds the same names in the same order, so there is a group for each; if not, classes are read as without a cache */
	if (cache->next == cache->group_count || cache->groups[cache->next].is_kept) {
		return cache->next < cache->group_count;
	}
	cache->next++;
	return false;
}

bool ecoq_registry_cache_next(ecoq_registry_cache *cache, ecoq_registry *registry)
{
	ecoq_registry_group *group = &cache->groups[cache->next++];
	bool ok = true;
	for (uint32_t i = 0; i < group->count; i++) {
		if (ok) {
			ok = ecoq_registry_add(registry, group->endpoints[i]);
		} else {
			ecoq_endpoint_free(group->endpoints[i]);
		}
	}
	return ok;
}

void ecoq_registry_cache_note_group(ecoq_registry_cache *cache, const ecoq_registry *registry, uint32_t first, const ecoq_registry_sources *sources)
{
	uint32_t count = registry->all.count - first;
	cache->groups = safe_erealloc(cache->groups, cache->group_count + 1, sizeof(*cache->groups), 0);
	ecoq_registry_group *group = &cache->groups[cache->group_count++];
	const ecoq_endpoint *endpoint = registry->all.items[first];
	*group = (ecoq_registry_group){.class_name = zend_string_copy(endpoint->class_name), .count = count, .is_kept = sources->is_cacheable};
	group->blocker = sources->blocker ? zend_string_copy(sources->blocker) : ZSTR_EMPTY_ALLOC();
	group->endpoints = safe_emalloc(count, sizeof(*group->endpoints), 0);
	for (uint32_t i = 0; i < count; i++) {
		group->endpoints[i] = registry->all.items[first + i];
		group->is_kept = group->is_kept && ecoq_format_can_write(group->endpoints[i]);
	}
	zend_class_entry *ce = zend_lookup_class_ex(endpoint->class_name, NULL, ZEND_FETCH_CLASS_NO_AUTOLOAD);
	group->file = ce && ce->type == ZEND_USER_CLASS ? zend_string_copy(ce->info.user.filename) : ZSTR_EMPTY_ALLOC();
}

static smart_str encode(const ecoq_registry_cache *cache, ecoq_registry_sources *sources)
{
	smart_str out = {0};
	zend_string *name;
	const ecoq_source_file *file;
	file_header header = {.magic = MAGIC, .format = FORMAT, .byte_order = BYTE_ORDER_MARK};
	smart_str_appendl(&out, (const char *) &header, sizeof(header));
	ecoq_format_write_text(&out, cache->key);
	ecoq_format_write_count(&out, zend_hash_num_elements(&sources->files));
	ZEND_HASH_FOREACH_STR_KEY_PTR(&sources->files, name, file) {
		ecoq_format_write_text(&out, name);
		ecoq_format_write_int(&out, file->seconds);
		ecoq_format_write_int(&out, file->nanoseconds);
		ecoq_format_write_int(&out, file->size);
	}
	ZEND_HASH_FOREACH_END();
	ecoq_format_write_count(&out, zend_hash_num_elements(&sources->unknown_attributes));
	ZEND_HASH_FOREACH_STR_KEY(&sources->unknown_attributes, name) {
		ecoq_format_write_text(&out, name);
	}
	ZEND_HASH_FOREACH_END();
	ecoq_format_write_count(&out, cache->group_count);
	for (uint32_t i = 0; i < cache->group_count; i++) {
		ecoq_format_write_group(&out, &cache->groups[i]);
	}
	header.size = ZSTR_LEN(out.s) - sizeof(header);
	header.checksum = ecoq_format_checksum(ZSTR_VAL(out.s) + sizeof(header), header.size);
	memcpy(ZSTR_VAL(out.s), &header, sizeof(header));
	return out;
}

/* To a name of its own, then renamed: a reader sees the old file or the new one, whole. */
static void write_file(const zend_string *path, const zend_string *data)
{
	char unique[ECOQ_UUID_TEXT + 1];
	if (!ecoq_uuid_v7(unique)) {
		return;
	}
	zend_string *temporary = zend_strpprintf(0, "%s.%s", ZSTR_VAL(path), unique);
	int file = open(ZSTR_VAL(temporary), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file >= 0) {
		size_t written = 0;
		ssize_t part = 1;
		while (written < ZSTR_LEN(data) && part > 0) {
			part = write(file, ZSTR_VAL(data) + written, ZSTR_LEN(data) - written);
			written += part > 0 ? part : 0;
		}
		bool ok = close(file) == 0 && written == ZSTR_LEN(data);
		if (!ok || rename(ZSTR_VAL(temporary), ZSTR_VAL(path)) != 0) {
			unlink(ZSTR_VAL(temporary));
		}
	}
	zend_string_release(temporary);
}

static bool has_kept_group(const ecoq_registry_cache *cache)
{
	for (uint32_t i = 0; i < cache->group_count; i++) {
		if (cache->groups[i].is_kept) {
			return true;
		}
	}
	return false;
}

void ecoq_registry_cache_store(ecoq_registry_cache *cache, ecoq_registry_sources *sources)
{
	if (!has_kept_group(cache) || !ecoq_registry_sources_are_settled(sources)) {
		return;
	}
	smart_str data = encode(cache, sources);
	write_file(cache->path, data.s);
	smart_str_free(&data);
}
