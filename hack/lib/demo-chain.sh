# shellcheck shell=bash
# The demo's main line: operator, samples, what they became, a login, a database password, refusals.

kube() { "$KUBECTL" "$@"; }
spire_entries() { "$BIN/spire-emulator" entry show --socket "$SPIRE_SERVER_SOCKET" "$@"; }

make_foreign_objects() {
  printf '  somebody else makes a policy, a role and an entry of their own\n'
  printf 'path "secret/data/foreign" { capabilities = ["read"] }\n' | "$BAO" policy write foreign - >/dev/null
  "$BAO" write auth/kubernetes/role/foreign bound_service_account_names=foreign \
    bound_service_account_namespaces=foreign token_policies=foreign >/dev/null
  grep -q foreign.entry <<<"$(spire_entries --id foreign.entry -o json)" ||
    "$BIN/spire-emulator" entry create --socket "$SPIRE_SERVER_SOCKET" --id foreign.entry \
      --spiffe-id "spiffe://$SPIRE_TRUST_DOMAIN/foreign" --parent-id "spiffe://$SPIRE_TRUST_DOMAIN/spire/server" \
      --selector unix:uid:4242 >/dev/null
  FOREIGN_BEFORE=$(foreign_objects)
}

foreign_objects() {
  "$BAO" policy read foreign
  "$BAO" read -field=token_policies auth/kubernetes/role/foreign
  spire_entries --id foreign.entry -o json
}

start_operator() {
  local log=$LANYARD_ENV_DIR/logs/operator.log config=$LANYARD_ENV_DIR/operator/config.yaml
  local operator=("$BIN/lanyard" controller --config "$config" --kubeconfig "$LANYARD_ENV_DIR/operator/kubeconfig")
  [[ -z ${LANYARD_OPERATOR:-} ]] || operator=("$LANYARD_OPERATOR")
  env -u KUBECONFIG -u BAO_TOKEN -u KUBE_ADMIN_TOKEN "${operator[@]}" >"$log" 2>&1 &
  OPERATOR_PID=$!
  printf '  %s (pid %s)\n' "${operator[*]/#"$BIN"\//}" "$OPERATOR_PID"
  eventually 60 'the operator leads and its workers run' grep -q 'controller starts' "$log"
}

operator_runs() {
  [[ -z $OPERATOR_PID ]] || kill -0 "$OPERATOR_PID" 2>/dev/null ||
    fail 'the operator runs' "it ended: $(tail -n 3 "$LANYARD_ENV_DIR/logs/operator.log")" "$LANYARD_ENV_DIR/logs/operator.log"
}

apply_samples() {
  show kube apply -f manifests/samples/namespaces.yaml
  show kube apply -f manifests/samples/
  eventually 60 'all resources are Ready' kube wait --for=condition=Ready --timeout=1s \
    wid/$SERVICE vrb/$SERVICE -n $ORCHESTRATION
  eventually 60 "all resources in $EXECUTION are Ready" kube wait --for=condition=Ready --timeout=1s \
    wid/worker-agents vrb/worker-agents wid/service-registry vrb/service-registry -n $EXECUTION
}

show_resources() {
  show kube get wid,vrb -A
  show kube describe wid -n $ORCHESTRATION $SERVICE
  show kube describe vrb -n $ORCHESTRATION $SERVICE
}

show_systems() {
  show spire_entries
  show "$BAO" policy read $SERVICE
  show "$BAO" read auth/kubernetes/role/$SERVICE
  show "$BAO" read database/roles/$SERVICE
}

# workload_token NAMESPACE NAME: what the kubelet would put into a pod of that ServiceAccount.
workload_token() {
  kube create --raw "/api/v1/namespaces/$1/serviceaccounts/$2/token" -f - \
    <<<'{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":3600}}' |
    sed -nE 's/.*"token":"([^"]+)".*/\1/p' | tr -d '\n'
}

# login ROLE, the ServiceAccount's token on stdin: prints a Vault token.
login() { BAO_TOKEN='' "$BAO" write -field=token auth/kubernetes/login role="$1" jwt=-; }

as_workload() { BAO_TOKEN=$VAULT_TOKEN_OF_WORKLOAD "$BAO" "$@"; }

log_in_and_query() {
  local credentials username password rows
  VAULT_TOKEN_OF_WORKLOAD=$(workload_token $ORCHESTRATION $SERVICE | login $SERVICE) ||
    fail "a token of the ServiceAccount $SERVICE logs in" 'the login failed'
  passed "a token of the ServiceAccount $SERVICE logs in to OpenBao"
  credentials=$(as_workload read -format=json database/creds/$SERVICE) ||
    fail "it reads database/creds/$SERVICE" "$credentials"
  username=$(sed -nE 's/.*"username": "([^"]+)".*/\1/p' <<<"$credentials")
  password=$(sed -nE 's/.*"password": "([^"]+)".*/\1/p' <<<"$credentials")
  passed "it reads database/creds/$SERVICE: user $username"
  rows=$(PGPASSFILE=/dev/null PGPASSWORD=$password "$PSQL" -X -A -t -U "$username" -d "$PGDATABASE" \
    -c 'SELECT name, state FROM workflows ORDER BY name' 2>&1) || fail 'psql runs a query with that password' "$rows"
  printf '\n$ psql -U %s -c "SELECT name, state FROM workflows"\n%s\n' "$username" "$rows"
  passed 'psql runs a query with that password'
}

store_secrets() {
  "$BAO" kv put -mount=secret $SERVICE/config answer=42 && "$BAO" kv put -mount=secret worker-agents/config answer=43
}

refusals() {
  # A new KV mount answers for a moment that it is being upgraded.
  eventually 30 'the platform team stores secrets of two services' store_secrets
  as_workload kv get -mount=secret -field=answer $SERVICE/config >/dev/null ||
    fail 'it reads its own secrets' 'the read failed'
  passed 'it reads its own secrets'
  refused "it is refused the secrets of another service" as_workload kv get -mount=secret worker-agents/config
  refused "a token of another ServiceAccount is refused the role $SERVICE" foreign_login
}

foreign_login() { workload_token $EXECUTION worker-agents | login $SERVICE; }
