# shellcheck shell=bash
# For `hack/monitoring incident`: how a run begins and ends; two replicas of the operator, started again when they end, as pods
# would be; Prometheus, and waiting for alerts.

readonly SERVERS=(etcd apiserver openbao postgres spire) FOLDER=$STATE/monitoring
readonly LOAD=it-monitoring   # a namespace that hack/lib/test-boundary.yaml is about
# One worker, so that a queue can grow. Renewals every second: the fence closes 5 s after the last one began.
readonly SETTINGS=(server.health=127.0.0.1:0 reconcile.workers=1 leaderElection.leaseDuration=8s
  leaderElection.renewDeadline=6s leaderElection.retryPeriod=1s vault.auth.method=jwtSVID vault.auth.mount=jwt)
declare -A REPLICA_PID=() WANTED=([a]=yes [b]=yes)
PROMETHEUS_PID='' PROMETHEUS_URL='' LOOP=''

kube() { "$KUBECTL" "$@"; }
entry() { "$LANYARD_BIN/spire-emulator" entry "$1" --socket "$SPIRE_SERVER_SOCKET" "${@:2}"; }

replica_port() { port "monitoring-$1"; }

start_replica() { # NAME
  env -u KUBECONFIG -u BAO_TOKEN -u KUBE_ADMIN_TOKEN "$LANYARD_BIN/lanyard" controller \
    --config "$LANYARD_ENV_DIR/operator/config.yaml" --kubeconfig "$LANYARD_ENV_DIR/operator/kubeconfig" \
    --set "server.metrics=127.0.0.1:$(replica_port "$1")" --set "spire.workloadAPI=$SPIFFE_ENDPOINT_SOCKET" \
    "${SETTINGS[@]/#/--set=}" >>"$LOGS/operator-$1.log" 2>&1 &
  REPLICA_PID[$1]=$!
}

# A replica that lost its lease ends, and Kubernetes would start it again.
revive() {
  local name
  for name in "${!WANTED[@]}"; do
    if [[ -z ${REPLICA_PID[$name]:-} ]] || ! kill -0 "${REPLICA_PID[$name]}" 2>/dev/null; then start_replica "$name"; fi
  done
}
operator_runs() { revive; }   # what `eventually` looks at

# kill_replica NAME SIGNAL: it stays away until it is wanted again.
kill_replica() {
  unset "WANTED[$1]"
  kill "-$2" "${REPLICA_PID[$1]}" 2>/dev/null || true
  wait "${REPLICA_PID[$1]}" 2>/dev/null || true
}
restart_replicas() {
  local name
  for name in a b; do
    kill_replica "$name" TERM
    WANTED[$name]=yes
  done
  revive
}

metrics_of() { curl --silent --fail --max-time 2 --noproxy '*' "http://127.0.0.1:$(replica_port "$1")/metrics"; }
leads() { [[ $(metrics_of "$1") == *'leader_election_master_status{name="lanyard"} 1'* ]]; }
one_leads() { leads a || leads b; }
leader() { if leads a; then printf a; else printf b; fi; }

start_prometheus() {
  local address
  address=127.0.0.1:$(port prometheus)
  PROMETHEUS_URL=http://$address
  python rules plain "$FOLDER/rules.yaml" --factor "$FACTOR"
  cat >"$FOLDER/prometheus.yaml" <<YAML
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [rules.yaml]
scrape_configs:
- job_name: lanyard
  static_configs:
  - targets: ["127.0.0.1:$(replica_port a)", "127.0.0.1:$(replica_port b)"]
YAML
  "$PROMETHEUS" --config.file="$FOLDER/prometheus.yaml" --storage.tsdb.path="$FOLDER/data" \
    --web.listen-address="$address" --log.level=warn >"$LOGS/prometheus.log" 2>&1 &
  PROMETHEUS_PID=$!
  eventually 30 "Prometheus is ready at $PROMETHEUS_URL" curl --silent --fail --noproxy '*' "$PROMETHEUS_URL/-/ready"
}

