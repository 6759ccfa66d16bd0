#!/usr/bin/env bash
# Compiles the connections to RabbitMQ without the engine and runs their test against the broker of ECOQ_TEST_AMQP_DSN (and …_AMQPS_DSN): once plain,
# once under ThreadSanitizer.
set -euo pipefail
cd "$(dirname "$0")/../../.."
if [ -z "${ECOQ_TEST_AMQP_DSN:-}" ]; then
	echo 'no ECOQ_TEST_AMQP_DSN: 0 tests'
	echo '0 passed, 0 failed'
	exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
parts=$(find src/base -name '*.c' && find src/transport/amqp -name 'connection*.c')
for part in settings errors login tls pool publisher topology; do
	parts+=" src/transport/amqp/$part.c"
done
libraries="$(pkg-config --cflags --libs librabbitmq) -lpthread"
! pkg-config --exists openssl || libraries+=" -DECOQ_HAVE_OPENSSL $(pkg-config --cflags --libs openssl)"
compile() # OPTIONS
{
	# shellcheck disable=SC2086 # lists
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter -Wno-format-truncation -Werror -Isrc $1 tests/transport/amqp/connection_test.c $parts -o "$work/connection_test" $libraries
}
try() # COMMAND ...
{
	"$@" "$work/connection_test" "$ECOQ_TEST_AMQP_DSN" "ecoq-connection-$$"
	if [ -n "${ECOQ_TEST_AMQPS_DSN:-}" ] && [ -n "${ECOQ_TEST_TLS_CA:-}" ]; then
		"$@" "$work/connection_test" "$ECOQ_TEST_AMQPS_DSN?tls-ca=$ECOQ_TEST_TLS_CA" "ecoq-connection-$$"
	fi
}
compile -O2
try env
compile '-O1 -g -fsanitize=thread'
# ThreadSanitizer cannot work with the widest address space randomisation of newer kernels
setarch "$(uname -m)" -R true 2>/dev/null && fixed=(setarch "$(uname -m)" -R) || fixed=()
export TSAN_OPTIONS=halt_on_error=0:exitcode=66
try env "${fixed[@]}"
