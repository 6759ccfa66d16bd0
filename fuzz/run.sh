#!/usr/bin/env bash
# Fuzzes the envelope scanner and the DSN parser: fuzz/run.sh [seconds per target, default 20]
# Needs clang with its sanitizer runtimes (Debian: clang, libclang-rt-dev). Inputs that broke something stay in fuzz/crash-*.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() {
	local name=$1
	shift
	${CC:-clang} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -g -Isrc -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all "fuzz/$name.c" "$@" -o "$work/$name"
}

run() {
	local name=$1
	mkdir -p "$work/corpus/$name"
	echo "$name: $seconds s"
	"$work/$name" -max_total_time="$seconds" -max_len=2048 -print_final_stats=1 -artifact_prefix=fuzz/ -dict="fuzz/$name.dict" "$work/corpus/$name" "fuzz/corpus/$name" 2>&1 |
		tee "$work/log" | grep -E 'number_of_executed_units|ERROR|SUMMARY|Test unit|runtime error'
	grep -q 'Done .* runs' "$work/log"
}

build envelope_fuzz src/base/json_scan.c
build dsn_fuzz src/base/dsn*.c src/base/result.c src/base/buffer.c
run envelope_fuzz
run dsn_fuzz
