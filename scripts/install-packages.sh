#!/usr/bin/env bash
# Installs Debian packages for commands that are missing; as root, or with sudo.
#   scripts/install-packages.sh build   what building and running needs: PHP with its headers, PDO for SQLite, gcc, make
#   scripts/install-packages.sh test    that, and what the checks need
# Does nothing, and asks for no rights, where everything is there (a PHP of one's own counts, as long as its phpize comes first in PATH).
set -euo pipefail

packages=()
need() # COMMAND PACKAGE ...
{
	command -v "$1" >/dev/null || packages+=("${@:2}")
}

need php php-cli
need phpize php-dev
need php-config php-dev
need gcc gcc libc6-dev
need make make
if ! command -v php >/dev/null || ! php -r 'exit((int) !extension_loaded("pdo_sqlite"));'; then
	packages+=(php-sqlite3)
fi
case "${1-build}" in
	build) ;;
	test)
		need clang clang
		need clang-format clang-format
		need cppcheck cppcheck
		need valgrind valgrind
		# gen_stub.php reads the stubs with this library
		[ -e /usr/share/php/PhpParser/Parser.php ] || packages+=(php-parser)
		;;
	*) echo "usage: $0 build|test" >&2; exit 2 ;;
esac
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
trap 'rm -f "$log"' EXIT
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
