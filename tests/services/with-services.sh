#!/usr/bin/env bash
# with-services.sh CMD ARG…: runs a command with a PostgreSQL and a Redis of its own, and stops them when it ends,
# however it ends. Any number may run at once. The command finds in its environment:
#
#   JQA_TEST_POSTGRES_URL   postgres://jqa@127.0.0.1:PORT/postgres (a superuser, no password)
#   JQA_TEST_REDIS_URL      redis://127.0.0.1:PORT/
#   JQA_TEST_SERVICES       path of services.sh, which stops, kills and freezes them and starts further pairs
#   JQA_TEST_SERVICES_DIR   folder of this pair: "$JQA_TEST_SERVICES" ctl "$JQA_TEST_SERVICES_DIR" redis freeze
#   JQA_TEST_BIN            path of the built executable, unless it was set before
#
# The exit status is the command's. It has no standard input.
set -euo pipefail

if [ $# -eq 0 ]; then
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir='' child=''

# The command runs in a process group of its own, so that all of it can be ended; what it leaves running goes too.
# shellcheck disable=SC2317 # called by the trap
cleanup() {
  trap '' INT TERM HUP
  if [ -n "$child" ] && kill -TERM -- "-$child" 2>/dev/null; then
    for _ in {1..50}; do
      kill -0 -- "-$child" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-$child" 2>/dev/null || true
  fi
  if [ -n "$dir" ]; then "$here/services.sh" stop "$dir" || true; fi
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

"$here/services.sh" install
dir=$(mktemp -d "${TMPDIR:-/tmp}/jqa-services.XXXXXX")
lines=$("$here/services.sh" new "$dir" $$)
while IFS= read -r line; do export "${line?}"; done <<<"$lines"

target=${CARGO_TARGET_DIR:-$here/../../target}
case "$target" in /*) ;; *) target=$PWD/$target ;; esac
if [ -d "$target" ]; then target=$(cd "$target" && pwd); fi
export JQA_TEST_BIN="${JQA_TEST_BIN:-$target/debug/jqa}"

# In the background, because bash runs no trap while it waits for a command in the foreground.
set -m
"$@" </dev/null &
child=$!
set +m
status=0
wait "$child" || status=$?
exit "$status"
