# shellcheck shell=bash
# How the demo speaks: headings, checks that stop at the first failure, and the summary.

CHECKS=()

# heading TEXT: with the time gone by; bold on a terminal.
heading() {
  local bold='' plain=''
  if [[ -t 1 ]]; then bold=$'\033[1m' plain=$'\033[0m'; fi
  printf '\n%s== %s%s (after %d:%02d min)\n' "$bold" "$*" "$plain" $((SECONDS / 60)) $((SECONDS % 60))
}
# show COMMAND…: prints the command as a person would type it, and runs it.
show() {
  local words="$*"
  words=${words/#kube /kubectl }
  words=${words//"$BIN"\//}
  words=${words/#spire_entries/spire-emulator entry show --socket \$SPIRE_SERVER_SOCKET}
  printf '\n$ %s\n' "${words/#"$BAO"/bao}"
  "$@"
}

# passed TEXT: one line of the summary.
passed() {
  CHECKS+=("$1")
  printf '  ok: %s\n' "$1"
}

# fail EXPECTED SEEN [LOG]: stops the demo.
fail() {
  printf '\n  NOT as it should be\n    expected: %s\n    seen:     %s\n' "$1" "$2"
  [[ -z ${3:-} ]] || printf '    log:      %s\n' "$3"
  exit 1
}

# eventually SECONDS EXPECTED COMMAND…: until the command succeeds.
eventually() {
  local deadline=$((SECONDS + $1)) expected=$2 seen; shift 2
  until seen=$("$@" 2>&1); do
    operator_runs
    ((SECONDS < deadline)) || fail "$expected" "${seen:-nothing} (from: $*)" "$LANYARD_ENV_DIR/logs/operator.log"
    sleep 0.2
  done
  passed "$expected"
}

# refused EXPECTED COMMAND…: the command must fail with a refusal, not for another reason.
refused() {
  local expected=$1 seen; shift
  if seen=$("$@" 2>&1); then fail "$expected" "it was allowed: $*"; fi
  grep -qE 'Code: 40[03]|permission denied' <<<"$seen" || fail "$expected" "$seen"
  passed "$expected"
}

summary() {
  heading "All as it should be, in $SECONDS s"
  printf '  %s\n' "${CHECKS[@]}"
}

how_to_play() {
  cat <<TEXT

Everything is left running. To play with it:
  source "$(hack/env path)"
  \$KUBECTL apply -f manifests/samples/
  \$KUBECTL get wid,vrb -A; \$KUBECTL describe vrb -n $ORCHESTRATION $SERVICE
  $BIN/spire-emulator entry show --socket "\$SPIRE_SERVER_SOCKET"
  \$BAO policy read $SERVICE; \$BAO policy delete $SERVICE        # it comes back within 6 s
  tail -f $LANYARD_ENV_DIR/logs/operator.log
To stop:
  kill $OPERATOR_PID; hack/env down
TEXT
}
