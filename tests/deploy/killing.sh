#!/usr/bin/env bash
# killing.sh [SECONDS]: two API processes and three workers behind deploy/nginx/nginx.conf on PostgreSQL and Redis of its own.
# One of them, at random, is killed every 3 s and started again, for SECONDS (120), while clients work that repeat what was not
# answered under its Idempotency-Key. It fails if one submission became two jobs, one job was lost, or one story has more than
# one comment.
#
#   JQA_TEST_BIN   path of the built executable (default: target/debug/jqa)
set -euo pipefail

seconds=${1:-120}
workers=(worker1 worker2 worker3)
source "$(dirname "${BASH_SOURCE[0]}")/stand.sh"

clients PATIENT=1
names=("${!port[@]}") kills=0
until=$((SECONDS + seconds))
while [ "$SECONDS" -lt "$until" ]; do
  next=$((SECONDS + 3))
  name=${names[RANDOM % ${#names[@]}]}
  kill -KILL "${pids[$name]}"
  wait "${pids[$name]}" 2>/dev/null || true
  kills=$((kills + 1))
  begin "$name"
  while [ "$SECONDS" -lt "$next" ]; do sleep 0.1; done
done
echo "killing: $kills processes were killed in $seconds s" >&2
clients_end
