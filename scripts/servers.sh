#!/usr/bin/env bash
# Starts servers of the tests' own, on free loopback ports, with everything that they write below one directory.
#   scripts/servers.sh start DIRECTORY [postgresql] [mariadb] [redis] [rabbitmq]   all where none is named; prints ECOQ_TEST_...='...' lines
#   scripts/servers.sh stop DIRECTORY [NAME ...]                        all that run there; the data stays
#   scripts/servers.sh restart DIRECTORY NAME [--kill | --fast]         SIGKILL, or (default) as fast as the server likes; the port stays
# What start prints is kept in DIRECTORY/env. Started again, it starts what is not running. As root it installs missing Debian packages, and
# runs each server as the user of its package, who has to be able to reach DIRECTORY.
# The servers are as durable as tests need: what they committed survives SIGKILL, but not a power failure (nothing is flushed to disk),
# but for Redis and RabbitMQ, where flushing each write is what makes it survive.
set -euo pipefail
scripts=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
wait_seconds=30
# Debian's command in PATH insists on the directories of the package; the one behind it does not
rabbitmq_server=/usr/lib/rabbitmq/bin/rabbitmq-server

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
		postgresql | mariadb | redis | rabbitmq) names+=("$argument") ;;
		--kill | --fast) how=$argument ;;
		*) usage ;;
	esac
done
case $action in
	start) [ ${#names[@]} -gt 0 ] || names=(postgresql mariadb redis rabbitmq) ;;
	stop) [ ${#names[@]} -gt 0 ] || names=(postgresql mariadb redis rabbitmq) ;;
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
		rabbitmq) [ -x "$rabbitmq_server" ] && command -v epmd >/dev/null && command -v openssl >/dev/null ;;
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
process() # NAME [FILE]
{
	local pid try
	pid=$(cat "$directory/$1/${2-pid}" 2>/dev/null) && [ -n "$pid" ] || return 1
	# it is empty for a moment while the process replaces its program by another, which RabbitMQ does several times
	for try in 1 2 3 4 5; do
		if [ ! -e "/proc/$pid" ] || grep -q . "/proc/$pid/cmdline" 2>/dev/null; then
			break
		fi
		sleep 0.02
	done
	tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$directory/$1/data" || return 1
	echo "$pid"
}
user_of() # NAME
{
	case $1 in
		postgresql) echo postgres ;;
		mariadb) echo mysql ;;
		redis) echo redis ;;
		rabbitmq) echo rabbitmq ;;
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
		rabbitmq)
			mkdir "$home/data"
			echo '[rabbitmq_management].' >"$home/enabled_plugins"
			(umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$home/data/.erlang.cookie")
			chmod 400 "$home/data/.erlang.cookie"
			certificate "$home"
			[ "$(id -u)" -ne 0 ] || chown -R "$(user_of rabbitmq):" "$home"
			;;
	esac >"$directory/$1-initialise.log" 2>&1 </dev/null || {
		tail -n 20 "$directory/$1-initialise.log" >&2
		die "$1 could not be initialised in $home"
	}
	touch "$home/initialised"
}

