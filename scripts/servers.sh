#!/usr/bin/env bash
# Starts servers of the tests' own, on free loopback ports, with everything that they write below one directory.
#   scripts/servers.sh start DIRECTORY [postgresql] [mariadb] [redis]   all where none is named; prints ECOQ_TEST_...='...' lines
#   scripts/servers.sh stop DIRECTORY [NAME ...]                        all that run there; the data stays
#   scripts/servers.sh restart DIRECTORY NAME [--kill | --fast]         SIGKILL, or (default) as fast as the server likes; the port stays
# What start prints is kept in DIRECTORY/env. Started again, it starts what is not running. As root it installs missing Debian packages, and
# runs each server as the user of its package, who has to be able to reach DIRECTORY.
# The servers are as durable as tests need: what they committed survives SIGKILL, but not a power failure (nothing is flushed to disk),
# but for Redis, where flushing each write is what makes it survive.
set -euo pipefail
scripts=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
wait_seconds=30

usage()
{
	sed -n '3,5s/^#   //p' "$0" >&2
	exit 2
}
die() # TEXT
{
	echo "$1" >&2
	exit 1
}
[ $# -ge 2 ] || usage
action=$1 directory=$2 how=--fast names=()
for argument in "${@:3}"; do
	case $argument in
		postgresql | mariadb | redis) names+=("$argument") ;;
		--kill | --fast) how=$argument ;;
		*) usage ;;
	esac
done
case $action in
	start) [ ${#names[@]} -gt 0 ] || names=(postgresql mariadb redis) ;;
	stop) [ ${#names[@]} -gt 0 ] || names=(postgresql mariadb redis) ;;
	restart) [ ${#names[@]} -eq 1 ] || usage ;;
	*) usage ;;
esac

[ "$action" = start ] || [ -d "$directory" ] || { [ "$action" = stop ] && exit 0; die "No servers were started in $directory"; }
umask 022
mkdir -p "$directory"
directory=$(cd "$directory" && pwd -P)
# below /tmp somebody else could have been here first
[ -O "$directory" ] || die "$directory belongs to another user: name another directory"
exec {lock}>"$directory/lock"
flock -w 120 "$lock" || die "Another $0 is at work in $directory"

installed() # NAME
{
	case $1 in
		postgresql) [ -n "$(postgresql_commands)" ] ;;
		mariadb) command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null ;;
		redis) command -v redis-server >/dev/null && command -v redis-cli >/dev/null ;;
	esac
}
# Debian keeps them per version, outside of PATH
postgresql_commands()
{
	local found
	found=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
	[ -x "$found" ] || found=$(command -v initdb || true)
	[ -z "$found" ] || dirname "$found"
}

# A server's process id is kept in DIRECTORY/NAME/pid; a process is ours when DIRECTORY/NAME/data stands in its command line as well
process() # NAME
{
	local pid
	pid=$(cat "$directory/$1/pid" 2>/dev/null) && [ -n "$pid" ] || return 1
	tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$directory/$1/data" || return 1
	echo "$pid"
}
user_of() # NAME
{
	case $1 in
		postgresql) echo postgres ;;
		mariadb) echo mysql ;;
		redis) echo redis ;;
	esac
}
# PostgreSQL refuses to run as root, and no server should
as_user_of() # NAME COMMAND ...
{
	local user
	user=$(user_of "$1")
	shift
	if [ "$(id -u)" -eq 0 ]; then
		exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups "$@"
	fi
	exec "$@"
}

# Below the range that the kernel takes ports of outgoing connections from: while the server is down, one of those could take its port, even a
# client that tries to reach this very server and so connects to itself
free_port()
{
	local highest candidate try
	read -r highest _ </proc/sys/net/ipv4/ip_local_port_range
	[ "$highest" -gt 12000 ] || highest=32768
	for ((try = 0; try < 100; try++)); do
		candidate=$((10000 + (RANDOM * 32768 + RANDOM) % (highest - 10000)))
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null; then
			echo "$candidate"
			return
		fi
	done
	die 'No free port was found'
}

