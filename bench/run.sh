#!/bin/sh
# Measures the budgets of ecoq beside Symfony Messenger, Laravel, Ecotone and hand-written loops, and prints them. bench/run.sh --help
set -eu

bench=$(cd "$(dirname "$0")" && pwd)
peers=${ECOQ_BENCH_PEERS:-$bench/peers}

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Debian splits PHP into packages; elsewhere what is missing is told by PHP itself.
install_missing() {
	missing=
	command -v php >/dev/null || missing="$missing php-cli"
	command -v composer >/dev/null || missing="$missing composer unzip"
	command -v php >/dev/null && php -r 'exit((int) !extension_loaded("pdo_sqlite"));' || missing="$missing php-sqlite3"
	command -v php >/dev/null && php -r 'exit((int) !extension_loaded("redis"));' || missing="$missing php-redis"
	command -v php >/dev/null && php -r 'exit((int) !extension_loaded("amqp"));' || missing="$missing php-amqp"
	command -v redis-server >/dev/null || missing="$missing redis-server"
	command -v cc >/dev/null || missing="$missing gcc libc6-dev"
	[ -f /usr/include/hiredis/hiredis.h ] || [ -f /usr/local/include/hiredis/hiredis.h ] || missing="$missing libhiredis-dev"
	[ -f /usr/include/amqp.h ] || [ -f /usr/local/include/rabbitmq-c/amqp.h ] || missing="$missing librabbitmq-dev"
	if [ -n "$missing" ] && command -v apt-get >/dev/null; then
		echo "installing$missing" >&2
		# shellcheck disable=SC2086
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
	fi
}

# A peer that cannot be installed is no reason to measure nothing: its rows say why it is not there.
install_peer() {
	dir=$peers/$1
	[ -f "$dir/vendor/autoload.php" ] && return
	mkdir -p "$dir"
	[ -f "$dir/composer.json" ] || cp "$bench/peers/$1/composer.json" "$dir/"
	echo "installing $1 with composer" >&2
	COMPOSER_ALLOW_SUPERUSER=1 composer update --working-dir="$dir" --no-interaction --no-progress --no-dev --prefer-dist --no-ansi >"$dir/install.log" 2>&1 || true
}

# Debian 12 packages an older Messenger; better than none where Packagist cannot be reached or does not have it.
install_debian_symfony() {
	if [ -f "$peers/symfony/vendor/autoload.php" ] || [ -f /usr/share/php/Symfony/Component/Messenger/autoload.php ]; then
		return
	fi
	command -v apt-get >/dev/null || return 0
	echo "installing Debian's Symfony Messenger" >&2
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
		php-symfony-messenger php-symfony-doctrine-messenger php-symfony-redis-messenger php-symfony-amqp-messenger php-doctrine-dbal >/dev/null 2>&1 || true
}

install_debian_amqplib() {
	if [ -f "$peers/amqplib/vendor/autoload.php" ] || [ -f /usr/share/php/PhpAmqpLib/autoload.php ]; then
		return
	fi
	command -v apt-get >/dev/null || return 0
	echo "installing Debian's php-amqplib" >&2
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends php-amqplib >/dev/null 2>&1 || true
}

case " $* " in
*" --help "* | *" --list "*) ;;
*" --no-peers "*) install_missing ;;
*)
	install_missing
	install_peer symfony
	install_debian_symfony
	install_peer ecotone
	install_peer laravel
	install_peer amqplib
	install_debian_amqplib
	;;
esac
exec php "$bench/bench.php" "$@"
