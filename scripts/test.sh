#!/usr/bin/env bash
# Everything that is checked, in one command: installs what is missing, builds with warnings as errors, runs the static checks, the
# plain C tests, and the phpt tests twice: once as they are, once (the quick ones) under valgrind.
#   scripts/test.sh [--no-valgrind] [TEST OR FOLDER ...]     with tests named, only these are run, without the static checks
# The last line is "N passed, N failed, N skipped"; the exit code tells whether anything failed.
# PostgreSQL, MariaDB, Redis and RabbitMQ are started (scripts/servers.sh) for the tests that name them, and stopped at the end. Where
# ECOQ_TEST_PGSQL_DSN or ECOQ_TEST_MYSQL_DSN (with ..._USER and ..._PASSWORD), ECOQ_TEST_REDIS_DSN (with ..._ACL_DSN and ..._SOCKET_DSN), or
# ECOQ_TEST_AMQP_DSN (with ECOQ_TEST_RABBITMQ_API) are set already, the tests use those instead.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/test
with_valgrind=yes complete=no
tests=()
for argument; do
	case $argument in
		--no-valgrind) with_valgrind=no ;;
		-*) echo "usage: $0 [--no-valgrind] [TEST OR FOLDER ...]" >&2; exit 2 ;;
		*) tests+=("$(realpath "$argument")") ;;
	esac
done
cd "$root"

