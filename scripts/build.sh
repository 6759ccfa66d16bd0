#!/usr/bin/env bash
# Builds the module in a directory of its own, from a copy of the sources, and says nothing unless it fails.
#   scripts/build.sh DIRECTORY [CONFIGURE OPTION ...]
# Leaves DIRECTORY/modules/ecoq.so and DIRECTORY/run-tests.php. Run again, it compiles only what changed.
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1"
target=$(cd "$1" && pwd)
shift

# libtool and the rules that phpize writes cannot take blanks in a path
work=$target
if [[ $target =~ [[:space:]] ]]; then
	work=$(mktemp -d /tmp/ecoq-build.XXXXXX)
	trap 'rm -rf "$work"' EXIT
fi

# the copy keeps time stamps, so that make can tell what is new
rm -rf "$work/stubs"
if [ -d "$work/src" ]; then
	find "$work/src" -name '*.[ch]' -delete
fi
cp -pR "$source/config.m4" "$source/ecoq.c" "$source/php_ecoq.h" "$source/src" "$source/stubs" "$work/"

log=$work/build.log
fail()
{
	[ "$work" = "$target" ] || cp "$log" "$target/"
	{ grep -E -A 4 'error:|warning:|undefined reference' "$log" || tail -n 20 "$log"; } | grep -v -e libtool -e '^make' | head -n 40 >&2
	echo "Building failed while running $1; all of its output is in $target/build.log" >&2
	exit 1
}
recipe=$(cd "$work" && { echo "$@"; command -v phpize; php-config --version; pkg-config --modversion hiredis librabbitmq 2>&1; cat config.m4; find src -name '*.c' | sort; } | cksum)
if [ ! -f "$work/Makefile" ] || [ "$recipe" != "$(cat "$work/.recipe" 2>/dev/null)" ]; then
	rm -f "$work/.recipe"
	(cd "$work" && phpize && ./configure "$@") >"$log" 2>&1 || fail configure
	# headers or options may have changed: nothing that was compiled before is kept
	(cd "$work" && make clean) >>"$log" 2>&1
	echo "$recipe" >"$work/.recipe"
fi
make -C "$work" -j"$(nproc)" >"$log" 2>&1 || fail make
if [ "$work" != "$target" ]; then
	mkdir -p "$target/modules"
	cp "$work/modules/ecoq.so" "$target/modules/"
	cp "$work/run-tests.php" "$target/"
fi
