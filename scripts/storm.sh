#!/usr/bin/env bash
# The storm: four workers consume while one of them is killed with -9 every 300 ms and another is started; then everything is counted.
#   scripts/storm.sh sqlite|postgresql|mariadb [--messages N] [--kills N] [--work N] [--restart SECONDS] [--next DSN] [--no-database]
#     --messages N      50 000 by default
#     --kills N         as many as fit by default
#     --work N          microseconds that a handler sleeps, 0 by default
#     --restart SECONDS the server is killed with -9 and started again that often, too
#     --next DSN        each handler sends a message to this second channel, whose handler has an effect as well
#     --no-database     without `database:`: then effects may happen twice, and nothing may be lost all the same
# Exit code 0: nothing lost, no effect doubled (with a database), no dead letter. Servers are started by scripts/servers.sh below build/.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/storm
[ $# -ge 1 ] || { sed -n '3,9s/^#   //p' "$0" >&2; exit 2; }
backend=$1
case $backend in sqlite | postgresql | mariadb) ;; *) sed -n '3,9s/^#   //p' "$0" >&2; exit 2 ;; esac
"$root/scripts/install-packages.sh" test
"$root/scripts/build.sh" "$build"
php=${TEST_PHP_EXECUTABLE:-$(command -v php)}
options=(-n)
built_in=$("$php" -n -m)
for extension in pdo pdo_sqlite pdo_pgsql mysqlnd pdo_mysql posix; do
	if [ -e "$("$php" -n -r 'echo ini_get("extension_dir");')/$extension.so" ] && ! grep -qix "$extension" <<<"$built_in"; then
		options+=(-d "extension=$extension")
	fi
done
if [ "$backend" != sqlite ]; then
	servers=$(mktemp -d "${TMPDIR:-/tmp}/ecoq-storm.XXXXXX")
	chmod 755 "$servers"
	trap '"$root/scripts/servers.sh" stop "$servers"; rm -rf "$servers"' EXIT
	environment=$("$root/scripts/servers.sh" start "$servers" "$backend" </dev/null)
	set -a
	eval "$environment"
	set +a
	export ECOQ_TEST_SERVERS=$servers
fi
"$php" "${options[@]}" -d "extension=$build/modules/ecoq.so" "$root/scripts/storm/run.php" "$@"
