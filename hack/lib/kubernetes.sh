# shellcheck shell=bash
# etcd, kube-apiserver, kube-controller-manager. Only flags that current versions have too.

etcd_url() { printf 'http://127.0.0.1:%s' "$(port etcd)"; }
apiserver_url() { printf 'https://127.0.0.1:%s' "$(port apiserver)"; }
readonly PKI=$SECRETS/pki KUBE_CA=$STATE/kube-ca.crt ADMIN_KUBECONFIG=$STATE/kubeconfig
readonly AUDIT_POLICY=$STATE/kube-audit-policy.yaml KUBE_AUDIT=$LOGS/kube-audit.log

etcd_healthy() {
  # Parts that are added later may need a newer one.
  daemon_running etcd && [[ /proc/$(daemon_pid etcd)/exe -ef $ETCD && $(http_code "$(etcd_url)/health") == 200 ]]
}
apiserver_healthy() {
  daemon_running apiserver && [[ $(http_code --cacert "$KUBE_CA" "$(apiserver_url)/readyz") == 200 ]]
}
controller_manager_healthy() {
  daemon_running controller-manager &&
    [[ $(http_code --insecure "https://127.0.0.1:$(port controller-manager)/healthz") == 200 ]]
}

start_etcd() {
  local peer
  peer=http://127.0.0.1:$(port etcd-peer)
  # etcd reads ETCD_… variables as settings, and no one needs this data after a power cut.
  start_daemon etcd env -u ETCD_ENDPOINT "$ETCD" --data-dir "$STATE/etcd" --unsafe-no-fsync \
    --listen-client-urls "$(etcd_url)" --advertise-client-urls "$(etcd_url)" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" \
    --log-level warn
  wait_until 30 etcd etcd_healthy
}

# A CA, the API server's certificate, the key that signs ServiceAccount tokens, the admin's token.
make_kubernetes_credentials() {
  [[ -f $ADMIN_KUBECONFIG ]] && return 0
  local log=$LOGS/openssl.log token
  mkdir -p -- "$PKI"
  {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
      -subj /CN=lanyard-test-ca -keyout "$PKI/ca.key" -out "$KUBE_CA"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=kube-apiserver \
      -keyout "$PKI/apiserver.key" -out "$PKI/apiserver.csr"
    openssl x509 -req -in "$PKI/apiserver.csr" -CA "$KUBE_CA" -CAkey "$PKI/ca.key" -CAcreateserial \
      -CAserial "$PKI/serial" -days 3650 -out "$PKI/apiserver.crt" -extfile <(
      printf 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc\n'
      printf 'extendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n'
    )
    openssl genrsa -out "$PKI/service-accounts.key" 2048
  } >>"$log" 2>&1 || die_with_log "$log" "openssl failed"
  chmod 0644 -- "$KUBE_CA"
  token=$(random_hex)
  write_secret "$SECRETS/kube-admin-token" <<<"$token"
  write_secret "$SECRETS/tokens.csv" <<<"$token,admin,admin,system:masters"
  write_secret "$ADMIN_KUBECONFIG" <<YAML
apiVersion: v1
kind: Config
current-context: lanyard-test
contexts: [{name: lanyard-test, context: {cluster: lanyard-test, user: admin}}]
clusters: [{name: lanyard-test, cluster: {server: '$(apiserver_url)', certificate-authority: '$KUBE_CA'}}]
users: [{name: admin, user: {token: '$token'}}]
YAML
}

# What the operator asks for, so that tests can compare it with what it is allowed. ResponseStarted tells of watches.
write_audit_policy() {
  cat >"$AUDIT_POLICY" <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  users: ["system:serviceaccount:lanyard-system:lanyard"]
- level: None
YAML
}

start_apiserver() {
  make_kubernetes_credentials
  write_audit_policy
  # Loopback is no address for the `kubernetes` Endpoints, so nobody is to maintain them.
  start_daemon apiserver "$KUBE_APISERVER" --etcd-servers="$(etcd_url)" \
    --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --endpoint-reconciler-type=none \
    --secure-port="$(port apiserver)" --cert-dir="$PKI" \
    --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" \
    --service-account-issuer="$(apiserver_url)" \
    --service-account-signing-key-file="$PKI/service-accounts.key" \
    --service-account-key-file="$PKI/service-accounts.key" \
    --token-auth-file="$SECRETS/tokens.csv" --authorization-mode=RBAC \
    --audit-policy-file="$AUDIT_POLICY" --audit-log-path="$KUBE_AUDIT" \
    --service-cluster-ip-range=10.96.0.0/16 --allow-privileged=true --profiling=false
  wait_until 90 apiserver apiserver_healthy
}

start_controller_manager() {
  local flags=()
  # Old versions open an unauthenticated port of fixed number unless told not to.
  if "$KUBE_CONTROLLER_MANAGER" --help 2>/dev/null | grep -E -- '^ +--port int' >/dev/null; then
    flags+=(--port=0)
  fi
  start_daemon controller-manager "$KUBE_CONTROLLER_MANAGER" --kubeconfig="$ADMIN_KUBECONFIG" \
    --authentication-skip-lookup=true \
    --bind-address=127.0.0.1 --secure-port="$(port controller-manager)" --cert-dir="$STATE/controller-manager" \
    --leader-elect=false --profiling=false --use-service-account-credentials \
    --controllers=namespace,garbagecollector,serviceaccount,serviceaccount-token,root-ca-cert-publisher \
    --service-account-private-key-file="$PKI/service-accounts.key" --root-ca-file="$KUBE_CA" "${flags[@]}"
  wait_until 60 controller-manager controller_manager_healthy
  wait_until 60 controller-manager default_service_account
}

# The last thing to appear in a new cluster.
default_service_account() {
  [[ $(http_code --cacert "$KUBE_CA" -H @<(admin_header) \
    "$(apiserver_url)/api/v1/namespaces/default/serviceaccounts/default") == 200 ]]
}
admin_header() { printf 'Authorization: Bearer %s\n' "$(<"$SECRETS/kube-admin-token")"; }

etcd_version() { "$ETCD" --version | awk 'NR == 1 {print $NF}'; }
kubernetes_version() { "$1" --version | awk '{print $2}'; }
