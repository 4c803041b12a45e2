# Sourced, with the names of the workers in `workers`: two API processes and these workers behind deploy/nginx/nginx.conf, on
# PostgreSQL and Redis of their own, with the Jira double beside them.
#
#   begin NAME              starts a process and waits until it is ready
#   clients [NAME=VALUE…]   starts clients.py, which works as long as "$work/go-on" is there
#   clients_end             waits for it, and ends as it does
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ -z "${JQA_TEST_POSTGRES_URL:-}" ]; then exec "$root/tests/services/with-services.sh" "$0" "$@"; fi
command -v nginx >/dev/null || {
  echo 'stand: installing nginx' >&2
  apt-get install --yes --quiet nginx-light >/dev/null
}

jqa=$JQA_TEST_BIN
work=$(mktemp -d "${TMPDIR:-/tmp}/jqa-stand.XXXXXX")
declare -A pids=()

# shellcheck disable=SC2317 # called by the trap
cleanup() {
  for name in "${!pids[@]}"; do kill "${pids[$name]}" 2>/dev/null || true; done
  wait || true
  rm -rf "$work"
}
trap cleanup EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
jira=$(free_port) https=$(free_port) http=$(free_port)
declare -A port=()
for name in api1 api2 "${workers[@]}"; do port[$name]=$(free_port); done

ready() {
  for _ in $(seq 1 300); do
    if python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=1)' "http://127.0.0.1:${port[$1]}/readyz" 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "stand: $1 does not become ready" >&2
  tail -20 "$work/$1.log" >&2
  exit 1
}

start() {
  "$jqa" "${1%[0-9]}" >>"$work/$1.log" 2>&1 &
  pids[$1]=$!
}

begin() {
  case "$1" in
    api*) JQA_BIND=127.0.0.1:${port[$1]} start "$1" ;;
    worker*) JQA_OPS_BIND=127.0.0.1:${port[$1]} start "$1" ;;
  esac
  ready "$1"
}

export HOME=$work JQA_DATA_DIR=$work/data JQA_REDIS_URL=$JQA_TEST_REDIS_URL JQA_REDIS_PREFIX=stand-$$
database=stand_$$
psql "$JQA_TEST_POSTGRES_URL" --quiet --command "CREATE DATABASE $database" 2>/dev/null ||
  "$(find /usr/lib/postgresql -name psql | head -1)" "$JQA_TEST_POSTGRES_URL" --quiet --command "CREATE DATABASE $database"
export JQA_DATABASE_URL=${JQA_TEST_POSTGRES_URL%/*}/$database
JQA_SECRET_KEY=$("$jqa" keys generate)
export JQA_SECRET_KEY JQA_LOG=warn JQA_TRUSTED_PROXIES=127.0.0.1/32 JQA_DRAIN=2s JQA_GRACE=5s
export JQA_ADMIN_EMAIL=admin@stand.test JQA_ADMIN_PASSWORD=7Qm2vXw9ZpL4tRb8
export JQA_JIRA_URL=http://127.0.0.1:$jira JQA_JIRA_EMAIL=me@stand.test JQA_JIRA_TOKEN=sandbox
export JQA_LIMIT_LOGIN=off JQA_LIMIT_SUBMIT=off JQA_LIMIT_READ=off JQA_LIMIT_IP=off JQA_MAX_CONNECTIONS_PER_IP=1000

"$jqa" sandbox --port "$jira" >"$work/jira.log" 2>&1 &
pids[jira]=$!
"$jqa" migrate >"$work/migrate.log" 2>&1 || { cat "$work/migrate.log" >&2; exit 1; }
for name in "${!port[@]}"; do begin "$name"; done

mkdir -p "$work/tls" "$work/nginx"
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout "$work/tls/tls.key" -out "$work/tls/tls.crt" 2>/dev/null
sed -e "s#api1:8000#127.0.0.1:${port[api1]}#; s#api2:8000#127.0.0.1:${port[api2]}#" \
  -e "s#/etc/nginx/tls#$work/tls#; s#listen 443 ssl#listen 127.0.0.1:$https ssl#; s#listen 80#listen 127.0.0.1:$http#" \
  "$root/deploy/nginx/nginx.conf" >"$work/nginx/nginx.conf"
nginx -t -q -p "$work/nginx" -e "$work/nginx/error.log" -c "$work/nginx/nginx.conf" -g "pid $work/nginx/pid;"
nginx -p "$work/nginx" -e "$work/nginx/error.log" -c "$work/nginx/nginx.conf" -g "pid $work/nginx/pid; daemon off;" &
pids[nginx]=$!

clients() {
  touch "$work/go-on"
  env JQA_URL="https://127.0.0.1:$https" JIRA_URL="http://127.0.0.1:$jira" GO_ON="$work/go-on" "$@" python3 "$root/tests/deploy/clients.py" &
  clients=$!
}

clients_end() {
  rm "$work/go-on"
  wait "$clients" || {
    grep -hE 'WARN|ERROR' "$work"/*.log | tail -20 >&2
    tail -5 "$work/nginx/error.log" >&2
    exit 1
  }
}
