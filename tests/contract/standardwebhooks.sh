#!/usr/bin/env bash
# standardwebhooks.sh: messages to an endpoint are verified by the library of Standard Webhooks, before, during and after a
# rotation of its secret; a changed message and a foreign secret are refused by it.
#
#   JQA_TEST_BIN   path of the built executable (default: target/debug/jqa)
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
venv=$(venv_with standardwebhooks 1.0.0)
start_server JQA_OUTBOUND_ALLOW=127.0.0.1/32
JQA_URL=$url JQA_TOKEN=$(log_in) "$venv/bin/python" "$root/tests/contract/receiver.py"
if grep -E "ERROR|panic" "$work/serve.log"; then
  echo "contract: the server logged errors" >&2
  exit 1
fi