passed=0 failed=0 skipped=0
# in a place that the users of the servers can reach, one per checkout
servers=/tmp/ecoq-servers-$(id -u)-$(cksum <<<"$root" | cut -d ' ' -f 1)
started=()
finish()
{
	status=$?
	if [ ${#started[@]} -gt 0 ] && ! scripts/servers.sh stop "$servers" "${started[@]}"; then
		echo "The servers in $servers could not be stopped" >&2
	fi
	if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
		echo "The test run itself broke off (exit code $status)" >&2
		failed=1
	fi
	echo
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] || exit 1
}
trap finish EXIT
fail() # TEXT ...
{
	echo "FAIL $*"
	failed=$((failed + 1))
}
# one check of this script's own: its output is shown only when it fails
check() # NAME COMMAND ...
{
	local output
	if output=$("${@:2}" 2>&1); then
		passed=$((passed + 1))
		echo "PASS $1"
	else
		printf '%s\n' "$output" | tail -n 40
		fail "$1"
	fi
}
# plain C tests: each runs twice, plain and with sanitizers, and counts for each
run_suite() # SCRIPT
{
	local status=0 output line counts=0 bad=0
	output=$("$1" 2>&1) || status=$?
	while IFS= read -r line; do
		if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
			counts=$((counts + 1)) passed=$((passed + BASH_REMATCH[1])) bad=$((bad + BASH_REMATCH[2]))
			echo "$1: $line"
		fi
	done <<<"$output"
	failed=$((failed + bad))
	if [ "$counts" -eq 0 ] || { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; }; then
		fail "$1 (exit code $status)"
	fi
	if [ "$status" -ne 0 ]; then
		tail -n 40 <<<"$output"
	fi
}
title()
{
	printf '\n== %s (%d s)\n' "$1" "$SECONDS"
}

title 'Packages and build'
scripts/install-packages.sh test
with=(--with-ecoq-redis)
# in versions that config.m4 gives a version of its library for
! grep -q ' amqp:librabbitmq:[0-9]' config.m4 || with+=(--with-ecoq-amqp)
scripts/build.sh "$build" --enable-ecoq-dev "${with[@]}"
php=${TEST_PHP_EXECUTABLE:-$(command -v php)}
export TEST_PHP_EXECUTABLE=$php
options=(-n)
built_in=$("$php" -n -m)
# pdo_mysql needs mysqlnd, unless it was built with a client library
for extension in pdo pdo_sqlite pdo_pgsql mysqlnd pdo_mysql posix; do
	if [ "$extension" = mysqlnd ] && [ ! -e "$("$php" -n -r 'echo ini_get("extension_dir");')/mysqlnd.so" ]; then
		continue
	fi
	grep -qix "$extension" <<<"$built_in" || options+=(-d "extension=$extension")
done
options+=(-d "extension=$build/modules/ecoq.so")
load='foreach (["ecoq", "pdo_sqlite", "pdo_pgsql", "pdo_mysql", "pcntl", "posix"] as $name) if (!extension_loaded($name)) { echo "$name is not loaded\n"; exit(1); }'
check 'the module loads' "$php" "${options[@]}" -d display_startup_errors=1 -r "$load"
[ "$failed" -eq 0 ] || exit 1
check 'the module loads without PDO' "$php" -n -d "extension=$build/modules/ecoq.so" -d display_startup_errors=1 -r 'exit((int) !extension_loaded("ecoq"));'

if [ ${#tests[@]} -eq 0 ]; then
	title 'Static checks'
	for script in scripts/checks/*.php scripts/checks/*.sh; do
		check "$script" "$script"
	done

	title 'Plain C tests (what works without the engine, alone)'
	for suite in tests/*/run.sh; do
		run_suite "$suite"
	done
	tests=(tests) complete=yes
fi

# These folders hold tests that are run once per transport or engine, by redirection from the tests beside them
mapfile -t tests < <(find "${tests[@]}" -name '*.phpt' -not -path '*tests/transport/conformance/*' -not -path '*tests/worker/engine/*' -not -path '*tests/worker/relay/*' | sort)
[ ${#tests[@]} -gt 0 ] || { fail 'no tests found'; exit 1; }

start_server() # NAME VARIABLE [INCLUDED FILE THAT READS IT]
{
	local environment
	if [ -n "${!2-}" ] || ! grep -qF -e "$2" -e "${3-$2}" "${tests[@]}"; then
		return
	fi
	# (it may have been started although it does not answer)
	started+=("$1")
	if ! environment=$(scripts/servers.sh start "$servers" "$1" </dev/null); then
		fail "$1 could not be started"
		return
	fi
	set -a
	eval "$environment"
	set +a
	echo "$1: $(sed -E 's#:[^:@/]*@#:***@#' <<<"${!2}")"
}
title 'Servers'
start_server postgresql ECOQ_TEST_PGSQL_DSN
start_server mariadb ECOQ_TEST_MYSQL_DSN
# a server of one's own counts when it can be reached in all three ways
[ -n "${ECOQ_TEST_REDIS_ACL_DSN-}" ] && [ -n "${ECOQ_TEST_REDIS_SOCKET_DSN-}" ] || unset ECOQ_TEST_REDIS_DSN
start_server redis ECOQ_TEST_REDIS_DSN
[ -n "${ECOQ_TEST_RABBITMQ_API-}" ] || unset ECOQ_TEST_AMQP_DSN
if [[ " ${with[*]} " = *' --with-ecoq-amqp '* ]]; then
	start_server rabbitmq ECOQ_TEST_AMQP_DSN /amqp.inc
	# the one plain C test that needs a server
	[ "$complete" = no ] || run_suite tests/transport/amqp/run.sh
	# the ones that tests start themselves
	[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || ! grep -q 'RabbitServers' "${tests[@]}" || scripts/install-packages.sh rabbitmq
fi
# some tests start servers themselves
if grep -qE 'storms\.inc|RedisServers|redis-server' "${tests[@]}"; then
	command -v redis-server >/dev/null || scripts/install-packages.sh redis
fi

# runs phpt tests and adds up what run-tests says; TEST_PHP_JUNIT tells how long each took
run_tests() # NAME ARGUMENT ...
{
	local log=$build/$1.log number
	touch "$build/$1.started"
	NO_INTERACTION=1 TEST_PHP_JUNIT=$build/$1.xml timeout --kill-after=10 1200 "$php" "$build/run-tests.php" -q --no-color --no-progress --set-timeout 120 \
		"${options[@]}" "${@:2}" >"$log" 2>&1 </dev/null || true
	summary() { sed -n "s/^Tests $1 *: *\([0-9]*\).*/\1/p" "$log" | tail -n 1; }
	if [ -z "$(summary passed)" ]; then
		tail -n 40 "$log"
		fail "run-tests printed no summary ($log)"
		return
	fi
	local bad=0
	for kind in failed borked warned leaked; do
		number=$(summary "$kind")
		bad=$((bad + ${number:-0}))
	done
	passed=$((passed + $(summary passed)))
	failed=$((failed + bad))
	skipped=$((skipped + $(summary skipped)))
	echo "$(summary passed) passed, $bad failed, $(summary skipped) skipped"
	if [ "$bad" -ne 0 ]; then
		grep -E '^(FAIL|BORK|WARN|LEAK|XLEAK).*\[.*\.phpt\]' "$log" || true
		find tests \( -name '*.diff' -o -name '*.mem' \) -newer "$build/$1.started" -exec sh -c 'for file; do printf "\n--- %s\n" "$file"; head -n 40 "$file"; done; echo' sh {} +
	fi
	grep -E '^SKIP ' "$log" || true
	local provided='broker|ECOQ_TEST_|pdo|redis|python' elsewhere='^$'
	if [[ " ${with[*]} " = *' --with-ecoq-amqp '* ]]; then
		provided+='|RabbitMQ|rabbitmq'
	else
		elsewhere='ECOQ_TEST_AMQP|ECOQ_TEST_RABBITMQ'
	fi
	if grep -E "^SKIP .*reason:.*($provided)" "$log" | grep -vE "$elsewhere"; then
		fail 'tests were skipped for something that this script has to provide'
	fi
}

# run-tests hands out tests by the 33: one of its processes would be left with minutes of them when the other has none. What must not run side by side says so (--CONFLICTS--)
sed -i 's/\$shuffle ? 4 : 32/1/' "$build/run-tests.php"

title 'phpt'
run_tests phpt -j"$(nproc)" "${tests[@]}"

if [ "$with_valgrind" = yes ]; then
	# valgrind slows a test down some thirty times. Those that take a second already, and those that measure time or memory and say
	# so by their SKIPIF (SKIP_SLOW_TESTS, SKIP_PERF_SENSITIVE, as in php-src), are left to the pass above.
	title 'phpt under valgrind'
	# Under valgrind PHP allocates with malloc and counts nothing, so that no limit on memory is ever reached.
	mapfile -t quick < <({ "$php" -n scripts/quick-tests.php "$build/phpt.xml" 1.0; grep -l REDIRECTTEST "${tests[@]}"; } | xargs -r grep -LE 'memoryLimit: |memory-exit-code=')
	if [ ${#quick[@]} -eq 0 ]; then
		fail 'no test is quick enough for valgrind'
	else
		before=$skipped
		export VALGRIND_PHP=$php VALGRIND_LOGS=$build/valgrind SKIP_SLOW_TESTS=1 SKIP_PERF_SENSITIVE=1
		rm -rf "$VALGRIND_LOGS"
		mkdir -p "$VALGRIND_LOGS"
		TEST_PHP_EXECUTABLE=$root/scripts/valgrind-php.sh run_tests valgrind -j"$(nproc)" "${quick[@]}"
		# these were not left out of the test run, they only were not run twice
		skipped=$before
		watched=$(find "$VALGRIND_LOGS" -name '*.log' | wc -l)
		# what a process held that a test ended with SIGTERM was not leaked
		is_fault() { ! grep -q 'default action of signal 15' "$1" || grep -qE 'Invalid |uninitialised|Mismatched|overlap' "$1"; }
		faulty=()
		while IFS= read -r log; do
			is_fault "$log" && faulty+=("$log")
		done < <(grep -lE 'ERROR SUMMARY: [1-9]' -r "$VALGRIND_LOGS" || true)
		echo "$watched processes watched, faults in ${#faulty[@]}"
		[ "$watched" -ge ${#quick[@]} ] || fail "valgrind watched $watched processes in ${#quick[@]} tests"
		for log in "${faulty[@]:0:10}"; do
			printf '\n--- %s: %s\n' "$log" "$(sed -nE 's/.* ([^ ]*\.php)( .*)?$/\1/p' "$log" | sed -n 1p)"
			grep -vE 'Memcheck|Copyright|Using Valgrind|Command:|Parent PID' "$log" | cut -c 1-160 | sed -n 1,40p
		done
		[ ${#faulty[@]} -eq 0 ] || fail "valgrind found faults in ${#faulty[@]} processes, see $VALGRIND_LOGS"
	fi
fi
title 'Done'
