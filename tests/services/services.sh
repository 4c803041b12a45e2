#!/usr/bin/env bash
# Throw-away PostgreSQL and Redis servers for tests: on free ports of 127.0.0.1, in a folder of their own.
# A server that was there before is never touched.
#
#   services.sh install                       find both servers, or install what is missing (apt) or say how
#   services.sh new DIR [OWNER_PID]           start a pair in DIR (new or empty) and print its KEY=VALUE lines;
#                                             the pair is stopped when process OWNER_PID ends (default: the caller)
#   services.sh ctl DIR postgres|redis VERB   start, stop, restart, kill, freeze, thaw; for redis also flush.
#                                             Ports stay the same; PostgreSQL keeps its data, Redis keeps none
#   services.sh stop DIR                      stop both at once and remove DIR
#
# `kill` is SIGKILL to the server and all its children; `freeze` is SIGSTOP to the same, so that connections stay
# open and nobody answers. start, stop, kill and thaw may be said twice.
set -euo pipefail

self=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/$(basename "${BASH_SOURCE[0]}")
oldest_postgres=15 # the oldest major version that the product supports
superuser=jqa
marker=.jqa-services # present in each folder made by `new`; without it `stop` removes nothing

say() { printf 'services: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "$self"; }

# Of the pair at work, set by load_pair and on_free_port.
dir='' postgres_bin='' pg_isready='' redis_server='' redis_cli='' postgres_port='' redis_port=''

# ---------------------------------------------------------------- processes

# The state letter of a process, nothing when there is none. Minimal systems have no ps, macOS has no /proc.
state_of() {
  local line
  if [ -d /proc/self ]; then
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
    line=${line##*) }
    printf '%s' "${line%% *}"
  else
    ps -o state= -p "$1" 2>/dev/null || true
  fi
}

# A zombie has ended: only its parent has not looked yet.
alive() {
  [ -n "${1:-}" ] || return 1
  case "$(state_of "$1")" in '' | Z* | X*) return 1 ;; esac
}

children_of() {
  local stat line
  if [ -d /proc/self ]; then
    for stat in /proc/[0-9]*/stat; do
      { read -r line <"$stat"; } 2>/dev/null || continue
      # pid (name) state ppid …; the name may hold spaces and brackets.
      # shellcheck disable=SC2086
      set -- "$1" ${line##*) }
      if [ "$3" = "$1" ]; then printf '%s\n' "${line%% *}"; fi
    done
  else
    ps -A -o pid= -o ppid= | awk -v parent="$1" '$2 == parent { print $1 }'
  fi
}

send() {
  local signal=$1
  shift
  local pid
  for pid in "$@"; do kill "-$signal" "$pid" 2>/dev/null || true; done
}

# Waits up to $1 tenths of a second until none of the processes that follow is left.
gone() {
  local tries=$1 pid
  shift
  for pid in "$@"; do
    while alive "$pid"; do
      [ "$tries" -gt 0 ] || return 1
      tries=$((tries - 1))
      sleep 0.1
    done
  done
}

# ---------------------------------------------------------------- programs

# PostgreSQL refuses to run as root: then it runs as another user, who also owns its folder.
postgres_user() {
  if [ "$(id -u)" -ne 0 ]; then
    id -un
  elif id postgres >/dev/null 2>&1; then
    echo postgres
  else
    echo nobody
  fi
}

# Runs a command as the user that PostgreSQL runs as, in a folder that this user may enter.
as_postgres() (
  cd /
  if [ "$(id -u)" -ne 0 ]; then
    exec "$@"
  fi
  user=$(postgres_user)
  if command -v runuser >/dev/null; then
    exec runuser -u "$user" -- "$@"
  elif command -v setpriv >/dev/null; then
    exec setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups -- "$@"
  else
    exec su -s /bin/sh "$user" -c "$(printf '%q ' "$@")"
  fi
)

# Prints the folder of PostgreSQL's programs: of the one on PATH, else of the newest version that is found.
find_postgres() {
  local folder version best='' best_version=0
  local -a folders=()
  # A link leads to where the clients are too.
  if folder=$(command -v postgres); then folders+=("$(dirname "$(readlink -f "$folder" 2>/dev/null || echo "$folder")")"); fi
  if command -v pg_config >/dev/null && folder=$(pg_config --bindir 2>/dev/null); then folders+=("$folder"); fi
  folders+=(/usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/lib/postgresql*/bin /usr/local/pgsql/bin)
  folders+=(/opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /home/linuxbrew/.linuxbrew/opt/postgresql*/bin)
  folders+=(/Applications/Postgres.app/Contents/Versions/latest/bin)
  for folder in "${folders[@]}"; do
    if ! [ -x "$folder/postgres" ] || ! [ -x "$folder/initdb" ] || ! [ -x "$folder/pg_ctl" ]; then continue; fi
    version=$("$folder/postgres" --version 2>/dev/null | sed -n 's/^[^0-9]*\([0-9][0-9]*\).*/\1/p')
    if [ "${version:-0}" -ge "$oldest_postgres" ] && [ "$version" -gt "$best_version" ]; then
      best=$folder best_version=$version
      # The one on PATH was chosen by the person whose machine this is.
      if [ "$folder" = "${folders[0]}" ] && command -v postgres >/dev/null; then break; fi
    fi
  done
  [ -n "$best" ] && printf '%s\n' "$best"
}

# Prints the path of a program of Redis (or of Valkey, its continuation): find_redis server|cli.
find_redis() {
  local name folder
  for name in "redis-$1" "valkey-$1"; do
    if command -v "$name"; then return; fi
    for folder in /usr/bin /usr/local/bin /opt/homebrew/bin /opt/homebrew/opt/{redis,valkey}*/bin /usr/local/opt/{redis,valkey}*/bin \
      /home/linuxbrew/.linuxbrew/bin; do
      if [ -x "$folder/$name" ]; then
        printf '%s\n' "$folder/$name"
        return
      fi
    done
  done
  return 1
}

# ---------------------------------------------------------------- install

# Prints the Debian names of what is missing.
missing() {
  find_postgres >/dev/null || echo postgresql
  { find_redis server && find_redis cli; } >/dev/null || echo redis-server
}

how_to_install() {
  case "$(uname -s)" in
    Darwin) echo 'brew install postgresql@17 redis' ;;
    *)
      if command -v dnf >/dev/null; then
        echo 'dnf install postgresql-server redis (or valkey)'
      elif command -v pacman >/dev/null; then
        echo 'pacman -S postgresql valkey'
      elif command -v apk >/dev/null; then
        echo 'apk add postgresql redis'
      elif command -v zypper >/dev/null; then
        echo 'zypper install postgresql-server redis'
      elif command -v apt-get >/dev/null; then
        echo 'sudo apt-get update && sudo apt-get install postgresql redis-server'
      else
        echo "the programs postgres, initdb, pg_ctl (PostgreSQL $oldest_postgres or newer), redis-server and redis-cli on PATH"
      fi
      ;;
  esac
}

