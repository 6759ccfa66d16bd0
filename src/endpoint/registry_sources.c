#include "endpoint/registry_sources.h"

#include <sys/stat.h>

#include "endpoint/attribute_reader.h"
#include "php/time_span.h"
#include "zend_ast.h"

static void free_file(zval *item)
{
	efree(Z_PTR_P(item));
}

void ecoq_registry_sources_init(ecoq_registry_sources *sources, bool is_recording)
{
	*sources = (ecoq_registry_sources){.is_recording = is_recording, .classes_before = EG(class_table)->nNumUsed, .compiler_options = CG(compiler_options)};
	zend_hash_init(&sources->files, 8, NULL, free_file, false);
	zend_hash_init(&sources->unknown_attributes, 8, NULL, NULL, false);
	zend_hash_init(&sources->seen, 8, NULL, NULL, false);
	if (is_recording) {
		CG(compiler_options) |= ZEND_COMPILE_NO_CONSTANT_SUBSTITUTION;
	}
}

void ecoq_registry_sources_begin(ecoq_registry_sources *sources)
{
	sources->is_cacheable = sources->is_recording;
	if (sources->blocker) {
		zend_string_release(sources->blocker);
		sources->blocker = NULL;
	}
}

void ecoq_registry_sources_free(ecoq_registry_sources *sources)
{
	if (sources->is_recording) {
		CG(compiler_options) = sources->compiler_options;
	}
	ecoq_registry_sources_begin(sources);
	zend_hash_destroy(&sources->files);
	zend_hash_destroy(&sources->unknown_attributes);
	zend_hash_destroy(&sources->seen);
}

bool ecoq_source_file_read(const char *path, ecoq_source_file *file)
{
	struct stat state;
	if (stat(path, &state) != 0 || !S_ISREG(state.st_mode)) {
		return false;
	}
	*file = (ecoq_source_file){.seconds = state.st_mtim.tv_sec, .nanoseconds = state.st_mtim.tv_nsec, .size = state.st_size};
	return true;
}

/* False when the file cannot be looked at next time: eval()'d code, a stream, a path that depends on the working directory. */
static bool add_file(ecoq_registry_sources *sources, zend_string *path)
{
	if (zend_hash_exists(&sources->files, path)) {
		return true;
	}
	ecoq_source_file file;
	if (ZSTR_VAL(path)[0] != '/' || strlen(ZSTR_VAL(path)) != ZSTR_LEN(path) || !ecoq_source_file_read(ZSTR_VAL(path), &file)) {
		return false;
	}
	ecoq_source_file *kept = emalloc(sizeof(*kept));
	*kept = file;
	zend_hash_add_new_ptr(&sources->files, path, kept);
	return true;
}

static bool add_class(ecoq_registry_sources *sources, zend_class_entry *ce);

static bool add_related(ecoq_registry_sources *sources, zend_class_entry *ce)
{
	bool ok = !ce->parent || add_class(sources, ce->parent);
	for (uint32_t i = 0; i < ce->num_interfaces; i++) {
		ok = add_class(sources, ce->interfaces[i]) && ok;
	}
	for (uint32_t i = 0; i < ce->num_traits; i++) {
		zend_class_entry *trait = zend_hash_find_ptr(EG(class_table), ce->trait_names[i].lc_name);
		ok = trait && add_class(sources, trait) && ok;
	}
	return ok;
}

static bool add_class(ecoq_registry_sources *sources, zend_class_entry *ce)
{
	if (ce->type != ZEND_USER_CLASS) {
		return true;
	}
	zend_ulong key = (zend_ulong) (uintptr_t) ce;
	zval *known = zend_hash_index_find(&sources->seen, key);
	if (known) {
		return Z_TYPE_P(known) == IS_TRUE;
	}
	zval followed;
	ZVAL_BOOL(&followed, !(ce->ce_flags & ZEND_ACC_ANON_CLASS) && add_file(sources, ce->info.user.filename) && add_related(sources, ce));
	zend_hash_index_add_new(&sources->seen, key, &followed);
	return Z_TYPE(followed) == IS_TRUE;
}

void ecoq_registry_sources_add_class(ecoq_registry_sources *sources, zend_class_entry *ce)
{
	if (sources->is_recording && !add_class(sources, ce)) {
		sources->is_cacheable = false;
	}
}

/* Whether the class was compiled before recording began, with the values of constants in it. */
static bool is_folded(const ecoq_registry_sources *sources, const zend_class_entry *ce, zend_string *lower_name)
{
	if (ce->type != ZEND_USER_CLASS || (ce->ce_flags & (ZEND_ACC_IMMUTABLE | ZEND_ACC_CACHED))) {
		return false; /* the engine's, or opcache's, which leaves constants alone */
	}
	const zval *place = zend_hash_find(EG(class_table), lower_name);
	return !place || (const Bucket *) place - EG(class_table)->arData < (ptrdiff_t) sources->classes_before;
}

static void block(ecoq_registry_sources *sources, zend_string *lower_name)
{
	if (sources->is_cacheable) {
		sources->is_cacheable = false;
		sources->blocker = zend_string_copy(lower_name);
	}
}

/* An attribute's arguments were compiled with its class or, on a method from a trait, with the trait. */
static void check_folding(ecoq_registry_sources *sources, zend_class_entry *scope)
{
	zend_string *lower = zend_string_tolower(scope->name);
	if (is_folded(sources, scope, lower)) {
		block(sources, lower);
	}
	zend_string_release(lower);
	for (uint32_t i = 0; i < scope->num_traits; i++) {
		zend_class_entry *trait = zend_hash_find_ptr(EG(class_table), scope->trait_names[i].lc_name);
		if (trait && is_folded(sources, trait, scope->trait_names[i].lc_name)) {
			block(sources, scope->trait_names[i].lc_name);
		}
	}
}