# initialises the data directory; what is half done is begun anew
initialise() # NAME
{
	local home=$directory/$1
	[ ! -e "$home/initialised" ] || return 0
	rm -rf "$home"
	mkdir "$home"
	[ "$(id -u)" -ne 0 ] || chown "$(user_of "$1"):" "$home"
	(as_user_of "$1" test -w "$home") || die "$home cannot be reached by the user $(user_of "$1"): name a directory that is not below a private one"
	(umask 077 && od -An -N12 -tx1 /dev/urandom | tr -d ' \n' >"$home/password")
	[ "$(id -u)" -ne 0 ] || chown "$(user_of "$1"):" "$home/password"
	case $1 in
		postgresql)
			(as_user_of postgresql "$(postgresql_commands)/initdb" -D "$home/data" -U ecoq -A scram-sha-256 --pwfile="$home/password" -E UTF8 --no-locale --no-sync)
			;;
		mariadb)
			# root comes in through the socket only, and only as the user that the server runs as
			(as_user_of mariadb mariadb-install-db --no-defaults --datadir="$home/data" --auth-root-authentication-method=socket \
				--auth-root-socket-user="$([ "$(id -u)" -eq 0 ] && user_of mariadb || id -un)" --skip-test-db)
			(umask 077 && cat >"$home/init.sql" <<-SQL
				CREATE DATABASE IF NOT EXISTS ecoq CHARACTER SET utf8mb4;
				CREATE USER IF NOT EXISTS ecoq@127.0.0.1 IDENTIFIED BY '$(cat "$home/password")';
				GRANT ALL ON *.* TO ecoq@127.0.0.1 WITH GRANT OPTION;
			SQL
			)
			[ "$(id -u)" -ne 0 ] || chown "$(user_of mariadb):" "$home/init.sql"
			;;
		redis)
			# Each write is flushed before it is answered: with any other appendfsync a write may wait in memory while an earlier one is flushed, and
			# would be gone after SIGKILL. The path of the socket is relative to the data, as it may not be long. The user `ecoq` is what an application
			# should be given: its own keys, and nothing to look at or to do to the server.
			mkdir "$home/data"
			(umask 077 && cat >"$home/redis.conf" <<-CONF
				bind 127.0.0.1
				unixsocket socket
				unixsocketperm 777
				requirepass $(cat "$home/password")
				user ecoq on >$(cat "$home/password") ~ecoq:* ~{ecoq:* +@all -@admin -@dangerous
				save ""
				appendonly yes
				appendfsync always
				set-proc-title no
			CONF
			)
			[ "$(id -u)" -ne 0 ] || chown "$(user_of redis):" "$home/data" "$home/redis.conf"
			;;
	esac >"$directory/$1-initialise.log" 2>&1 </dev/null || {
		tail -n 20 "$directory/$1-initialise.log" >&2
		die "$1 could not be initialised in $home"
	}
	touch "$home/initialised"
}

