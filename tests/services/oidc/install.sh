#!/usr/bin/env bash
# Installs the OpenID provider that the tests of single sign-on use, below the folder that cargo builds into.
#
#   install.sh        install it, or say why the tests that need it are skipped
#   install.sh where  print its folder if it is there
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=${CARGO_TARGET_DIR:-$(cd "$here/../../.." && pwd)/target}
folder=$target/oidc-provider

say() { printf 'services: %s\n' "$*" >&2; }

is_there() { cmp -s "$here/package-lock.json" "$folder/package-lock.json" && [ -e "$folder/installed" ]; }

# Node.js 18 or newer with npm; where apt may install, it does.
find_node() {
  if ! command -v npm >/dev/null && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    apt-get install -y --no-install-recommends nodejs npm >/dev/null 2>&1 || true
  fi
  command -v npm >/dev/null && [ "$(node --print 'parseInt(process.versions.node)')" -ge 18 ]
}

install() {
  if is_there; then
    cp "$here/provider.mjs" "$folder/"
    return 0
  fi
  if ! find_node; then
    say 'there is no Node.js 18 or newer with npm: the tests of single sign-on are skipped'
    return 0
  fi
  mkdir -p "$folder"
  cp "$here/package.json" "$here/package-lock.json" "$here/provider.mjs" "$folder/"
  if (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1); then
    touch "$folder/installed"
  else
    say "the OpenID provider cannot be installed (see $folder/npm.log): the tests of single sign-on are skipped"
  fi
}

case "${1:-install}" in
  install) install ;;
  where) if is_there; then printf '%s\n' "$folder"; fi ;;
  *) sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
