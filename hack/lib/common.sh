# shellcheck shell=bash
# Paths, messages, deadlines and clean-up that every part of the test environment shares.

# A path in the environment of a daemon identifies it as ours, so the state directory must be absolute.
LANYARD_ENV_DIR=$(realpath -m -- "${LANYARD_ENV_DIR:-/tmp/lanyard-env-$UID}")
export LANYARD_ENV_DIR
readonly STATE=$LANYARD_ENV_DIR
readonly LOGS=$STATE/logs PIDS=$STATE/pids SECRETS=$STATE/secrets
readonly ENV_FILE=$STATE/env.sh COMPLETE=$STATE/complete
CACHE=$(realpath -m -- "${LANYARD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lanyard}")   # Go demands that it be absolute
readonly CACHE
readonly LOCK_FILE=$STATE.lock

INTERRUPTED=      # set by a signal, looked at between steps, so that nothing is started and forgotten
LONG_COMMAND=     # process group of a running build or installation
BESIDE=           # that of what runs beside it
STEP_OPEN=        # a progress line without its end
PHASES=/dev/null  # hack/test has a file

say() { printf '%s\n' "$*"; }
warn() { end_step_line; printf '%s\n' "$*" >&2; }
die() { check_interrupted; warn "error: $*"; exit 1; }

end_step_line() { [[ -z $STEP_OPEN ]] || { printf '\n'; STEP_OPEN=; }; }

# One line per step: what is done, then (done) how long it took.
step() {
  check_interrupted
  end_step_line
  printf '  %-24s %s ' "$1" "$2"
  STEP_OPEN=yes STEP_START=$SECONDS
}
done_step() {
  printf '… %s (%d s)\n' "${1:-ok}" $((SECONDS - STEP_START))
  STEP_OPEN=
}

# phase TEXT: a heading with the time gone by, which the file $PHASES remembers.
phase() {
  printf '%d\t%s\n' "$SECONDS" "$*" >>"$PHASES"
  printf '\n== %s (after %d:%02d min)\n' "$*" $((SECONDS / 60)) $((SECONDS % 60))
}

# What took how long.
tell_phases() {
  printf '\n== where the time went\n'
  { cat -- "$PHASES" && printf '%d\tend\n' "$SECONDS"; } |
    awk -F'\t' 'NR > 1 { printf "%6d s  %s\n", $1 - start, name } { start = $1; name = $2 }'
}

# Ends with the log that explains the failure.
die_with_log() {
  local log=$1; shift
  check_interrupted   # then the interrupt is the reason
  warn "error: $*"
  if [[ -s $log ]]; then
    warn "last lines of $log:"
    tail -n 15 -- "$log" | cut -c1-400 | sed 's/^/    /' >&2
  fi
  exit 1
}

check_interrupted() { [[ -z $INTERRUPTED ]] || exit 130; }

# Runs a long command with its output in a log. It gets a process group of its own, so that an interrupt ends it and all of its
# children: what is on EXIT calls end_commands. Where PROGRESS names a command that can tell from the log how far it is, that is
# said, too.
run_logged() {
  local log=$1 status=0; shift
  check_interrupted
  setsid -- "$@" >>"$log" 2>&1 </dev/null 9>&- &
  LONG_COMMAND=$!
  say_until_end "$LONG_COMMAND" "$log"
  wait "$LONG_COMMAND" || status=$?
  LONG_COMMAND=
  return "$status"
}

# start_beside LOG TROUBLE COMMAND…: runs it beside the long commands that follow, until await_beside. If it fails, this process
# ends with TROUBLE and the log with the next step, and at the latest when it waits for it.
start_beside() {
  BESIDE_LOG=$1 BESIDE_TROUBLE=$2; shift 2
  setsid -- "$@" >"$BESIDE_LOG" 2>&1 </dev/null 9>&- &
  BESIDE=$!
}

# Whether one of ours still runs: its number may be somebody else's by now.
is_job() {
  local running
  running=$(jobs -rp)
  [[ $'\n'$running$'\n' == *$'\n'"$1"$'\n'* ]]
}

await_beside() {
  [[ -n $BESIDE ]] || return 0
  say_until_end "$BESIDE" "$BESIDE_LOG"
  check_beside
}

check_beside() {
  local process=$BESIDE
  [[ -n $process ]] && ! is_job "$process" || return 0
  BESIDE=
  wait "$process" || die_with_log "$BESIDE_LOG" "$BESIDE_TROUBLE"
}

# say_until_end PROCESS LOG: says every half minute that it goes on.
say_until_end() {
  local started=$SECONDS said=0
  while is_job "$1"; do
    check_interrupted
    check_beside
    if ((SECONDS - started >= said + 30)); then
      said=$((SECONDS - started))
      printf '\n    … %s%s%s' "$(elapsed "$said")" "$(say_progress "$2")" "$(say_beside)"
    fi
    sleep 0.2
  done
}