# (The shell that the background job begins as is replaced by the server: $! is the server's own id.)
launch() # NAME PORT
{
	local home=$directory/$1
	local -a command
	case $1 in
		postgresql)
			# a torn page is possible on SIGKILL as well, so that full_page_writes and MariaDB's doublewrite stay on
			command=("$(postgresql_commands)/postgres" -D "$home/data" -c listen_addresses=127.0.0.1 -c "port=$2" -c unix_socket_directories=
				-c fsync=off -c max_connections=200 -c log_checkpoints=off)
			;;
		mariadb)
			# log 2: written at each commit, flushed once a second. The path of the socket is relative to the data: it may not be long.
			command=(mariadbd --no-defaults --datadir="$home/data" --bind-address=127.0.0.1 --port="$2" --socket=socket --pid-file="$home/data/pid"
				--skip-name-resolve --init-file="$home/init.sql" --max-connections=300 --innodb-buffer-pool-size=64M
				--innodb-flush-log-at-trx-commit=2 --performance-schema=OFF)
			;;
		redis) command=(redis-server "$home/redis.conf" --port "$2" --dir "$home/data") ;;
	esac
	# in a session of its own: an interrupt key ends the tests first, and they end the servers
	(as_user_of "$1" setsid "${command[@]}") >>"$directory/$1.log" 2>&1 </dev/null {lock}>&- &
	echo $! >"$home/pid"
	echo "$2" >"$home/port"
}
answers() # NAME
{
	local home=$directory/$1
	case $1 in
		postgresql)
			PGPASSWORD=$(cat "$home/password") "$(postgresql_commands)/psql" -X -q -h 127.0.0.1 -p "$(cat "$home/port")" -U ecoq -d postgres -c 'SELECT 1'
			;;
		mariadb) MYSQL_PWD=$(cat "$home/password") mariadb --no-defaults -h 127.0.0.1 -P "$(cat "$home/port")" -u ecoq -e 'SELECT 1' ecoq ;;
		# (it exits with 0 when the server answers with an error, such as that it is loading)
		redis) [ "$(REDISCLI_AUTH=$(cat "$home/password") redis-cli -h 127.0.0.1 -p "$(cat "$home/port")" PING)" = PONG ] ;;
	esac >"$directory/$1-answer.log" 2>&1 </dev/null
}
wait_for() # NAME; fails when the server ended or does not answer
{
	local end=$((SECONDS + wait_seconds))
	until answers "$1"; do
		if ! process "$1" >/dev/null || [ "$SECONDS" -ge "$end" ]; then
			return 1
		fi
		sleep 0.05
	done
}
# A port that was free a moment ago may be taken, and what an earlier PostgreSQL left behind (its processes end on their own when it was killed) keeps
# a new one from starting: it is tried again, first on the same port
start() # NAME
{
	local port try
	process "$1" >/dev/null && wait_for "$1" && return
	port=$(cat "$directory/$1/port" 2>/dev/null || free_port)
	for ((try = 1; try <= 40; try++)); do
		launch "$1" "$port"
		wait_for "$1" && return
		[ "$try" -lt 40 ] && ! process "$1" >/dev/null || break
		sleep 0.25
		if [ "$action" = start ] && [ $((try % 10)) -eq 0 ]; then
			port=$(free_port)
		fi
	done
	tail -n 15 "$directory/$1.log" "$directory/$1-answer.log" >&2
	return 1
}
stop() # NAME SIGNAL
{
	local pid try
	pid=$(process "$1") || return 0
	kill -s "$2" "$pid"
	for ((try = 0; try < wait_seconds * 50; try++)); do
		process "$1" >/dev/null || return 0
		sleep 0.02
	done
	kill -s KILL "$pid" && echo "$1 had to be killed" >&2
}
fast_signal() # NAME
{
	case $1 in
		postgresql) echo INT ;; # ends sessions instead of waiting for them
		*) echo TERM ;;
	esac
}
# once per data directory: PostgreSQL has no "CREATE DATABASE IF NOT EXISTS", nor a file of statements to begin with
create_database() # NAME
{
	local home=$directory/$1
	if [ "$1" != postgresql ] || [ -e "$home/database" ]; then
		return
	fi
	PGPASSWORD=$(cat "$home/password") "$(postgresql_commands)/psql" -X -q -h 127.0.0.1 -p "$(cat "$home/port")" -U ecoq -d postgres \
		-c 'CREATE DATABASE ecoq' </dev/null >&2
	touch "$home/database"
}
environment()
{
	local name variable redis
	if process redis >/dev/null; then
		redis=$directory/redis
		echo "ECOQ_TEST_REDIS_DSN='redis://:$(cat "$redis/password")@127.0.0.1:$(cat "$redis/port")'"
		echo "ECOQ_TEST_REDIS_ACL_DSN='redis://ecoq:$(cat "$redis/password")@127.0.0.1:$(cat "$redis/port")'"
		echo "ECOQ_TEST_REDIS_SOCKET_DSN='redis+unix://:$(cat "$redis/password")@$redis/data/socket'"
	fi
	for name in postgresql mariadb; do
		process "$name" >/dev/null || continue
		case $name in
			postgresql) variable=PGSQL ;;
			mariadb) variable=MYSQL ;;
		esac
		echo "ECOQ_TEST_${variable}_DSN='${variable,,}:host=127.0.0.1;port=$(cat "$directory/$name/port");dbname=ecoq'"
		echo "ECOQ_TEST_${variable}_USER='ecoq'"
		echo "ECOQ_TEST_${variable}_PASSWORD='$(cat "$directory/$name/password")'"
	done
}

case $action in
	start)
		missing=()
		for name in "${names[@]}"; do
			installed "$name" || missing+=("$name")
		done
		[ ${#missing[@]} -eq 0 ] || "$scripts/install-packages.sh" "${missing[@]}" >&2 {lock}>&-
		for name in "${names[@]}"; do
			installed "$name" || die "The package of $name is installed, but its commands were not found"
			initialise "$name"
			start "$name" || die "$name did not start; its log: $directory/$name.log"
			create_database "$name"
		done
		;;
	stop)
		for name in "${names[@]}"; do
			stop "$name" "$(fast_signal "$name")"
		done
		;;
	restart)
		name=${names[0]}
		[ -e "$directory/$name/initialised" ] || die "$name was never started in $directory"
		if [ "$how" = --kill ]; then
			stop "$name" KILL
		else
			stop "$name" "$(fast_signal "$name")"
		fi
		start "$name" || die "$name did not start again; its log: $directory/$name.log"
		;;
esac
(umask 077 && environment >"$directory/env")
[ "$action" != start ] || cat "$directory/env"
