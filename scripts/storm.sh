#!/usr/bin/env bash
# The storm: four workers consume while one of them is killed with -9 every 300 ms and another is started; then everything is counted.
#   scripts/storm.sh sqlite|postgresql|mariadb|redis|rabbitmq [OPTION ...]
#     --messages N      50 000 by default; on Redis and RabbitMQ 100 000
#     --kills N         as many as fit by default
#     --work N          microseconds that a handler sleeps, 0 by default
#     --restart SECONDS the server is killed with -9 and started again that often, too
#     --failover SECONDS  Redis: a master, two replicas and three Sentinels, wait=1; the master is killed that often
#     --cluster SECONDS   Redis: three masters with a replica each, wait=1; the master of the queue is killed that often. RabbitMQ: three nodes; the
#                         one that most workers are connected to is killed that often, and comes back
#     --produce         messages are sent during the storm (with the three above: always on Redis and RabbitMQ); what `send` returned for is counted
#     --classic         RabbitMQ: on a classic queue
#     --next DSN        each handler sends a message to this second channel, whose handler has an effect as well
#     --no-database     without `database:`: then effects may happen twice, and nothing may be lost all the same
# Exit code 0: nothing lost, no effect doubled (with a database), no dead letter. Servers are those of
# scripts/servers.sh; on Redis and RabbitMQ the database is a SQLite file beside it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/storm
[ $# -ge 1 ] || { sed -n '3,14s/^#   //p' "$0" >&2; exit 2; }
backend=$1
case $backend in sqlite | postgresql | mariadb | redis | rabbitmq) ;; *) sed -n '3,14s/^#   //p' "$0" >&2; exit 2 ;; esac
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
if [[ " $* " =~ \ --(failover|cluster)\  ]]; then
	# run.php starts these
	case $backend in
		redis) command -v redis-server >/dev/null || "$root/scripts/install-packages.sh" redis ;;
		rabbitmq) [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || "$root/scripts/install-packages.sh" rabbitmq ;;
	esac
elif [ "$backend" != sqlite ]; then
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