install_by_apt() {
  # Not local: the trap below runs when the function is over.
  root=()
  if [ "$(id -u)" -ne 0 ]; then root=(sudo -n); fi

  # One installation at a time on a machine (dpkg itself locks files, not this folder). Whoever waited looks again.
  exec 9</var/lib/dpkg
  flock -w 900 9 || die 'another installation has not ended within 15 minutes'
  local wanted
  wanted=$(missing)
  if [ -z "$wanted" ]; then return; fi

  # No server of the packages may start: not Debian's PostgreSQL cluster on port 5432 …
  local cluster=/etc/postgresql-common/createcluster.conf
  if [[ $wanted == *postgresql* ]] && [ ! -e "$cluster" ]; then
    "${root[@]}" mkdir -p "$(dirname "$cluster")" || return
    echo 'create_main_cluster = false' | "${root[@]}" tee "$cluster" >/dev/null || return
    say "created $cluster, so that the package starts no server on port 5432; it stays"
  fi
  # … and no service at all: 101 is "forbidden by policy".
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap '"${root[@]}" rm -f "$policy"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null || return
    "${root[@]}" chmod 755 "$policy" || return
  fi
  local -a apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600)
  "${apt[@]}" update </dev/null 9<&- || return
  # shellcheck disable=SC2086 # one word for each package
  "${apt[@]}" install -y --no-install-recommends $wanted </dev/null 9<&- || return
  # Nor at the next boot.
  if [[ $wanted == *redis-server* ]] && [ -d /run/systemd/system ]; then
    "${root[@]}" systemctl disable redis-server || say 'the package of Redis starts a server at the next boot'
  fi
}

