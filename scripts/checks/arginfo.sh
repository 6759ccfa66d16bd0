#!/usr/bin/env bash
# The committed stubs/*_arginfo.h are what their stubs give.
exec "$(dirname "$0")/../arginfo.sh" --check
