#!/usr/bin/env bash
# No source file above 600 lines: a longer one is two concepts.
set -euo pipefail
cd "$(dirname "$0")/../.."
long=$(find ecoq.c php_ecoq.h src stubs tests bench examples scripts -type f \( -name '*.[ch]' -o -name '*.php' -o -name '*.inc' -o -name '*.sh' \) \
	-not -name '*_arginfo.h' -exec awk 'END { if (NR > 600) print FILENAME ": " NR " lines, more than 600" }' {} \;)
[ -z "$long" ] || { echo "$long" >&2; exit 1; }
