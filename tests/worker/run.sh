#!/usr/bin/env bash
# Compiles the keeper, the scoreboard and the custody of a batch without the engine and runs their tests: once plain, once under ThreadSanitizer.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compile() # OPTIONS
{
	local test
	for test in keeper custody; do
		# shellcheck disable=SC2086 # a list of options
		${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Isrc $1 "tests/worker/${test}_test.c" src/base/keeper.c src/worker/scoreboard.c \
			src/worker/custody.c src/worker/custody_keep.c src/base/clock.c src/base/result.c -o "$work/${test}_test" -lpthread
	done
}
compile -O2
"$work/keeper_test" "$work"
"$work/custody_test"
compile '-O1 -g -fsanitize=thread'
# ThreadSanitizer cannot work with the widest address space randomisation of newer kernels
setarch "$(uname -m)" -R true 2>/dev/null && fixed=(setarch "$(uname -m)" -R) || fixed=()
TSAN_OPTIONS=halt_on_error=0:exitcode=66 "${fixed[@]}" "$work/keeper_test" "$work"
TSAN_OPTIONS=halt_on_error=0:exitcode=66 "${fixed[@]}" "$work/custody_test"
