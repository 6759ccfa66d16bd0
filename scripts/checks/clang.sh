#!/usr/bin/env bash
# clang's warnings, as errors, over every C file: it sees what gcc does not.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck disable=SC2046 # a list of options
find ecoq.c src -name '*.c' -print0 | xargs -0 -n 1 -P "$(nproc)" clang -fsyntax-only -std=gnu11 -D_GNU_SOURCE -DCOMPILE_DL_ECOQ -DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 \
	-Wall -Wextra -Wstrict-prototypes -Wformat-security -Wimplicit-fallthrough -Wno-unused-parameter -Werror \
	$(php-config --includes | sed 's/-I/-isystem /g') -I . -I src
