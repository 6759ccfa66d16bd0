#ifndef ECOQ_PHP_CLASS_LIST_H
#define ECOQ_PHP_CLASS_LIST_H

#include "base/buffer.h"
#include "php/compat.h"

/* Lists of class names that objects are judged by: array zvals of strings without leading backslash. No class is ever loaded for one: an
 * object's class, parents and interfaces are loaded, so their names can be compared. */

/* The names of an argument (NULL or null: `list` becomes UNDEF). False with a TypeError or ValueError about argument `number`. */
bool ecoq_class_list_from_argument(uint32_t number, const zval *names, zval *list);

/* The names of a text, separated by commas; blanks around them do not count. False, with `*wrong` set to the part that is no class name. */
bool ecoq_class_list_from_text(ecoq_bytes text, zval *list, ecoq_bytes *wrong);

/* Whether the list (UNDEF: an empty one) names the class, one of its parents or one of its interfaces. */
bool ecoq_class_list_holds(const zval *list, const zend_class_entry *ce);

#endif