# for TLS to localhost: an authority of its own, and what that signed
certificate() # DIRECTORY
{
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=ecoq-test-authority -keyout "$1/ca.key" -out "$1/ca.crt"
	openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$1/server.key" -out "$1/server.csr"
	openssl x509 -req -in "$1/server.csr" -CA "$1/ca.crt" -CAkey "$1/ca.key" -CAcreateserial -days 3650 \
		-extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1') -out "$1/server.crt"
}
# RabbitMQ listens on more than one port: those beside the first are chosen along with it. (Erlang finds its nodes through epmd, which is a process of its own.)
rabbitmq_ports() # PORT; sets tls, api, epmd, between
{
	local home=$directory/rabbitmq first
	read -r first tls api epmd between 2>/dev/null <"$home/ports" || first=
	if [ "$first" != "$1" ]; then
		tls=$(free_port) api=$(free_port) epmd=$(free_port) between=$(free_port)
		echo "$1 $tls $api $epmd $between" >"$home/ports"
	fi
}
configure_rabbitmq() # PORT
{
	local home=$directory/rabbitmq
	rm -f "$home/rabbitmq.conf"
	(umask 077 && cat >"$home/rabbitmq.conf" <<-CONF
		listeners.tcp.1 = 127.0.0.1:$1
		listeners.ssl.1 = 127.0.0.1:$tls
		ssl_options.cacertfile = $home/ca.crt
		ssl_options.certfile = $home/server.crt
		ssl_options.keyfile = $home/server.key
		ssl_options.verify = verify_none
		management.tcp.ip = 127.0.0.1
		management.tcp.port = $api
		default_user = ecoq
		default_pass = $(cat "$home/password")
		default_user_tags.administrator = true
		collect_statistics_interval = 1000
		management.sample_retention_policies.global.minute = 1
		management.sample_retention_policies.basic.minute = 1
		management.sample_retention_policies.detailed.10 = 1
		vm_memory_high_watermark.absolute = 2GB
		disk_free_limit.absolute = 200MB
	CONF
	)
	[ "$(id -u)" -ne 0 ] || chown "$(user_of rabbitmq):" "$home/rabbitmq.conf"
}
# an epmd of this directory's own; its name in the process list is what process() looks for
start_epmd()
{
	local home=$directory/rabbitmq
	process rabbitmq epmd-pid >/dev/null && return
	(as_user_of rabbitmq env -i HOME="$home/data" ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$epmd" PATH="$PATH" \
		setsid bash -c 'exec -a "epmd of $0" epmd' "$home/data") >>"$directory/rabbitmq.log" 2>&1 </dev/null {lock}>&- &
	echo $! >"$home/epmd-pid"
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
		rabbitmq)
			rabbitmq_ports "$2"
			configure_rabbitmq "$2"
			start_epmd
			# As under systemd the script is replaced by Erlang, which takes the signals; what follows it is for process() alone. +sbwt: an idle Erlang
			# is not to spin.
			command=(env -i HOME="$home/data" LANG=C.UTF-8 PATH="$PATH" RUNNING_UNDER_SYSTEMD=true ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$epmd"
				RABBITMQ_NODENAME=ecoq@localhost RABBITMQ_DIST_PORT="$between" RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_CONFIG_FILE="$home/rabbitmq.conf"
				RABBITMQ_ENABLED_PLUGINS_FILE="$home/enabled_plugins" RABBITMQ_MNESIA_BASE="$home/data/mnesia" RABBITMQ_LOG_BASE="$home/data/log"
				RABBITMQ_PID_FILE="$home/data/pid" RABBITMQ_GENERATED_CONFIG_DIR="$home/data"
				RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none' "$rabbitmq_server" -ecoq "$home/data")
			;;
	esac
	# in a session of its own: an interrupt key ends the tests first, and they end the servers
	(as_user_of "$1" setsid "${command[@]}") >>"$directory/$1.log" 2>&1 </dev/null {lock}>&- &
	echo $! >"$home/pid"
	echo "$2" >"$home/port"
}
ask_rabbitmq() # PATH; sets nothing, fails unless the management API says that all is well
{
	local status
	exec {api_connection}<>"/dev/tcp/127.0.0.1/$api" || return 1
	printf 'GET /api/%s HTTP/1.0\r\nAuthorization: Basic %s\r\n\r\n' "$1" "$(printf 'ecoq:%s' "$(cat "$directory/rabbitmq/password")" | base64 -w 0)" >&"$api_connection"
	read -r -t 10 -u "$api_connection" _ status _ || status=none
	exec {api_connection}>&-
	[ "$status" = 200 ]
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
		# the broker may be reached before its management is, and the other way round
		rabbitmq)
			rabbitmq_ports "$(cat "$home/port")"
			ask_rabbitmq "health/checks/port-listener/$(cat "$home/port")" && ask_rabbitmq "health/checks/port-listener/$tls" && ask_rabbitmq health/checks/alarms
			;;
		redis) [ "$(REDISCLI_AUTH=$(cat "$home/password") redis-cli -h 127.0.0.1 -p "$(cat "$home/port")" PING)" = PONG ] ;;
	esac >"$directory/$1-answer.log" 2>&1 </dev/null
}
wait_for() # NAME; fails when the server ended or does not answer
{
	local end=$((SECONDS + wait_seconds))
	[ "$1" != rabbitmq ] || end=$((end + 60))
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
	local name variable redis rabbitmq
	if process rabbitmq >/dev/null; then
		rabbitmq=$directory/rabbitmq
		rabbitmq_ports "$(cat "$rabbitmq/port")"
		echo "ECOQ_TEST_AMQP_DSN='amqp://ecoq:$(cat "$rabbitmq/password")@127.0.0.1:$(cat "$rabbitmq/port")/%2f'"
		echo "ECOQ_TEST_AMQPS_DSN='amqps://ecoq:$(cat "$rabbitmq/password")@localhost:$tls/%2f'"
		echo "ECOQ_TEST_TLS_CA='$rabbitmq/ca.crt'"
		echo "ECOQ_TEST_RABBITMQ_API='http://ecoq:$(cat "$rabbitmq/password")@127.0.0.1:$api/api'"
	fi
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
			! epmd=$(process "$name" epmd-pid) || kill "$epmd"
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
