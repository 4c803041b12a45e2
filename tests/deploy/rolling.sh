#!/usr/bin/env bash
# rolling.sh [ROUNDS]: two API processes and two workers behind deploy/nginx/nginx.conf on PostgreSQL and Redis of its own.
# Clients that never repeat a request work while every process is replaced, one after the other, ROUNDS times (2). It fails if
# one request failed, one job was lost, or one story has more than one comment.
#
#   JQA_TEST_BIN   path of the built executable (default: target/debug/jqa)
set -euo pipefail

rounds=${1:-2}
workers=(worker1 worker2)
source "$(dirname "${BASH_SOURCE[0]}")/stand.sh"

clients
for round in $(seq 1 "$rounds"); do
  for name in api1 worker1 api2 worker2; do
    echo "rolling: round $round, $name" >&2
    kill -TERM "${pids[$name]}"
    wait "${pids[$name]}" || { echo "rolling: $name did not end well" >&2; exit 1; }
    begin "$name"
  done
done
clients_end
