#!/usr/bin/env bash
# cppcheck over the C code. PHP's headers are not read (cppcheck.h stands in for their macros), so that a run takes seconds.
set -euo pipefail
cd "$(dirname "$0")/../.."
check() # PATH ...
{
	cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--suppressions-list=scripts/checks/cppcheck.suppressions --include=scripts/checks/cppcheck.h -j "$(nproc)" -I src "$@"
}

# cppcheck passes over what it cannot read without a word: first see that it finds a fault in code like ours
probe=$(mktemp -d)
trap 'rm -rf "$probe"' EXIT
cat >"$probe/probe.c" <<'PROBE'
#include "php/compat.h"
PHP_METHOD(Ecoq_Probe, fault)
{
	zend_long index;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_LONG(index)
	ZEND_PARSE_PARAMETERS_END();
	char bytes[4];
	bytes[4] = (char) index;
	RETURN_TRUE;
}
PROBE
if check "$probe/probe.c" 2>/dev/null; then
	echo "cppcheck did not find the fault that was planted for it" >&2
	exit 1
fi
check ecoq.c src
