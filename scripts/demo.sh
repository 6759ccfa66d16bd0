#!/usr/bin/env bash
# The example application in one command: installs what is missing, builds the extension, places orders, lets a worker drain the
# channel, and shows what came of it.
#   scripts/demo.sh [HOW MANY ORDERS]      default 5000
# Everything it makes is below build/demo.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
orders=${1:-5000}
if ! [[ $orders =~ ^[1-9][0-9]*$ ]]; then
	echo "usage: $0 [HOW MANY ORDERS]" >&2
	exit 2
fi
demo=$root/build/demo
step()
{
	printf '\n== %s\n' "$1"
}

step 'Packages'
"$root/scripts/install-packages.sh" build
echo "PHP $(php -r 'echo PHP_VERSION;'), SQLite $(php -r 'echo (new PDO("sqlite::memory:"))->query("SELECT sqlite_version()")->fetchColumn();')"

step 'Extension'
"$root/scripts/build.sh" "$demo"
module=$demo/modules/ecoq.so

# a php with the extension loaded and the demo's own data, for the steps below and for the user afterwards
cat >"$demo/php" <<WRAPPER
#!/bin/sh
ORDERS_DATA=\${ORDERS_DATA:-$(printf %q "$demo/data")} exec $(printf %q "$(command -v php)") -d extension=$(printf %q "$module") "\$@"
WRAPPER
chmod 755 "$demo/php"
"$demo/php" -r 'extension_loaded("ecoq") || exit(1); echo "ecoq ", phpversion("ecoq"), " loaded\n";' || {
	echo "PHP could not load $module" >&2
	exit 1
}

step "Orders (examples/orders, a fresh queue in $demo/data)"
rm -rf "$demo/data"
"$demo/php" "$root/examples/orders/place-orders.php" "$orders"

step 'Worker (php worker.php consume notifications --idle-limit=2)'
log=$demo/worker.log
worker=("$demo/php" "$root/examples/orders/worker.php" consume notifications --idle-limit=2)
started=$(date +%s%3N)
# on a terminal the worker shows its progress in a line of its own; elsewhere what it says is kept in a file
if [ -t 2 ]; then
	"${worker[@]}"
else
	"${worker[@]}" 2>"$log" || { tail -n 20 "$log" >&2; exit 1; }
	tail -n 1 "$log"
	echo "(all that it said: $log)"
fi
busy=$(($(date +%s%3N) - started - 2000))

step 'What came of it'
"$demo/php" "$root/scripts/demo-table.php" "$orders" "$busy"

step 'Look further'
[ "$PWD" = "$root" ] || printf '  cd %q\n' "$root"
cat <<'NEXT'
  build/demo/php examples/orders/worker.php stats                 what waits in the channel
  build/demo/php examples/orders/worker.php failed show           the messages that were given up on
  build/demo/php examples/orders/worker.php failed retry --all    tries them again
  build/demo/php examples/orders/worker.php debug                 handlers, types, channels
  build/demo/php examples/orders/place-orders.php 100             more orders …
  build/demo/php examples/orders/worker.php consume -vv           … and a worker that tells of each message; Ctrl-C ends it
  build/demo/php --ri ecoq                                        the extension

build/demo/php is PHP with the extension loaded. The code: examples/orders. What it means: README.md and docs/.
NEXT