install() {
  local wanted
  wanted=$(missing | tr '\n' ' ')
  if [ -n "$wanted" ]; then
    if command -v apt-get >/dev/null && command -v flock >/dev/null && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }; then
      say "installing ${wanted% }"
      # A shell of its own, for its lock and its trap; its words go to stderr, as those of `new` are read.
      (install_by_apt) >&2 || die "installing ${wanted% } failed"
    fi
    wanted=$(missing | tr '\n' ' ')
    if [ -n "$wanted" ]; then
      die "missing: ${wanted% } (PostgreSQL $oldest_postgres or newer). Install by: $(how_to_install)"
    fi
  fi
  say "PostgreSQL in $(find_postgres), Redis is $(find_redis server)"
  "$(dirname "$self")/oidc/install.sh"
}

# ---------------------------------------------------------------- postgres

postgres_pid() { { sed -n 1p "$dir/postgres/postmaster.pid"; } 2>/dev/null || true; }

postgres_start() {
  local pid
  pid=$(postgres_pid)
  if alive "$pid"; then return; fi
  # Left by a kill. PostgreSQL would refuse to start if the number were in use again.
  rm -f "$dir/postgres/postmaster.pid"
  as_postgres "$postgres_bin/pg_ctl" start -s -w -t 60 -D "$dir/postgres" -l "$dir/postgres/server.log" </dev/null >/dev/null 2>&1 || return 1
  local tries=0
  until "$pg_isready" -q -h 127.0.0.1 -p "$postgres_port"; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || return 1
    sleep 0.1
  done
}

# SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one (as after a crash, but nothing is left in memory).
postgres_stop() {
  local pid
  pid=$(postgres_pid)
  alive "$pid" || return 0
  postgres_signal CONT
  kill "-${1:-INT}" "$pid"
  gone "${2:-300}" "$pid" || postgres_kill
}

# The server first: then it forks no more children while they are listed.
postgres_signal() {
  local pid
  pid=$(postgres_pid)
  alive "$pid" || return 1
  if [ "$1" = STOP ]; then send STOP "$pid"; fi
  # shellcheck disable=SC2046
  send "$1" $(children_of "$pid") "$pid"
}

postgres_kill() {
  local pid children
  pid=$(postgres_pid)
  alive "$pid" || return 0
  send STOP "$pid"
  children=$(children_of "$pid")
  # shellcheck disable=SC2086
  send KILL "$pid" $children
  # shellcheck disable=SC2086
  gone 100 "$pid" $children
}

# ---------------------------------------------------------------- redis

redis_pid() { { cat "$dir/redis/pid"; } 2>/dev/null || true; }
redis() { "$redis_cli" -h 127.0.0.1 -p "$redis_port" "$@" 2>/dev/null; }

