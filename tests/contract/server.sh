# Sourced: a server of its own on SQLite with the Jira double beside it, and programs of others that look at it.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
jqa=${JQA_TEST_BIN:-$target/debug/jqa}
work=$(mktemp -d "${TMPDIR:-/tmp}/jqa-contract.XXXXXX")
email=admin@contract.test password=7Qm2vXw9ZpL4tRb8
children=()

# shellcheck disable=SC2317 # called by the trap
cleanup() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  wait || true
  rm -rf "$work"
}
trap cleanup EXIT

# venv_with PACKAGE VERSION: the folder of an environment below the target folder that has it.
venv_with() {
  local venv=$target/$1-$2
  if [ ! -f "$venv/installed" ]; then
    echo "contract: installing $1 $2 into $venv" >&2
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet "$1==$2"
    touch "$venv/installed"
  fi
  echo "$venv"
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

wait_for() {
  for _ in $(seq 1 100); do
    if python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=1)' "$1" 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "contract: $1 does not answer" >&2
  cat "$work"/*.log >&2
  exit 1
}

# start_server [NAME=VALUE…]: sets `url`.
start_server() {
  local jira port
  jira=$(free_port) port=$(free_port)
  url="http://127.0.0.1:$port"
  "$jqa" sandbox --port "$jira" >"$work/sandbox.log" 2>&1 &
  children+=($!)
  env -i PATH="$PATH" HOME="$work" \
    JQA_DATA_DIR="$work/data" JQA_BIND="127.0.0.1:$port" JQA_ADMIN_EMAIL=$email JQA_ADMIN_PASSWORD=$password \
    JQA_JIRA_URL="http://127.0.0.1:$jira" JQA_JIRA_EMAIL=me@contract.test JQA_JIRA_TOKEN=sandbox JQA_ACCESS_TOKEN_LIFE=2h \
    JQA_LIMIT_LOGIN=off JQA_LIMIT_SUBMIT=off JQA_LIMIT_READ=off JQA_LIMIT_IP=off \
    JQA_LOG=warn "$@" "$jqa" serve >"$work/serve.log" 2>&1 &
  children+=($!)
  wait_for "$url/readyz"
}

# Prints an access token of the administrator.
log_in() {
  python3 - "$url" "$email" "$password" <<'PY'
import json, sys, urllib.request
body = json.dumps({"email": sys.argv[2], "password": sys.argv[3]}).encode()
request = urllib.request.Request(sys.argv[1] + "/api/v1/auth/login", body, {"content-type": "application/json"})
print(json.load(urllib.request.urlopen(request))["access_token"])
PY
}
