#!/usr/bin/env bash
# schemathesis.sh [ARG…]: every operation of the OpenAPI document with made-up and with wrong requests, once as an
# administrator and once as nobody, against a server of its own on SQLite with the Jira double beside it. It fails on a 5xx,
# on an answer that the document does not describe, and on one that does not look as described. ARGs go to schemathesis.
#
#   JQA_TEST_BIN   path of the built executable (default: target/debug/jqa)
#   SECONDS_EACH   time for each of the two runs (default: 120)
set -euo pipefail

version=4.32.5
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
seconds=${SECONDS_EACH:-120}
venv=$(venv_with schemathesis "$version")
start_server
token=$(log_in)

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
