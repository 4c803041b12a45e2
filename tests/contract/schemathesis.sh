#!/usr/bin/env bash
# schemathesis.sh [ARG…]: every operation of the OpenAPI document with made-up and with wrong requests, once as an
# administrator and once as nobody, against a server of its own on SQLite with the Jira double beside it. It fails on a 5xx,
# on an answer that the document does not describe, and on one that does not look as described. ARGs go to schemathesis.
#
#   JQA_TEST_BIN   path of the built executable (default: target/debug/jqa)
#   SECONDS_EACH   time for each of the two runs (default: 120)
set -euo pipefail

version=4.32.5
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
jqa=${JQA_TEST_BIN:-$target/debug/jqa}
seconds=${SECONDS_EACH:-120}
work=$(mktemp -d "${TMPDIR:-/tmp}/jqa-contract.XXXXXX")
children=()

# shellcheck disable=SC2317 # called by the trap
cleanup() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  wait || true
  rm -rf "$work"
}
trap cleanup EXIT

venv=$target/schemathesis-$version
if [ ! -x "$venv/bin/schemathesis" ]; then
  echo "contract: installing schemathesis $version into $venv" >&2
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet "schemathesis==$version"
fi

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

jira=$(free_port) port=$(free_port) url="http://127.0.0.1:$port"
"$jqa" sandbox --port "$jira" >"$work/sandbox.log" 2>&1 &
children+=($!)
env -i PATH="$PATH" HOME="$work" \
  JQA_DATA_DIR="$work/data" JQA_BIND="127.0.0.1:$port" JQA_ADMIN_EMAIL=admin@contract.test JQA_ADMIN_PASSWORD=7Qm2vXw9ZpL4tRb8 \
  JQA_JIRA_URL="http://127.0.0.1:$jira" JQA_JIRA_EMAIL=me@contract.test JQA_JIRA_TOKEN=sandbox JQA_ACCESS_TOKEN_LIFE=2h \
  JQA_LIMIT_LOGIN=off JQA_LIMIT_SUBMIT=off JQA_LIMIT_READ=off JQA_LIMIT_IP=off \
  JQA_LOG=warn "$jqa" serve >"$work/serve.log" 2>&1 &
children+=($!)
wait_for "$url/readyz"
token=$(python3 - "$url" <<'PY'
import json, sys, urllib.request
body = json.dumps({"email": "admin@contract.test", "password": "7Qm2vXw9ZpL4tRb8"}).encode()
request = urllib.request.Request(sys.argv[1] + "/api/v1/auth/login", body, {"content-type": "application/json"})
print(json.load(urllib.request.urlopen(request))["access_token"])
PY
)

checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance
run() {
  (cd "$work" && "$venv/bin/schemathesis" run "$url/api/openapi.json" --url "$url" --checks "$checks" --max-time "$seconds" \
    --request-timeout 10 --suppress-health-check all --warnings off --no-color "$@")
}
status=0
# Leaving would make the rest a run as nobody.
echo "contract: as an administrator"
run --header "Authorization: Bearer $token" --exclude-path /api/v1/auth/logout "$@" || status=1
echo "contract: as nobody"
run "$@" || status=1
if grep -E "ERROR|panic" "$work/serve.log"; then
  echo "contract: the server logged errors" >&2
  status=1
fi
exit $status
