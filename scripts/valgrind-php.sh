#!/bin/sh
# php under valgrind, for run-tests as TEST_PHP_EXECUTABLE. Each process, those that a test starts included, leaves a log in
# $VALGRIND_LOGS; what decides on a test, or tidies up after it, runs as it is. $VALGRIND_PHP is the php.
# (run-tests has -m for this, but then processes of one test overwrite each other's log, and a hanging test costs five minutes.)
export USE_ZEND_ALLOC=0 ZEND_DONT_UNLOAD_MODULES=1
case "$*" in
	*.skip.php*|*.clean.php*|*run-test-info.php*) exec "$VALGRIND_PHP" "$@" ;;
esac
# valgrind does not understand code that PCRE makes at run time
exec valgrind --trace-children=yes --log-file="$VALGRIND_LOGS/%p.log" --num-callers=30 --suppressions="${0%/*}/valgrind.supp" \
	--leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite "$VALGRIND_PHP" -d pcre.jit=0 "$@"