ask() { # QUERY
  curl --silent --fail --max-time 5 --noproxy '*' --get --data-urlencode "query=$1" "$PROMETHEUS_URL/api/v1/query"
}
# Ends with 0 if the alert fires, with 1 if it does not, with 2 if Prometheus does not say.
fires() {
  local answer
  answer=$(ask "ALERTS{alertname=\"$1\",alertstate=\"firing\"}") || return 2
  [[ $answer == *'"metric"'* ]]
}

# await yes|no SECONDS ALERT…: until each has fired, or fires no more.
await() {
  local wanted=$1 deadline=$((SECONDS + $2)) at status left; shift 2
  left=("$@")
  while ((${#left[@]})); do
    revive
    ((SECONDS < deadline)) || fail "fires ($wanted): ${left[*]}" "$(ask ALERTS)" "$LOGS/prometheus.log"
    for at in "${!left[@]}"; do
      status=0
      fires "${left[$at]}" || status=$?
      if [[ $wanted$status == yes0 || $wanted$status == no1 ]]; then unset "left[$at]"; fi
    done
    sleep 0.5
  done
  if [[ $wanted == yes ]]; then passed "fires: $*"; else passed "resolved: $*"; fi
}

# What goes on beside, until end_loop.
begin_loop() { "$@" & LOOP=$!; }
end_loop() {
  [[ -n $LOOP ]] || return 0
  kill "$LOOP" 2>/dev/null || true
  wait "$LOOP" 2>/dev/null || true
  LOOP=
}

pid_of() { cat -- "$LANYARD_ENV_DIR/pids/$1.pid" 2>/dev/null; }
# What was stopped by a signal would hang for good.
continue_servers() {
  local part
  for part in apiserver openbao; do kill -CONT "$(pid_of "$part")" 2>/dev/null || true; done
}

begin_run() {
  rm -rf -- "$FOLDER"
  mkdir -p -- "$FOLDER"
  rm -f -- "$LOGS"/operator-{a,b}.log
  let_operator_in
  kube apply -f manifests/samples/namespaces.yaml >/dev/null
  kube apply -f manifests/samples/ >/dev/null
  kube create namespace "$LOAD" --dry-run=client -o yaml | kube apply -f - >/dev/null
  revive
  start_prometheus
  eventually 60 'one replica leads' one_leads
  eventually 60 'all resources are Ready' kube wait --for=condition=Ready --timeout=1s wid,vrb --all \
    -n neural-hive-execution
  incident 'In order'
  sleep 20   # of rest, for the picture
}

# The operator logs in by a JWT-SVID, so that it has SVIDs of its own.
let_operator_in() {
  local id=spiffe://$SPIRE_TRUST_DOMAIN/ns/lanyard-system/sa/lanyard agent
  agent=spiffe://$SPIRE_TRUST_DOMAIN/spire/agent/k8s_psat/production/00000000-0000-4000-8000-000000000001
  [[ $(entry show --id monitoring.operator -o json) == *monitoring.operator* ]] ||
    entry create --id monitoring.operator --spiffe-id "$id" --parent-id "$agent" --selector "unix:uid:$(id -u)" >/dev/null
  # Keys of earlier rotations are trusted, too.
  "$LANYARD_BIN/spire-emulator" bundle --socket "$SPIRE_SERVER_SOCKET" jwt |
    sed 's/^-----END PUBLIC KEY-----$/&,/; $ s/,$//' >"$FOLDER/keys.pem"
  "$BAO" write auth/jwt/config jwt_validation_pubkeys=@"$FOLDER/keys.pem" >/dev/null
  write_role
}

# Tokens of 20 s come to their end within the run.
write_role() {
  "$BAO" write auth/jwt/role/lanyard role_type=jwt user_claim=sub bound_audiences=vault \
    bound_subject="spiffe://$SPIRE_TRUST_DOMAIN/ns/lanyard-system/sa/lanyard" token_policies=lanyard-operator \
    token_no_default_policy=true token_ttl=20s token_max_ttl=24h >/dev/null
}

end_incident() {
  local name
  end_loop
  continue_servers
  for name in a b; do [[ -z ${REPLICA_PID[$name]:-} ]] || kill_replica "$name" TERM; done
  [[ -z $PROMETHEUS_PID ]] || { kill "$PROMETHEUS_PID" 2>/dev/null && wait "$PROMETHEUS_PID" 2>/dev/null; } || true
}
