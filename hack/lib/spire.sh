# shellcheck shell=bash
# The SPIRE server: the emulator of this repository, unless SPIRE_SERVER_SOCKET names a real one.

TRUST_DOMAIN=${SPIRE_TRUST_DOMAIN:-neural-hive.local}
readonly EMULATOR_SOCKET=$STATE/spire/api.sock CALL_LOG=$LOGS/spire-calls.log AGENTS_FILE=$STATE/spire/agents.json
readonly WORKLOAD_SOCKET=$STATE/spire/agent.sock   # the Workload API of one of the agents

# A shell that has sourced env.sh names an emulator's socket: that is not a real server.
SPIRE_SERVER_SOCKET=${SPIRE_SERVER_SOCKET:-}
other=${SPIRE_EMULATOR_PID_FILE:-}
other=${other%/pids/*}
if [[ $SPIRE_SERVER_SOCKET == "$EMULATOR_SOCKET" ||
  $SPIRE_SERVER_SOCKET == "$other/spire/api.sock" ]]; then
  SPIRE_SERVER_SOCKET=
fi
SPIRE_SERVER_SOCKET=${SPIRE_SERVER_SOCKET#unix://}
EMULATED=yes
[[ -z $SPIRE_SERVER_SOCKET ]] || EMULATED=

spire_socket() { printf '%s' "${SPIRE_SERVER_SOCKET:-$EMULATOR_SOCKET}"; }

# Any answer will do, except that nobody listens.
spire_answers() {
  local status=0
  curl --silent --output /dev/null --max-time 3 --http2-prior-knowledge \
    --unix-socket "$(spire_socket)" http://localhost/ 2>/dev/null || status=$?
  [[ $status != 7 && $status != 28 ]]
}
spire_ready() { grep -qs '^listening on unix://' "$LOGS/spire.log" && spire_answers; }
spire_healthy() {
  if [[ -n $EMULATED ]]; then daemon_running spire && spire_answers; else spire_answers; fi
}

find_spire() {
  if [[ -z $EMULATED ]]; then
    spire_answers || die "SPIRE_SERVER_SOCKET=$SPIRE_SERVER_SOCKET: nobody listens there"
    return
  fi
  if [[ -n ${SPIRE_EMULATOR:-} ]]; then SPIRE_EMULATOR=$(given SPIRE_EMULATOR "$SPIRE_EMULATOR"); return; fi
  command -v swift >/dev/null || die "there is no swift to build the SPIRE emulator with; install Swift 6 or set SPIRE_SERVER_SOCKET"
  step spire "building the package with spire-emulator, about 5 minutes the first time"
  # All of the package: with `--product` the plan of the build takes in the tools of the packages that it depends on, and the
  # next build of everything compiles them, protoc among them.
  run_logged "$LOGS/build-spire.log" swift build --package-path "$ROOT" ||
    die_with_log "$LOGS/build-spire.log" "swift build failed"
  SPIRE_EMULATOR=$(swift build --package-path "$ROOT" --show-bin-path)/spire-emulator
  done_step
}

# Three attested agents, as three nodes of the cluster `production` would have.
write_agents() {
  local separator='' node
  {
    printf '[\n'
    for node in 1 2 3; do
      printf '%s{"id":"spiffe://%s/spire/agent/k8s_psat/production/%s","attestationType":"k8s_psat",' \
        "$separator" "$TRUST_DOMAIN" "00000000-0000-4000-8000-00000000000$node"
      printf '"selectors":["k8s_psat:cluster:production","k8s_psat:agent_ns:spire-system",'
      printf '"k8s_psat:agent_sa:spire-agent"],"expiresAt":4102444800,"banned":false}'
      separator=$',\n'
    done
    printf '\n]\n'
  } >"$AGENTS_FILE"
}

start_spire() {
  [[ -n $EMULATED ]] || { wait_until 10 - spire_answers; return; }
  mkdir -p -- "$STATE/spire/data"
  chmod 0700 -- "$STATE/spire"
  [[ -f $AGENTS_FILE ]] || write_agents
  rm -f -- "$EMULATOR_SOCKET"
  : >"$LOGS/spire.log"
  start_daemon spire "$SPIRE_EMULATOR" --socket "$EMULATOR_SOCKET" --trust-domain "$TRUST_DOMAIN" \
    --data-dir "$STATE/spire/data" --agents "$AGENTS_FILE" --call-log "$CALL_LOG" \
    --tcp "127.0.0.1:$(port spire)" --workload-socket "$WORKLOAD_SOCKET" \
    --workload-agent "spiffe://$TRUST_DOMAIN/spire/agent/k8s_psat/production/00000000-0000-4000-8000-000000000001"
  wait_until 30 spire spire_ready
}
