#!/usr/bin/env bash
# Compiles the transport to RabbitMQ without the engine and runs its tests against the broker of ECOQ_TEST_AMQP_DSN (and …_AMQPS_DSN): once plain, once
# under ThreadSanitizer.
set -euo pipefail
cd "$(dirname "$0")/../../.."
if [ -z "${ECOQ_TEST_AMQP_DSN:-}" ]; then
	echo 'no ECOQ_TEST_AMQP_DSN: 0 tests'
	echo '0 passed, 0 failed'
	exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
parts=$(find src/base src/transport/amqp -name '*.c' && echo src/transport/{network,open_list,pool,riders}.c)
libraries="$(pkg-config --cflags --libs librabbitmq) -DECOQ_HAVE_LIBRABBITMQ -lpthread"
! pkg-config --exists openssl || libraries+=" -DECOQ_HAVE_OPENSSL $(pkg-config --cflags --libs openssl)"
compile() # OPTIONS
{
	local test options="-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter -Wno-format-truncation -Werror -Isrc $1"
	# shellcheck disable=SC2086 # lists
	${CC:-cc} $options -r $parts -o "$work/parts.o" $(sed 's/ -l[^ ]*//g' <<<" $libraries")
	for test in connection_test queue_test; do
		# shellcheck disable=SC2086
		${CC:-cc} $options "tests/transport/amqp/$test.c" "$work/parts.o" -o "$work/$test" $libraries
	done
}
try() # COMMAND ...
{
	local pid status=0 pids=()
	"$@" "$work/connection_test" "$ECOQ_TEST_AMQP_DSN" "ecoq-connection-$$" &
	pids+=($!)
	if [ -n "${ECOQ_TEST_AMQPS_DSN:-}" ] && [ -n "${ECOQ_TEST_TLS_CA:-}" ]; then
		"$@" "$work/connection_test" "$ECOQ_TEST_AMQPS_DSN?tls-ca=$ECOQ_TEST_TLS_CA" "ecoq-connection-tls-$$" &
		pids+=($!)
	fi
	"$@" "$work/queue_test" "$ECOQ_TEST_AMQP_DSN" "ecoq-queue-$$" &
	pids+=($!)
	for pid in "${pids[@]}"; do
		wait "$pid" || status=$?
	done
	return "$status"
}
compile -O2
try env
compile '-O1 -g -fsanitize=thread'
# ThreadSanitizer cannot work with the widest address space randomisation of newer kernels
setarch "$(uname -m)" -R true 2>/dev/null && fixed=(setarch "$(uname -m)" -R) || fixed=()
export TSAN_OPTIONS=halt_on_error=0:exitcode=66
try env "${fixed[@]}"
