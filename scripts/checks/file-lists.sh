#!/usr/bin/env bash
# package.xml and config.w32 name the files that are there (scripts/package_xml.php and scripts/config_w32.php write them).
set -euo pipefail
cd "$(dirname "$0")/.."
php package_xml.php --check
php config_w32.php --check