typedef struct argument_check {
	ecoq_registry_sources *sources;
	zend_class_entry *scope;
} argument_check;

static bool is_fixed(const argument_check *check, zend_ast *ast);

static bool are_children_fixed(const argument_check *check, zend_ast *ast)
{
	bool is_list = zend_ast_is_list(ast);
	uint32_t count = is_list ? zend_ast_get_list(ast)->children : zend_ast_get_num_children(ast);
	zend_ast **children = is_list ? zend_ast_get_list(ast)->child : ast->child;
	for (uint32_t i = 0; i < count; i++) {
		if (children[i] && !is_fixed(check, children[i])) {
			return false;
		}
	}
	return true;
}

static zend_class_entry *class_of_name(const argument_check *check, zend_string *name)
{
	if (zend_string_equals_literal_ci(name, "self")) {
		return check->scope;
	}
	if (zend_string_equals_literal_ci(name, "parent")) {
		return check->scope->parent;
	}
	/* evaluating the argument loads it anyway */
	return zend_lookup_class(name);
}

/* A constant whose class holds literals only; others may depend on what was defined at run time. An enum case is the same in any process. */
static bool is_constant_fixed(const argument_check *check, zend_ast *ast)
{
	if (ast->child[0]->kind != ZEND_AST_ZVAL || ast->child[1]->kind != ZEND_AST_ZVAL) {
		return false;
	}
	zend_class_entry *ce = class_of_name(check, zend_ast_get_str(ast->child[0]));
	zend_class_constant *constant = ce ? zend_hash_find_ptr(&ce->constants_table, zend_ast_get_str(ast->child[1])) : NULL;
	if (!constant) {
		return false;
	}
	if (!(ZEND_CLASS_CONST_FLAGS(constant) & ZEND_CLASS_CONST_IS_CASE)) {
		bool literal = Z_TYPE(constant->value) != IS_CONSTANT_AST && (constant->ce->type != ZEND_USER_CLASS || !(constant->ce->ce_flags & ZEND_ACC_HAS_AST_CONSTANTS));
		if (!literal) {
			return false;
		}
	}
	ecoq_registry_sources_add_class(check->sources, ce);
	ecoq_registry_sources_add_class(check->sources, constant->ce);
	return true;
}

static bool is_time_span(zend_ast *ast)
{
	return ast->child[0]->kind == ZEND_AST_ZVAL && zend_string_equals_ci(zend_ast_get_str(ast->child[0]), ecoq_ce_TimeSpan->name);
}

/* Whether the expression gives the same value in every process. */
static bool is_fixed(const argument_check *check, zend_ast *ast)
{
	switch (ast->kind) {
		case ZEND_AST_ZVAL:
			return true;
		case ZEND_AST_CLASS_CONST:
			return is_constant_fixed(check, ast);
		case ZEND_AST_NEW:
			return is_time_span(ast) && are_children_fixed(check, ast->child[1]);
		case ZEND_AST_NAMED_ARG:
			return is_fixed(check, ast->child[1]);
		case ZEND_AST_ARG_LIST:
		case ZEND_AST_ARRAY:
		case ZEND_AST_ARRAY_ELEM:
		case ZEND_AST_UNARY_PLUS:
		case ZEND_AST_UNARY_MINUS:
		case ZEND_AST_BINARY_OP:
		case ZEND_AST_PROP: /* only enum cases' properties are allowed in constant expressions */
			return are_children_fixed(check, ast);
		default:
			return false;
	}
}

static void check_arguments(ecoq_registry_sources *sources, const zend_attribute *attribute, zend_class_entry *scope)
{
	argument_check check = {.sources = sources, .scope = scope};
	for (uint32_t i = 0; i < attribute->argc; i++) {
		const zval *value = &attribute->args[i].value;
		if (Z_TYPE_P(value) == IS_CONSTANT_AST && !is_fixed(&check, Z_ASTVAL_P(value))) {
			sources->is_cacheable = false;
		}
	}
}

void ecoq_registry_sources_add_attribute(ecoq_registry_sources *sources, const zend_attribute *attribute, zend_class_entry *ce, zend_class_entry *scope)
{
	if (!sources->is_recording || !sources->is_cacheable) {
		return;
	}
	if (!ce) {
		if (!zend_hash_exists(EG(class_table), attribute->lcname)) {
			zend_hash_add_empty_element(&sources->unknown_attributes, attribute->lcname);
		}
	} else if (ce->type == ZEND_USER_CLASS) {
		sources->is_cacheable = false; /* its constructor may do anything */
	} else if (attribute->argc > 0) {
		check_arguments(sources, attribute, scope);
		check_folding(sources, scope);
	}
}

void ecoq_registry_sources_add_message_class(ecoq_registry_sources *sources, zend_class_entry *ce)
{
	zend_attribute *attribute;
	ecoq_registry_sources_add_class(sources, ce);
	if (!sources->is_recording || !ce->attributes) {
		return;
	}
	ZEND_HASH_FOREACH_PTR(ce->attributes, attribute) {
		zend_class_entry *attribute_ce = NULL;
		ecoq_attribute_kind kind = ecoq_attribute_kind_of(attribute, &attribute_ce);
		if (kind == ECOQ_ATTRIBUTE_MESSAGE_TYPE || kind == ECOQ_ATTRIBUTE_NONE) {
			ecoq_registry_sources_add_attribute(sources, attribute, attribute_ce, ce);
		}
	}
	ZEND_HASH_FOREACH_END();
}