redis_start() {
  local pid
  pid=$(redis_pid)
  if alive "$pid"; then return; fi
  # In a process group of its own (set -m): Ctrl-C in the terminal is not for the server.
  set -m
  "$redis_server" --port "$redis_port" --bind 127.0.0.1 --dir "$dir/redis" --save '' --appendonly no \
    --maxmemory-policy noeviction >>"$dir/redis/server.log" 2>&1 </dev/null &
  pid=$!
  set +m
  echo "$pid" >"$dir/redis/pid"
  local tries=0
  # Another server on this port would answer too: ask who it is.
  until [ "$(redis ping)" = PONG ] && [ "$(redis info server | tr -d '\r' | sed -n 's/^process_id://p')" = "$pid" ]; do
    tries=$((tries + 1))
    if ! alive "$pid" || [ "$tries" -ge 100 ]; then
      send KILL "$pid"
      return 1
    fi
    sleep 0.1
  done
}

redis_signal() {
  local pid
  pid=$(redis_pid)
  alive "$pid" || return 1
  send "$1" "$pid"
}

redis_stop() {
  local pid
  pid=$(redis_pid)
  alive "$pid" || return 0
  send TERM "$pid"
  send CONT "$pid"
  gone "${1:-100}" "$pid" || redis_kill
}

redis_kill() {
  local pid
  pid=$(redis_pid)
  alive "$pid" || return 0
  send KILL "$pid"
  gone 100 "$pid"
}

# ---------------------------------------------------------------- a pair

# Below the ports that systems give to outgoing connections: while a server is stopped, none of those takes its place.
random_port() {
  local port
  while :; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 10000))
    if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

# Finds the programs and, for a pair that was started, its ports.
load_pair() {
  dir=$(cd "$1" 2>/dev/null && pwd) || die "there is no folder $1"
  [ -e "$dir/$marker" ] || die "$dir was not made by 'new'"
  postgres_bin=$(find_postgres) || die "PostgreSQL $oldest_postgres or newer is missing: run '$self install'"
  redis_server=$(find_redis server) || die "redis-server is missing: run '$self install'"
  redis_cli=$(find_redis cli) || die "redis-cli is missing: run '$self install'"
  pg_isready=$postgres_bin/pg_isready
  [ -x "$pg_isready" ] || pg_isready=$(command -v pg_isready) || die 'pg_isready is missing: install the client programs of PostgreSQL'
  # shellcheck source=/dev/null
  if [ -s "$dir/$marker" ]; then . "$dir/$marker"; fi
}

# Tries ports until the server $1 starts: between the look and the start another may have taken the port.
on_free_port() {
  local try
  for try in 1 2 3 4 5 6 7 8; do
    printf -v "$1_port" '%s' "$(random_port)"
    if [ "$1" = postgres ]; then
      # The last line of a setting counts.
      echo "port = $postgres_port" >>"$dir/postgres/postgresql.conf"
    fi
    if "$1_start"; then return; fi
    "$1_kill"
  done
  say "$1 did not start in $try tries; the end of its log:"
  tail -n 20 "$dir/$1/server.log" >&2 || true
  return 1
}

