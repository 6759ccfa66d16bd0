/* What cppcheck is told of PHP's macros, in place of PHP's headers: those that change how code reads. One that is missing
 * is reported as "unknown macro"; it is then declared here. */

#define PHP_VERSION_ID 80400
#define PHP_METHOD(class, name) void zim_##class##_##name(zend_execute_data *execute_data, zval *return_value)
#define PHP_FUNCTION(name) void zif_##name(zend_execute_data *execute_data, zval *return_value)
#define PHP_MINIT_FUNCTION(module) int zm_startup_##module(int type, int module_number)
#define PHP_MSHUTDOWN_FUNCTION(module) int zm_shutdown_##module(int type, int module_number)
#define PHP_RINIT_FUNCTION(module) int zm_activate_##module(int type, int module_number)
#define PHP_RSHUTDOWN_FUNCTION(module) int zm_deactivate_##module(int type, int module_number)
#define PHP_MINFO_FUNCTION(module) void zm_info_##module(zend_module_entry *zend_module)
#define PHP_MINIT(module) zm_startup_##module
#define PHP_MSHUTDOWN(module) zm_shutdown_##module
#define PHP_RINIT(module) zm_activate_##module
#define PHP_RSHUTDOWN(module) zm_deactivate_##module
#define PHP_MINFO(module) zm_info_##module
#define PHP_INI_BEGIN() static const zend_ini_entry_def ini_entries[] = {
#define PHP_INI_ENTRY(name, value, access, handler) {name, handler, value, access},
#define STD_PHP_INI_ENTRY(name, value, access, handler, field, type, globals) {name, handler, value, access},
#define STD_PHP_INI_BOOLEAN(name, value, access, handler, field, type, globals) {name, handler, value, access},
#define PHP_INI_END() {0}};
#define ZEND_MOD_REQUIRED(name) {name, 0, 0, 1},
#define ZEND_MOD_OPTIONAL(name) {name, 0, 0, 3},
#define ZEND_MOD_END {0}
#define STANDARD_MODULE_HEADER_EX 0
#define STANDARD_MODULE_PROPERTIES 0
#define ZEND_GET_MODULE(name)
#define ZEND_TSRMLS_CACHE_DEFINE()
#define ZEND_TSRMLS_CACHE_EXTERN()
#define ZEND_BEGIN_MODULE_GLOBALS(module) typedef struct zend_##module##_globals {
#define ZEND_END_MODULE_GLOBALS(module) } zend_##module##_globals;
#define ZEND_EXTERN_MODULE_GLOBALS(module)
#define ZEND_DECLARE_MODULE_GLOBALS(module)
#define ZEND_TLS static
#define zend_always_inline inline
#define zend_never_inline
#define ZEND_COLD
#define INTERNAL_FUNCTION_PARAMETERS zend_execute_data *execute_data, zval *return_value
#define INTERNAL_FUNCTION_PARAM_PASSTHRU execute_data, return_value

#define zend_try if (zend_enter_try())
#define zend_catch else
#define zend_end_try()

#define RETURN_THROWS() return
#define RETURN_NULL() return
#define RETURN_TRUE return
#define RETURN_FALSE return

