# shellcheck shell=bash
# The demo's mounts: VaultMounts in place of set-up scripts, and logins through a rotation of SPIRE's JWT key.

readonly JWT_AUDIENCE=vault.neural-hive.local

# The samples with this environment's addresses. The operator logs in at auth/kubernetes, so that one was there before it;
# in an environment that was used before, others may be as well. What is there is taken over.
mounts() {
  local authority found=kubernetes
  [[ -n $BROUGHT_UP ]] || found='[a-z]*'
  authority=$(awk '{ printf "%s\\\\n", $0 }' "$KUBE_CA_FILE")
  sed -e "s|^metadata: {name: \\($found\\)}|metadata: {name: \\1, annotations: {lanyard.dev/adopt: \"true\"}}|" \
    -e "s|^  kubernetes: {host: .*|  kubernetes: {host: \"$KUBE_APISERVER_URL\", caCertificate: \"$authority\", disableLocalCAJWT: true, reviewerTokenSecretRef: {name: token-reviewer}}|" \
    -e "s|@postgresql.temporal.svc:5432/temporal?sslmode=verify-full|@$PGHOST:$PGPORT/$PGDATABASE?sslmode=disable|" \
    manifests/samples/mounts/mounts.yaml
}

# operator_secret NAME KEY=FILE…: values come from files, since command lines can be read by everybody.
operator_secret() {
  local name=$1; shift
  kube create secret generic "$name" -n lanyard-system "${@/#/--from-file=}" --dry-run=client -o yaml |
    kube apply -f - >/dev/null
}

declare_mounts() {
  local mount
  printf '%s' "$PG_VAULT_USER" | operator_secret temporal-postgres username=/dev/stdin "password=$PG_VAULT_PASSWORD_FILE"
  operator_secret token-reviewer "token=$LANYARD_ENV_DIR/operator/reviewer-token"
  printf '\n$ kubectl apply -f manifests/samples/mounts/      # with the addresses of this environment\n'
  mounts | kube apply -f -
  for mount in kubernetes jwt secret pki database; do
    eventually 60 "the mount $mount is as declared" kube wait --for=condition=Ready --timeout=1s "vmt/$mount"
  done
  show kube get vmt
  passed "JWT auth trusts SPIRE's $(trusted_keys | wc -l) JWT key without any discovery provider"
}

trusted_keys() { "$BAO" read -format=json auth/jwt/config | grep -o 'BEGIN PUBLIC KEY'; }
trusts_keys() { (($(trusted_keys | wc -l) == $1)); }

# jwt_svid TURN: a JWT-SVID of the workload that become_worker said this process is, from the Workload API of an agent. An
# agent hands out the same one again until half of its life is over, unless it is for somebody else as well.
jwt_svid() {
  "$BIN/spire-emulator" token --socket "${SPIFFE_ENDPOINT_SOCKET#unix://}" --spiffe-id "$WORKER_ID" \
    --audience "$JWT_AUDIENCE" --audience "demo-turn-$1" | tr -d '\n'
}
has_jwt_svid() { jwt_svid "$1" >/dev/null; }
jwt_login() { BAO_TOKEN='' "$BAO" write -field=token auth/jwt/login role=worker-agents jwt=- >/dev/null; }
jwt_login_again() { jwt_login <<<"$1"; }

# What the kubelet would tell an agent of a pod. The emulator's agent can be told; for a real one, which has no kubelet here,
# an entry for processes of this user stands in, at each agent.
become_worker() {
  local agent number=0
  if [[ -n ${SPIRE_AGENTS_FILE:-} ]]; then
    show "$BIN/spire-emulator" attest --socket "$SPIRE_SERVER_SOCKET" --uid "$(id -u)" \
      --selector "k8s:ns:$EXECUTION" --selector k8s:sa:worker-agents
    return
  fi
  be_nobody   # an earlier run may have left entries
  while read -r agent; do
    show "$BIN/spire-emulator" entry create --socket "$SPIRE_SERVER_SOCKET" --id "demo.worker.$((number += 1))" \
      --spiffe-id "$WORKER_ID" --parent-id "$agent" --selector "unix:uid:$(id -u)"
  done < <("$BIN/spire-emulator" agents --socket "$SPIRE_SERVER_SOCKET")
}

be_nobody() {
  local id
  if [[ -n ${SPIRE_AGENTS_FILE:-} ]]; then
    "$BIN/spire-emulator" attest --socket "$SPIRE_SERVER_SOCKET" --uid "$(id -u)"
    return
  fi
  while read -r id; do
    "$BIN/spire-emulator" entry delete --socket "$SPIRE_SERVER_SOCKET" --id "$id"
  done < <(spire_entries --spiffe-id "$WORKER_ID" -o json | sed -nE 's/.*"id" : "(demo\.worker\.[0-9]+)".*/\1/p')
}

log_in_through_rotation() {
  local old new step keys
  readonly WORKER_ID=spiffe://$SPIRE_TRUST_DOMAIN/ns/$EXECUTION/sa/worker-agents
  if [[ -z ${SPIFFE_ENDPOINT_SOCKET:-} ]]; then
    printf '  left out: SPIRE_AGENT_SOCKET does not say where an agent of this server is\n'
    return
  fi
  become_worker
  eventually 60 'the Workload API gives worker-agents a JWT-SVID' has_jwt_svid start
  old=$(jwt_svid start)
  jwt_login <<<"$old" || fail 'worker-agents logs in with its JWT-SVID' 'the login failed'
  passed 'worker-agents logs in to OpenBao with a JWT-SVID from the Workload API'
  keys=$(trusted_keys | wc -l)
  for step in first second; do
    show "$BIN/spire-emulator" rotate --socket "$SPIRE_SERVER_SOCKET" jwt
    new=$(jwt_svid "$step")
    [[ ${new%%.*} != "${old%%.*}" ]] || fail 'another key signs' 'the same one does'
    jwt_login <<<"$old" || fail "the JWT-SVID of before the $step rotation still logs in" 'the login failed'
    eventually 60 "after the $step rotation a JWT-SVID of the new key logs in" jwt_login_again "$new"
    jwt_login <<<"$old" || fail 'the old JWT-SVID logs in beside it' 'the login failed'
    passed 'JWT-SVIDs of old and new keys log in side by side'
    show "$BIN/spire-emulator" rotate --socket "$SPIRE_SERVER_SOCKET" jwt-revoke
    eventually 60 'a key that SPIRE revokes is trusted no more' trusts_keys "$keys"
    refused 'a JWT-SVID of a revoked key is refused' jwt_login_again "$old"
    jwt_login <<<"$new" || fail 'the new JWT-SVID still logs in' 'the login failed'
    old=$new
  done
  be_nobody
}

forget_mounts() {
  local left
  show kube delete vmt --all --timeout=60s
  left=$("$BAO" secrets list)
  grep -q '^pki/' <<<"$left" || fail 'deletionPolicy Orphan leaves the mounts' "$left"
  passed 'the VaultMounts are gone and their mounts are still there (deletionPolicy Orphan)'
}