new() {
  local owner=${2:-$PPID}
  mkdir -p "$1"
  [ -z "$(ls -A "$1")" ] || die "$1 is not empty"
  : >"$1/$marker"
  load_pair "$1"
  # Whatever goes wrong from here on, nothing stays behind.
  trap '[ "$?" -eq 0 ] || stop "$dir"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM

  # A process that ends without `stop` (killed, crashed) must not leave servers behind either.
  set -m
  "$self" watch "$dir" "$owner" </dev/null >/dev/null 2>&1 &
  echo $! >"$dir/watch.pid"
  set +m

  mkdir "$dir/redis" "$dir/postgres"
  if [ "$(id -u)" -eq 0 ]; then
    chmod go+x "$dir"
    chown "$(postgres_user)" "$dir/postgres"
    as_postgres test -x "$dir/postgres" || die "user $(postgres_user) may not enter $dir: choose a folder whose parents all may enter"
  fi
  # The files of the empty cluster need not be safe (--no-sync); what the server writes later is (fsync below).
  as_postgres "$postgres_bin/initdb" -D "$dir/postgres" -U "$superuser" -E UTF8 --no-locale -A trust --no-sync >"$dir/initdb.log" 2>&1 || {
    tail -n 20 "$dir/initdb.log" >&2
    die 'initdb failed'
  }
  # No socket: its path could be too long, and tests speak TCP. Shared memory as files in the folder: a killed server
  # leaves none in /dev/shm.
  cat >>"$dir/postgres/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
fsync = on
synchronous_commit = on
dynamic_shared_memory_type = mmap
timezone = 'UTC'
CONF
  on_free_port postgres
  on_free_port redis
  printf 'postgres_port=%s\nredis_port=%s\n' "$postgres_port" "$redis_port" >"$dir/$marker"

  printf 'JQA_TEST_POSTGRES_URL=postgres://%s@127.0.0.1:%s/postgres\n' "$superuser" "$postgres_port"
  printf 'JQA_TEST_REDIS_URL=redis://127.0.0.1:%s/\n' "$redis_port"
  printf 'JQA_TEST_SERVICES=%s\n' "$self"
  printf 'JQA_TEST_OIDC=%s\n' "$("$(dirname "$self")/oidc/install.sh" where)"
  printf 'JQA_TEST_SERVICES_DIR=%s\n' "$dir"
}

ctl() {
  load_pair "$1"
  [ -s "$dir/$marker" ] || die "$dir holds no pair that was started"
  case "$2" in postgres | redis) ;; *) usage >&2; exit 2 ;; esac
  case "$2 $3" in
    *' start' | *' stop' | *' kill') "$2_$3" || die "$2: $3 failed" ;;
    *' restart')
      "$2_stop" || die "$2: stop failed"
      "$2_start" || die "$2: start failed"
      ;;
    *' freeze') "$2_signal" STOP || die "$2 is not running" ;;
    *' thaw') "$2_signal" CONT || die "$2 is not running" ;;
    'redis flush') redis flushall >/dev/null || die 'redis does not answer' ;;
    *) usage >&2; exit 2 ;;
  esac
}

# Needs no program of the servers, only signals. Quick rather than gentle: the data goes with the folder.
stop() {
  [ -d "$1" ] || return 0
  dir=$(cd "$1" && pwd)
  [ -e "$dir/$marker" ] || die "$dir was not made by 'new'; nothing was removed"
  local watcher
  watcher=$({ cat "$dir/watch.pid"; } 2>/dev/null || true)
  if [ -n "$watcher" ] && [ "$watcher" != "$$" ]; then send TERM "-$watcher"; fi
  redis_stop 20 || true
  postgres_stop QUIT 50 || true
  # After a kill without a new start, the lock segment of PostgreSQL (56 bytes) is still there; its id is in this file.
  local segment
  segment=$({ sed -n '7s/^ *[0-9][0-9]* *//p' "$dir/postgres/postmaster.pid"; } 2>/dev/null || true)
  if [ -n "$segment" ] && command -v ipcrm >/dev/null; then ipcrm -m "$segment" 2>/dev/null || true; fi
  rm -rf "$dir"
}

# Internal: stops the pair when its owner has ended. Ends by itself when the pair is gone.
watch() {
  while [ -e "$1/$marker" ]; do
    if ! alive "$2"; then
      stop "$1"
      return
    fi
    sleep 0.5
  done
}

case "${1:-} $#" in
  'install 1') install ;;
  'new 2' | 'new 3') new "${@:2}" ;;
  'ctl 4') ctl "${@:2}" ;;
  'stop 2') stop "$2" ;;
  'watch 3') watch "${@:2}" ;;
  'help 1' | '--help 1' | '-h 1') usage ;;
  *) usage >&2; exit 2 ;;
esac