#define ZEND_HASH_FOREACH(table, indirect) for (int each = 0; each < zend_count(table); each++) {
#define ZEND_HASH_FOREACH_VAL(table, value) for (int each = 0; each < zend_count(table); each++) { value = zend_each(table, each);
#define ZEND_HASH_FOREACH_VAL_IND(table, value) for (int each = 0; each < zend_count(table); each++) { value = zend_each(table, each);
#define ZEND_HASH_FOREACH_PTR(table, value) for (int each = 0; each < zend_count(table); each++) { value = zend_each(table, each);
#define ZEND_HASH_FOREACH_KEY(table, number, key) for (int each = 0; each < zend_count(table); each++) { number = each; key = zend_each_key(table, each);
#define ZEND_HASH_FOREACH_STR_KEY(table, key) for (int each = 0; each < zend_count(table); each++) { key = zend_each_key(table, each);
#define ZEND_HASH_FOREACH_NUM_KEY(table, number) for (int each = 0; each < zend_count(table); each++) { number = each;
#define ZEND_HASH_FOREACH_STR_KEY_VAL(table, key, value) for (int each = 0; each < zend_count(table); each++) { key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_FOREACH_STR_KEY_VAL_IND(table, key, value) for (int each = 0; each < zend_count(table); each++) { key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_FOREACH_STR_KEY_PTR(table, key, value) for (int each = 0; each < zend_count(table); each++) { key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_FOREACH_KEY_VAL(table, number, key, value) for (int each = 0; each < zend_count(table); each++) { number = each; key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_FOREACH_KEY_VAL_IND(table, number, key, value) for (int each = 0; each < zend_count(table); each++) { number = each; key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_FOREACH_KEY_PTR(table, number, key, value) for (int each = 0; each < zend_count(table); each++) { number = each; key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_FOREACH_NUM_KEY_VAL(table, number, value) for (int each = 0; each < zend_count(table); each++) { number = each; value = zend_each(table, each);
#define ZEND_HASH_FOREACH_NUM_KEY_PTR(table, number, value) for (int each = 0; each < zend_count(table); each++) { number = each; value = zend_each(table, each);
#define ZEND_HASH_MAP_FOREACH(table, indirect) for (int each = 0; each < zend_count(table); each++) {
#define ZEND_HASH_MAP_FOREACH_VAL(table, value) for (int each = 0; each < zend_count(table); each++) { value = zend_each(table, each);
#define ZEND_HASH_MAP_FOREACH_VAL_IND(table, value) for (int each = 0; each < zend_count(table); each++) { value = zend_each(table, each);
#define ZEND_HASH_MAP_FOREACH_PTR(table, value) for (int each = 0; each < zend_count(table); each++) { value = zend_each(table, each);
#define ZEND_HASH_MAP_FOREACH_KEY(table, number, key) for (int each = 0; each < zend_count(table); each++) { number = each; key = zend_each_key(table, each);
#define ZEND_HASH_MAP_FOREACH_STR_KEY(table, key) for (int each = 0; each < zend_count(table); each++) { key = zend_each_key(table, each);
#define ZEND_HASH_MAP_FOREACH_NUM_KEY(table, number) for (int each = 0; each < zend_count(table); each++) { number = each;
#define ZEND_HASH_MAP_FOREACH_STR_KEY_VAL(table, key, value) for (int each = 0; each < zend_count(table); each++) { key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_MAP_FOREACH_STR_KEY_VAL_IND(table, key, value) for (int each = 0; each < zend_count(table); each++) { key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_MAP_FOREACH_STR_KEY_PTR(table, key, value) for (int each = 0; each < zend_count(table); each++) { key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_MAP_FOREACH_KEY_VAL(table, number, key, value) for (int each = 0; each < zend_count(table); each++) { number = each; key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_MAP_FOREACH_KEY_VAL_IND(table, number, key, value) for (int each = 0; each < zend_count(table); each++) { number = each; key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_MAP_FOREACH_KEY_PTR(table, number, key, value) for (int each = 0; each < zend_count(table); each++) { number = each; key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_MAP_FOREACH_NUM_KEY_VAL(table, number, value) for (int each = 0; each < zend_count(table); each++) { number = each; value = zend_each(table, each);
#define ZEND_HASH_MAP_FOREACH_NUM_KEY_PTR(table, number, value) for (int each = 0; each < zend_count(table); each++) { number = each; value = zend_each(table, each);
#define ZEND_HASH_PACKED_FOREACH(table, indirect) for (int each = 0; each < zend_count(table); each++) {
#define ZEND_HASH_PACKED_FOREACH_VAL(table, value) for (int each = 0; each < zend_count(table); each++) { value = zend_each(table, each);
#define ZEND_HASH_PACKED_FOREACH_VAL_IND(table, value) for (int each = 0; each < zend_count(table); each++) { value = zend_each(table, each);
#define ZEND_HASH_PACKED_FOREACH_PTR(table, value) for (int each = 0; each < zend_count(table); each++) { value = zend_each(table, each);
#define ZEND_HASH_PACKED_FOREACH_NUM_KEY(table, number) for (int each = 0; each < zend_count(table); each++) { number = each;
#define ZEND_HASH_PACKED_FOREACH_NUM_KEY_VAL(table, number, value) for (int each = 0; each < zend_count(table); each++) { number = each; value = zend_each(table, each);
#define ZEND_HASH_PACKED_FOREACH_NUM_KEY_PTR(table, number, value) for (int each = 0; each < zend_count(table); each++) { number = each; value = zend_each(table, each);
#define ZEND_HASH_REVERSE_FOREACH(table, indirect) for (int each = 0; each < zend_count(table); each++) {
#define ZEND_HASH_REVERSE_FOREACH_VAL(table, value) for (int each = 0; each < zend_count(table); each++) { value = zend_each(table, each);
#define ZEND_HASH_REVERSE_FOREACH_VAL_IND(table, value) for (int each = 0; each < zend_count(table); each++) { value = zend_each(table, each);
#define ZEND_HASH_REVERSE_FOREACH_PTR(table, value) for (int each = 0; each < zend_count(table); each++) { value = zend_each(table, each);
#define ZEND_HASH_REVERSE_FOREACH_KEY(table, number, key) for (int each = 0; each < zend_count(table); each++) { number = each; key = zend_each_key(table, each);
#define ZEND_HASH_REVERSE_FOREACH_STR_KEY(table, key) for (int each = 0; each < zend_count(table); each++) { key = zend_each_key(table, each);
#define ZEND_HASH_REVERSE_FOREACH_NUM_KEY(table, number) for (int each = 0; each < zend_count(table); each++) { number = each;
#define ZEND_HASH_REVERSE_FOREACH_STR_KEY_VAL(table, key, value) for (int each = 0; each < zend_count(table); each++) { key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_REVERSE_FOREACH_STR_KEY_VAL_IND(table, key, value) for (int each = 0; each < zend_count(table); each++) { key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_REVERSE_FOREACH_STR_KEY_PTR(table, key, value) for (int each = 0; each < zend_count(table); each++) { key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_REVERSE_FOREACH_KEY_VAL(table, number, key, value) for (int each = 0; each < zend_count(table); each++) { number = each; key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_REVERSE_FOREACH_KEY_VAL_IND(table, number, key, value) for (int each = 0; each < zend_count(table); each++) { number = each; key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_REVERSE_FOREACH_KEY_PTR(table, number, key, value) for (int each = 0; each < zend_count(table); each++) { number = each; key = zend_each_key(table, each); value = zend_each(table, each);
#define ZEND_HASH_REVERSE_FOREACH_NUM_KEY_VAL(table, number, value) for (int each = 0; each < zend_count(table); each++) { number = each; value = zend_each(table, each);
#define ZEND_HASH_REVERSE_FOREACH_NUM_KEY_PTR(table, number, value) for (int each = 0; each < zend_count(table); each++) { number = each; value = zend_each(table, each);
#define ZEND_HASH_FOREACH_END() }

