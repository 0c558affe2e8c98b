# shellcheck shell=bash
# The SPIRE server: the emulator of this repository; a real server and agent that run here, of the programs SPIRE_SERVER and
# SPIRE_AGENT; or those of somebody else, at SPIRE_SERVER_SOCKET and SPIRE_AGENT_SOCKET.

TRUST_DOMAIN=${SPIRE_TRUST_DOMAIN:-neural-hive.local}
readonly OWN_SOCKET=$STATE/spire/api.sock CALL_LOG=$LOGS/spire-calls.log AGENTS_FILE=$STATE/spire/agents.json
readonly WORKLOAD_SOCKET=$STATE/spire/agent.sock   # the Workload API of one of the agents

# A shell that has sourced env.sh names a socket of such an environment: that is not somebody else's.
SPIRE_SERVER_SOCKET=${SPIRE_SERVER_SOCKET:-}
SPIRE_SERVER_SOCKET=${SPIRE_SERVER_SOCKET#unix://}
SPIRE_AGENT_SOCKET=${SPIRE_AGENT_SOCKET:-}
SPIRE_AGENT_SOCKET=${SPIRE_AGENT_SOCKET#unix://}
SPIRE_SERVER=${SPIRE_SERVER:-} SPIRE_AGENT=${SPIRE_AGENT:-}
other=${SPIRE_PID_FILE:-}
other=${other%/pids/*}
if [[ $SPIRE_SERVER_SOCKET == "$OWN_SOCKET" || $SPIRE_SERVER_SOCKET == "$other/spire/api.sock" || -n $SPIRE_SERVER ]]; then
  SPIRE_SERVER_SOCKET='' SPIRE_AGENT_SOCKET=''
fi
SPIRE_KIND=emulator   # or real, or foreign
[[ -z $SPIRE_SERVER$SPIRE_AGENT ]] || SPIRE_KIND=real
[[ -z $SPIRE_SERVER_SOCKET ]] || SPIRE_KIND=foreign
AGENT_KUBECONFIG=$ADMIN_KUBECONFIG

spire_socket() { printf '%s' "${SPIRE_SERVER_SOCKET:-$OWN_SOCKET}"; }

# Any answer will do, except that nobody listens.
spire_answers() {
  local status=0
  curl --silent --output /dev/null --max-time 3 --http2-prior-knowledge \
    --unix-socket "$(spire_socket)" http://localhost/ 2>/dev/null || status=$?
  [[ $status != 7 && $status != 28 ]]
}
emulator_ready() { grep -qs '^listening on unix://' "$LOGS/spire.log" && spire_answers; }
spire_healthy() {
  case $SPIRE_KIND in
    emulator) daemon_running spire && [[ /proc/$(daemon_pid spire)/exe -ef $SPIRE_EMULATOR ]] && spire_answers ;;   # as built now
    real) real_spire_healthy ;;
    *) spire_answers ;;
  esac
}
spire_version() {
  case $SPIRE_KIND in
    real) real_spire_version ;;
    foreign) printf 'not ours' ;;
    *) printf emulator ;;
  esac
}

find_spire() {
  case $SPIRE_KIND in
    real)
      [[ -n $SPIRE_SERVER && -n $SPIRE_AGENT ]] || die 'SPIRE_SERVER and SPIRE_AGENT go together'
      SPIRE_SERVER=$(given SPIRE_SERVER "$SPIRE_SERVER")
      SPIRE_AGENT=$(given SPIRE_AGENT "$SPIRE_AGENT")
      ;;
    foreign) spire_answers || die "SPIRE_SERVER_SOCKET=$SPIRE_SERVER_SOCKET: nobody listens there" ;;
    *)
      [[ -z $SPIRE_AGENT_SOCKET ]] || die 'SPIRE_AGENT_SOCKET goes with SPIRE_SERVER_SOCKET'
      if [[ -n ${SPIRE_EMULATOR:-} ]]; then SPIRE_EMULATOR=$(given SPIRE_EMULATOR "$SPIRE_EMULATOR"); return; fi
      SPIRE_EMULATOR=$LANYARD_BIN/spire-emulator
      ;;
  esac
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
  case $SPIRE_KIND in
    emulator) start_emulator ;;
    real) start_real_spire ;;
    *) wait_until 10 - spire_answers ;;
  esac
}

start_emulator() {
  mkdir -p -- "$STATE/spire/data"
  chmod 0700 -- "$STATE/spire"
  [[ -f $AGENTS_FILE ]] || write_agents
  rm -f -- "$OWN_SOCKET"
  : >"$LOGS/spire.log"
  start_daemon spire "$SPIRE_EMULATOR" --socket "$OWN_SOCKET" --trust-domain "$TRUST_DOMAIN" \
    --data-dir "$STATE/spire/data" --agents "$AGENTS_FILE" --call-log "$CALL_LOG" \
    --tcp "127.0.0.1:$(port spire)" --workload-socket "$WORKLOAD_SOCKET" --x509-ttl "$SPIRE_X509_TTL" \
    --workload-agent "spiffe://$TRUST_DOMAIN/spire/agent/k8s_psat/production/00000000-0000-4000-8000-000000000001"
  wait_until 30 spire emulator_ready
}

# What tests and people need to know of it. What does not apply is empty, lest it be another environment's.
write_spire_environment() {
  local tcp=${SPIRE_SERVER_TCP:-} agent=$WORKLOAD_SOCKET calls='' audit='' agents='' pid_file=$PIDS/spire.pid
  case $SPIRE_KIND in
    emulator) calls=$CALL_LOG agents=$AGENTS_FILE tcp=tcp://127.0.0.1:$(port spire) ;;
    real) audit=$LOGS/spire.log tcp=tcp://127.0.0.1:$(port spire) ;;
    *) agent=$SPIRE_AGENT_SOCKET pid_file='' ;;
  esac
  export_line SPIRE_SERVER_SOCKET "$(spire_socket)"
  export_line SPIRE_TRUST_DOMAIN "$TRUST_DOMAIN"
  export_line SPIRE_SERVER_TCP "$tcp"
  export_line SPIFFE_ENDPOINT_SOCKET "${agent:+unix://$agent}"
  export_line SPIRE_CALL_LOG "$calls"
  export_line SPIRE_AUDIT_LOG "$audit"
  export_line SPIRE_AGENTS_FILE "$agents"
  export_line SPIRE_PID_FILE "$pid_file"
  export_line SPIRE_SERVER "$SPIRE_SERVER"
  export_line SPIRE_AGENT "$SPIRE_AGENT"
  export_line SPIRE_AGENT_SOCKET "$SPIRE_AGENT_SOCKET"
}
