#!/usr/bin/env bash
# Compiles src/base alone, without any Zend header, and runs its tests: once plain, once under AddressSanitizer and UBSan.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for options in "-O2" "-g -fsanitize=address,undefined -fno-sanitize-recover=all"; do
	for test in base_test dsn_test; do
		${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Isrc $options "tests/base/$test.c" src/base/*.c -o "$work/$test" -lpthread
		"$work/$test"
	done
done