#define ZEND_PARSE_PARAMETERS_NONE()
#define ZEND_PARSE_PARAMETERS_START(min, max)
#define ZEND_PARSE_PARAMETERS_END()
#define Z_PARAM_OPTIONAL
#define Z_PARAM_GET_PREV_ZVAL(dest) zend_read_parameter(&dest);
#define Z_PARAM_ARRAY(dest) zend_read_parameter(&dest);
#define Z_PARAM_ARRAY_OR_NULL(dest) zend_read_parameter(&dest);
#define Z_PARAM_ARRAY_OR_OBJECT(dest) zend_read_parameter(&dest);
#define Z_PARAM_ITERABLE(dest) zend_read_parameter(&dest);
#define Z_PARAM_ITERABLE_OR_NULL(dest) zend_read_parameter(&dest);
#define Z_PARAM_BOOL(dest) zend_read_parameter(&dest);
#define Z_PARAM_BOOL_OR_NULL(dest, is_null) zend_read_parameter(&dest); zend_read_parameter(&is_null);
#define Z_PARAM_CLASS(dest) zend_read_parameter(&dest);
#define Z_PARAM_CLASS_OR_NULL(dest) zend_read_parameter(&dest);
#define Z_PARAM_OBJ_OR_CLASS_NAME(dest) zend_read_parameter(&dest);
#define Z_PARAM_OBJ_OR_CLASS_NAME_OR_NULL(dest) zend_read_parameter(&dest);
#define Z_PARAM_OBJ_OR_STR(destination_object, destination_string) zend_read_parameter(&destination_object); zend_read_parameter(&destination_string);
#define Z_PARAM_OBJ_OR_STR_OR_NULL(destination_object, destination_string) zend_read_parameter(&destination_object); zend_read_parameter(&destination_string);
#define Z_PARAM_OBJ_OF_CLASS_OR_STR(destination_object, base_ce, destination_string) zend_read_parameter(&destination_object); zend_read_parameter(&destination_string);
#define Z_PARAM_OBJ_OF_CLASS_OR_STR_OR_NULL(destination_object, base_ce, destination_string) zend_read_parameter(&destination_object); zend_read_parameter(&destination_string);
#define Z_PARAM_DOUBLE(dest) zend_read_parameter(&dest);
#define Z_PARAM_DOUBLE_OR_NULL(dest, is_null) zend_read_parameter(&dest); zend_read_parameter(&is_null);
#define Z_PARAM_FUNC(dest_fci, dest_fcc) zend_read_parameter(&dest_fci); zend_read_parameter(&dest_fcc);
#define Z_PARAM_FUNC_OR_NULL(dest_fci, dest_fcc) zend_read_parameter(&dest_fci); zend_read_parameter(&dest_fcc);
#define Z_PARAM_FUNC_OR_NULL_WITH_ZVAL(dest_fci, dest_fcc, dest_zp) zend_read_parameter(&dest_fci); zend_read_parameter(&dest_fcc); zend_read_parameter(&dest_zp);
#define Z_PARAM_ARRAY_HT(dest) zend_read_parameter(&dest);
#define Z_PARAM_ARRAY_HT_OR_NULL(dest) zend_read_parameter(&dest);
#define Z_PARAM_ARRAY_HT_OR_LONG(dest_ht, dest_long) zend_read_parameter(&dest_ht); zend_read_parameter(&dest_long);
#define Z_PARAM_ARRAY_HT_OR_LONG_OR_NULL(dest_ht, dest_long, is_null) zend_read_parameter(&dest_ht); zend_read_parameter(&dest_long); zend_read_parameter(&is_null);
#define Z_PARAM_ARRAY_OR_OBJECT_HT(dest) zend_read_parameter(&dest);
#define Z_PARAM_LONG(dest) zend_read_parameter(&dest);
#define Z_PARAM_LONG_OR_NULL(dest, is_null) zend_read_parameter(&dest); zend_read_parameter(&is_null);
#define Z_PARAM_NUMBER_OR_NULL(dest) zend_read_parameter(&dest);
#define Z_PARAM_NUMBER(dest) zend_read_parameter(&dest);
#define Z_PARAM_OBJECT(dest) zend_read_parameter(&dest);
#define Z_PARAM_OBJECT_OR_NULL(dest) zend_read_parameter(&dest);
#define Z_PARAM_OBJ(dest) zend_read_parameter(&dest);
#define Z_PARAM_OBJ_OR_NULL(dest) zend_read_parameter(&dest);
#define Z_PARAM_OBJECT_OF_CLASS(dest, _ce) zend_read_parameter(&dest);
#define Z_PARAM_OBJECT_OF_CLASS_OR_NULL(dest, _ce) zend_read_parameter(&dest);
#define Z_PARAM_OBJ_OF_CLASS(dest, _ce) zend_read_parameter(&dest);
#define Z_PARAM_OBJ_OF_CLASS_OR_NULL(dest, _ce) zend_read_parameter(&dest);
#define Z_PARAM_OBJ_OF_CLASS_OR_LONG(dest_obj, _ce, dest_long) zend_read_parameter(&dest_obj); zend_read_parameter(&dest_long);
#define Z_PARAM_OBJ_OF_CLASS_OR_LONG_OR_NULL(dest_obj, _ce, dest_long, is_null) zend_read_parameter(&dest_obj); zend_read_parameter(&dest_long); zend_read_parameter(&is_null);
#define Z_PARAM_PATH(dest, dest_len) zend_read_parameter(&dest); zend_read_parameter(&dest_len);
#define Z_PARAM_PATH_OR_NULL(dest, dest_len) zend_read_parameter(&dest); zend_read_parameter(&dest_len);
#define Z_PARAM_PATH_STR(dest) zend_read_parameter(&dest);
#define Z_PARAM_PATH_STR_OR_NULL(dest) zend_read_parameter(&dest);
#define Z_PARAM_RESOURCE(dest) zend_read_parameter(&dest);
#define Z_PARAM_RESOURCE_OR_NULL(dest) zend_read_parameter(&dest);
#define Z_PARAM_STRING(dest, dest_len) zend_read_parameter(&dest); zend_read_parameter(&dest_len);
#define Z_PARAM_STRING_OR_NULL(dest, dest_len) zend_read_parameter(&dest); zend_read_parameter(&dest_len);
#define Z_PARAM_STR(dest) zend_read_parameter(&dest);
#define Z_PARAM_STR_OR_NULL(dest) zend_read_parameter(&dest);
#define Z_PARAM_ZVAL(dest) zend_read_parameter(&dest);
#define Z_PARAM_ZVAL_OR_NULL(dest) zend_read_parameter(&dest);
#define Z_PARAM_VARIADIC(spec, dest, dest_num) zend_read_parameter(&dest); zend_read_parameter(&dest_num);
#define Z_PARAM_VARIADIC_WITH_NAMED(dest, dest_num, dest_named) zend_read_parameter(&dest); zend_read_parameter(&dest_num); zend_read_parameter(&dest_named);
#define Z_PARAM_ARRAY_HT_OR_STR(dest_ht, dest_str) zend_read_parameter(&dest_ht); zend_read_parameter(&dest_str);
#define Z_PARAM_ARRAY_HT_OR_STR_OR_NULL(dest_ht, dest_str) zend_read_parameter(&dest_ht); zend_read_parameter(&dest_str);
#define Z_PARAM_STR_OR_LONG(dest_str, dest_long) zend_read_parameter(&dest_str); zend_read_parameter(&dest_long);
#define Z_PARAM_STR_OR_LONG_OR_NULL(dest_str, dest_long, is_null) zend_read_parameter(&dest_str); zend_read_parameter(&dest_long); zend_read_parameter(&is_null);
