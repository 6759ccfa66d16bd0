#!/usr/bin/env bash
# Regenerates stubs/*_arginfo.h from stubs/*.stub.php with PHP's own gen_stub.php and Debian's php-parser.
#   scripts/arginfo.sh           regenerates what changed
#   scripts/arginfo.sh --check   fails when a committed header is not what its stub gives
set -euo pipefail
cd "$(dirname "$0")/.."
generator=$(php-config --prefix)/lib/php/$(php-config --phpapi)/build/gen_stub.php
[ -f "$generator" ] || generator=$(dirname "$(php-config --extension-dir)")/$(php-config --phpapi)/build/gen_stub.php
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$generator" "$work/gen_stub.php"
version=$(sed -n 's/^ *\$version = "\([0-9.]*\)";.*/\1/p' "$work/gen_stub.php" | head -n 1)
# gen_stub.php would download PHP-Parser; it looks for it under this name first
mkdir -p "$work/PHP-Parser-$version"
ln -s /usr/share/php "$work/PHP-Parser-$version/lib"
cp stubs/*.stub.php "$work/"
[ "${1-}" = --check ] || cp stubs/*_arginfo.h "$work/" 2>/dev/null || true
for stub in "$work"/*.stub.php; do php "$work/gen_stub.php" "$stub" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; done
status=0
for header in "$work"/*_arginfo.h; do
	name=stubs/$(basename "$header")
	cmp -s "$header" "$name" && continue
	if [ "${1-}" = --check ]; then echo "not fresh: $name (run scripts/arginfo.sh)" >&2; status=1; else cp "$header" "$name"; echo "$name"; fi
done
exit $status
