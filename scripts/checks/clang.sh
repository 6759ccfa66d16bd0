#!/usr/bin/env bash
# clang's warnings, as errors, over every C file: it sees what gcc does not.
set -euo pipefail
cd "$(dirname "$0")/../.."
libraries=() without=()
# library, what it is named in C, folder of its transport; what is not here is left out, as config.m4 does
while read -r library name folder; do
	if pkg-config --exists "$library"; then
		read -ra flags <<<"$(pkg-config --cflags "$library")"
		libraries+=("${flags[@]}" "-DECOQ_HAVE_$name")
	elif [ "$folder" != - ]; then
		without+=(-not -path "src/transport/$folder/*")
	fi
done <<-LIST
	hiredis HIREDIS redis
	openssl OPENSSL -
	librabbitmq LIBRABBITMQ amqp
LIST
# shellcheck disable=SC2046 # a list of options
find ecoq.c src -name '*.c' "${without[@]}" -print0 | xargs -0 -n 1 -P "$(nproc)" clang -fsyntax-only -std=gnu11 -D_GNU_SOURCE -DCOMPILE_DL_ECOQ -DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 \
	-Wall -Wextra -Wstrict-prototypes -Wformat-security -Wimplicit-fallthrough -Wno-unused-parameter -Werror \
	$(php-config --includes | sed 's/-I/-isystem /g') "${libraries[@]}" -I . -I src