say_progress() {
  local progress=
  [[ -z ${PROGRESS:-} ]] || progress=$("$PROGRESS" "$1")
  [[ -z $progress ]] || printf ', %s' "$progress"
}

# The last step in the log of what runs beside.
say_beside() {
  local step=
  [[ -z $BESIDE ]] || step=$(sed -nE 's/^  ([a-z][a-z-]*) .*/\1/p' "$BESIDE_LOG" | tail -n 1)
  [[ -z $step ]] || printf ' (beside: %s)' "$step"
}

elapsed() { printf '%d:%02d min' $(($1 / 60)) $(($1 % 60)); }

# Ends what run_logged and start_beside have begun.
end_commands() {
  end_group "$LONG_COMMAND"
  LONG_COMMAND=
  end_group "$BESIDE"
  BESIDE=
}

end_group() {
  local tries
  [[ -n $1 ]] && is_job "$1" || return 0
  kill -TERM -- "-$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
  for ((tries = 1; tries <= 200; tries++)); do   # its children may still be writing
    kill -0 -- "-$1" 2>/dev/null || break
    ((tries != 100)) || kill -KILL -- "-$1" 2>/dev/null || true
    sleep 0.05
  done
  pkill -KILL --session "$1" 2>/dev/null || true   # compilers have groups of their own
}

# wait_until SECONDS PART CHECK…: until CHECK succeeds; fails early when the part's process ends.
wait_until() {
  local deadline=$((SECONDS + $1)) limit=$1 part=$2; shift 2
  until "$@"; do
    check_interrupted
    # Asked twice: while a process replaces its program, it has no command line for a moment.
    if [[ $part != - ]] && ! daemon_running "$part" && sleep 0.3 && ! daemon_running "$part"; then
      die_with_log "$LOGS/$part.log" "$part ended before it was ready"
    fi
    ((SECONDS < deadline)) || die_with_log "$LOGS/$part.log" "$part was not ready within $limit s"
    sleep 0.1
  done
}

# The state directory holds root tokens and a file that gets sourced, at a name that others can
# guess: refuse one that somebody else made.
make_state_dir() {
  if [[ -L $STATE || (-e $STATE && ! -O $STATE) ]]; then
    die "$STATE exists and is not a directory of yours; set LANYARD_ENV_DIR"
  fi
  # A Unix socket's path may have 107 bytes.
  ((${#STATE} <= 80)) || die "LANYARD_ENV_DIR is longer than 80 characters: $STATE"
  mkdir -p -- "$STATE" "$LOGS" "$PIDS" "$SECRETS" "$CACHE"
  chmod 0711 -- "$STATE"   # PostgreSQL's user passes through
  chmod 0700 -- "$SECRETS" "$LOGS" "$PIDS"
}

# Only one up, down or restart at a time. Daemons are started without this descriptor.
take_lock() {
  [[ ! -L $LOCK_FILE ]] || die "$LOCK_FILE is a symbolic link"
  while :; do
    exec 9>>"$LOCK_FILE"
    # A first build takes 15 minutes and more.
    flock --wait 3600 9 || die "another hack/env has been at work on $STATE for an hour"
    # `down` removes the file: a lock on a removed file keeps nobody out.
    [[ /proc/self/fd/9 -ef $LOCK_FILE ]] && break
  done
}

write_secret() { # FILE, value on stdin
  local file=$1
  (umask 077 && cat >"$file.new" && mv -f -- "$file.new" "$file")
}

random_hex() { openssl rand -hex "${1:-16}"; }

# port NAME: a free port for NAME, remembered in the state directory so that restarts keep it.
# Below the range from which the kernel hands out ports of its own accord.
port() {
  local file=$STATE/ports candidate hex
  local known
  known=$(sed -n "s/^$1=//p" "$file" 2>/dev/null || true)
  if [[ -n $known ]]; then printf '%s' "$known"; return; fi
  while :; do
    candidate=$((20000 + RANDOM % 12000))
    printf -v hex ':%04X ' "$candidate"
    grep -qsF -- "$hex" /proc/net/tcp /proc/net/tcp6 && continue
    grep -qsx -- ".*=$candidate" "$file" && continue
    break
  done
  printf '%s=%s\n' "$1" "$candidate" >>"$file"
  printf '%s' "$candidate"
}

http_code() { # curl arguments: prints the status code, 000 when there is no answer
  curl --silent --output /dev/null --max-time 3 --noproxy '*' --write-out '%{http_code}' "$@" 2>/dev/null || true
}
