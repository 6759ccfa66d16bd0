#!/usr/bin/env bash
# Installs Debian packages for commands that are missing; as root, or with sudo.
#   scripts/install-packages.sh build   what building and running needs: PHP with its headers, PDO for SQLite, gcc, make, and what the transports to Redis and RabbitMQ are built on
#   scripts/install-packages.sh test    that, and what the checks and tests need
#   scripts/install-packages.sh postgresql mariadb redis rabbitmq      the servers themselves, without starting them
# Does nothing, and asks for no rights, where everything is there (a PHP of one's own counts, as long as its phpize comes first in PATH).
set -euo pipefail

packages=()
need() # COMMAND PACKAGE ...
{
	command -v "$1" >/dev/null || packages+=("${@:2}")
}

need_extension() # NAME PACKAGE
{
	if ! command -v php >/dev/null || ! php -r 'exit((int) !extension_loaded($argv[1]));' "$1"; then
		packages+=("$2")
	fi
}
need_to_build()
{
	need php php-cli
	need phpize php-dev
	need php-config php-dev
	need gcc gcc libc6-dev
	need make make
	need pkg-config pkg-config
	pkg-config --exists hiredis 2>/dev/null || packages+=(libhiredis-dev)
	pkg-config --exists librabbitmq 2>/dev/null || packages+=(librabbitmq-dev)
	pkg-config --exists openssl 2>/dev/null || packages+=(libssl-dev)
	need_extension pdo_sqlite php-sqlite3
}
need_to_test()
{
	need_to_build
	need clang clang
	need clang-format clang-format
	need cppcheck cppcheck
	need valgrind valgrind
	need python3 python3
	need openssl openssl
	# gen_stub.php reads the stubs with this library
	[ -e /usr/share/php/PhpParser/Parser.php ] || packages+=(php-parser)
	need_extension pdo_pgsql php-pgsql
	need_extension pdo_mysql php-mysql
}
for what in "${@:-build}"; do
	case $what in
		build) need_to_build ;;
		test) need_to_test ;;
		postgresql) packages+=(postgresql) ;;
		mariadb) packages+=(mariadb-server) ;;
		redis) packages+=(redis-server) ;;
		rabbitmq) packages+=(rabbitmq-server openssl) ;;
		*) echo "usage: $0 build|test|postgresql|mariadb|redis|rabbitmq ..." >&2; exit 2 ;;
	esac
done
[ ${#packages[@]} -gt 0 ] || exit 0

mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
if ! command -v apt-get >/dev/null; then
	echo "Missing: ${packages[*]} (Debian's names). This machine has no apt-get: install them by hand, then run this again." >&2
	exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "Missing: ${packages[*]}. Install them as root (apt-get install ${packages[*]}), then run this again." >&2
		exit 1
	fi
	as_root=(sudo)
fi
echo "Installing: ${packages[*]}"
log=$(mktemp)
# a server that is installed for tests is not to run for the whole machine as well; Debian asks this program before it starts one
policy=/usr/sbin/policy-rc.d made_policy=no
tidy()
{
	rm -f "$log"
	[ "$made_policy" = no ] || "${as_root[@]}" rm -f "$policy"
}
trap tidy EXIT
if [[ " ${packages[*]} " =~ \ (postgresql|mariadb-server|redis-server|rabbitmq-server)\  ]] && [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
	made_policy=yes
	"${as_root[@]}" chmod 755 "$policy"
fi
apt() # ARGUMENT ...
{
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq "$@" >>"$log" 2>&1 </dev/null
}
# a list of packages that cannot be brought up to date may still be good enough
apt update || echo "apt-get update failed; trying with the package lists that are here" >&2
if ! apt install -y --no-install-recommends "${packages[@]}"; then
	tail -n 20 "$log" >&2
	echo "Installing failed: ${packages[*]}" >&2
	exit 1
fi
