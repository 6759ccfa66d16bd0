#!/usr/bin/env bash
# Every script can at least be parsed.
set -euo pipefail
cd "$(dirname "$0")/../.."
find scripts tests bench .ci -type f \( -name '*.sh' -o -path .ci/run \) -print0 | xargs -0 -n 1 bash -n
find scripts examples bench -name '*.php' -not -path '*/vendor/*' -print0 | xargs -0 -n 8 -P "$(nproc)" sh -c 'for file; do php -n -l "$file" >/dev/null || exit 255; done' sh
