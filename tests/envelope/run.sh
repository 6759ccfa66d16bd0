#!/usr/bin/env bash
# Compiles the envelope's reader and patcher without the engine and runs their tests: once plain, once under AddressSanitizer and UBSan.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# the engine's headers are not clean under UBSan's alignment and function checks; ecoq's own files are what is tested
for options in "-O2" "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"; do
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter -Werror -I. -Isrc $(php-config --includes | sed 's/-I/-isystem /g') $options \
		tests/envelope/patch_test.c src/envelope/envelope_reader.c src/envelope/envelope_patch.c src/base/json_scan.c src/base/result.c -o "$work/patch_test"
	"$work/patch_test"
done
