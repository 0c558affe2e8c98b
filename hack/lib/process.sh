# shellcheck shell=bash
# Daemons: started in sessions of their own, known by pid files, stopped only when they are ours.

# start_daemon PART COMMAND…
start_daemon() {
  local part=$1 tries; shift
  rm -f -- "$PIDS/$part.pid"
  # The child writes the file itself: an interrupt in between cannot leave an unknown process.
  (
    printf '%s\n' "$BASHPID" >"$PIDS/$part.pid"
    close_descriptors
    exec setsid -- "$@" >>"$LOGS/$part.log" 2>&1 </dev/null
  ) &
  disown
  # Until the exec has happened the process cannot be recognised.
  for tries in {1..100}; do
    daemon_running "$part" && return 0
    if ((tries > 5)) && [[ -f $PIDS/$part.pid && ! -d /proc/$(<"$PIDS/$part.pid") ]]; then break; fi
    sleep 0.02
  done
  die_with_log "$LOGS/$part.log" "$part did not start"
}

# A daemon outlives its caller, so it must not hold what the caller has open: our lock, a lock
# that hack/env was run under, a pipe whose reader waits for the end.
close_descriptors() {
  local descriptor
  for descriptor in /proc/self/fd/*; do
    descriptor=${descriptor##*/}
    ((descriptor <= 2 || descriptor == 255)) || eval "exec $descriptor>&-"
  done
}

# Prints the pid if the part runs. A pid may have been reused: every daemon of ours has a
# path in the state directory on its command line.
daemon_pid() {
  local pid
  pid=$(cat -- "$PIDS/$1.pid" 2>/dev/null) || return 1
  [[ $pid =~ ^[0-9]+$ ]] || return 1
  grep -qaF -- "$STATE/" "/proc/$pid/cmdline" 2>/dev/null || return 1
  printf '%s' "$pid"
}

daemon_running() { daemon_pid "$1" >/dev/null; }

# stop_daemon PART [SIGNAL [SECONDS]]: the signal, then SIGKILL after the seconds.
stop_daemon() {
  local part=$1 signal=${2:-TERM} seconds=${3:-10} pid tries
  if pid=$(daemon_pid "$part"); then
    kill "-$signal" "$pid" 2>/dev/null || true
    for ((tries = 1; ; tries++)); do
      daemon_running "$part" || break
      ((tries != seconds * 20)) || kill -KILL "$pid" 2>/dev/null || true
      sleep 0.05
    done
  fi
  rm -f -- "$PIDS/$part.pid"
}
