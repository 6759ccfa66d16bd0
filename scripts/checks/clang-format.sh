#!/usr/bin/env bash
# The C code is as clang-format lays it out (`clang-format.sh --fix` does so).
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t files < <(find ecoq.c php_ecoq.h src tests -name '*.[ch]' | sort)
if [ "${1-}" = --fix ]; then
	clang-format -i "${files[@]}"
else
	clang-format --dry-run -Werror --ferror-limit=3 "${files[@]}"
fi
