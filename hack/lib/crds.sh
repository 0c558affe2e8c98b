# shellcheck shell=bash
# The API server for custom resources of a current Kubernetes, beside the packaged kube-apiserver, which is older than CEL
# rules, streaming lists and selectable fields. It keeps its objects in the same etcd under a prefix of its own, and asks the
# other API server who somebody is and what they may do: the admin's token, ServiceAccounts and RBAC are the same in both.
# It serves /apis/apiextensions.k8s.io/v1 and custom resources, and no kind besides.

crds_url() { printf 'https://127.0.0.1:%s' "$(port crds)"; }
crds_healthy() {
  daemon_running crds && [[ $(http_code --cacert "$KUBE_CA" "$(crds_url)/readyz") == 200 ]]
}

make_crds_credentials() {
  [[ -f $PKI/crds.crt ]] && return 0
  local log=$LOGS/openssl.log
  {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=apiextensions-apiserver \
      -keyout "$PKI/crds.key" -out "$PKI/crds.csr"
    openssl x509 -req -in "$PKI/crds.csr" -CA "$KUBE_CA" -CAkey "$PKI/ca.key" -CAcreateserial \
      -CAserial "$PKI/serial" -days 3650 -out "$PKI/crds.crt.new" -extfile <(
      printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n'
      printf 'extendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n'
    )
    mv -- "$PKI/crds.crt.new" "$PKI/crds.crt"
  } >>"$log" 2>&1 || die_with_log "$log" "openssl failed"
}

start_crds() {
  make_crds_credentials
  # What is left out looks at kinds that only a whole and current API server has. Nobody who was refused once is to wait
  # until a test that gives a right notices.
  start_daemon crds "$APIEXTENSIONS_APISERVER" --etcd-servers="$(etcd_url)" --etcd-prefix=/crds \
    --bind-address=127.0.0.1 --secure-port="$(port crds)" --cert-dir="$PKI" \
    --tls-cert-file="$PKI/crds.crt" --tls-private-key-file="$PKI/crds.key" --client-ca-file="$KUBE_CA" \
    --kubeconfig="$ADMIN_KUBECONFIG" --authentication-kubeconfig="$ADMIN_KUBECONFIG" \
    --authorization-kubeconfig="$ADMIN_KUBECONFIG" --authentication-skip-lookup=true \
    --authorization-webhook-cache-unauthorized-ttl=1s --authorization-always-allow-paths=/healthz,/livez,/readyz,/version \
    --disable-admission-plugins=NamespaceLifecycle,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ValidatingAdmissionPolicy,MutatingAdmissionPolicy \
    --enable-priority-and-fairness=false --profiling=false
  wait_until 60 crds crds_healthy
}

# The program has no --version; it says so over HTTP.
crds_version() {
  curl --silent --max-time 3 --noproxy '*' --cacert "$KUBE_CA" "$(crds_url)/version" 2>/dev/null |
    sed -nE 's/.*"gitVersion": *"([^"]*)".*/\1/p' || true
}
