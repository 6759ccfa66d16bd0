#!/usr/bin/env bash
# Compiles the reader of headers that go beside the body, and the connections to Redis, without the engine and runs their tests, the latter against a server
# of their own that says what it is told: plain, under AddressSanitizer and under ThreadSanitizer. Those of RabbitMQ: amqp/run.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for options in "-O2" "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"; do
	# shellcheck disable=SC2086 # a list of options
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -I. -Isrc $options tests/transport/riders_test.c src/transport/riders.c src/base/json_scan.c -o "$work/riders_test" -lm
	"$work/riders_test"
done
if ! pkg-config --exists hiredis; then
	echo 'no hiredis: 0 tests'
	echo '0 passed, 0 failed'
	exit
fi
redis=src/transport/redis base=src/base
compile() # TEST OPTIONS LIBRARIES
{
	# shellcheck disable=SC2086,SC2046 # lists of options
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -DECOQ_HAVE_HIREDIS -Wall -Wextra -Wno-unused-parameter -Werror -Isrc $(pkg-config --cflags hiredis) $2 "tests/transport/redis/$1.c" \
		$redis/{discovery,errors,link,pool,route,settings,socket,tls,words}.c src/transport/{network,pool}.c $base/{buffer,clock,dsn,dsn_option,process,result,uuid}.c -o "$work/$1" $(pkg-config --libs hiredis) $3 -lpthread
}
tls='' ssl=''
if pkg-config --atleast-version=1.1 openssl; then
	compile settings_test '-O2' ''
	"$work/settings_test"
	tls="-DECOQ_HAVE_OPENSSL $(pkg-config --cflags openssl)" ssl=$(pkg-config --libs openssl)
fi
compile settings_test "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined $tls" "$ssl"
"$work/settings_test"
compile link_test "-O2 $tls" "$ssl"
"$work/link_test"
compile link_test "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined $tls" "$ssl"
ASAN_OPTIONS=allocator_may_return_null=1 "$work/link_test"
compile link_test "-O1 -g -fsanitize=thread $tls" "$ssl"
# ThreadSanitizer cannot work with the widest address space randomisation of newer kernels
setarch "$(uname -m)" -R true 2>/dev/null && fixed=(setarch "$(uname -m)" -R) || fixed=()
TSAN_OPTIONS=halt_on_error=0:exitcode=66 "${fixed[@]}" "$work/link_test"
