# shellcheck shell=bash
# A real SPIRE server with one agent, of the programs that SPIRE_SERVER and SPIRE_AGENT name. Everything is under
# $STATE/spire; the times are short, since tests wait for what comes of them.

readonly SPIRE_DIR=$STATE/spire SPIRE_CLUSTER=production AGENT_NAMESPACE=spire-system AGENT_NAME=spire-agent
SPIRE_X509_TTL=${SPIRE_X509_TTL:-3600}   # seconds, of SVIDs whose entry does not say, and of the server's own
SPIRE_INTERVAL=${SPIRE_INTERVAL:-1s}     # how often the server reads all entries, and the agent asks for its own; SPIRE's default is 5s
AGENT_KUBECONFIG=${AGENT_KUBECONFIG:-}   # of the cluster in which the agent is a pod; without one it joins by a token

server_configuration() {
  cat <<HCL
server {
  trust_domain = "$TRUST_DOMAIN"
  bind_address = "127.0.0.1"
  bind_port = $(port spire)
  socket_path = "$SPIRE_DIR/api.sock"
  data_dir = "$SPIRE_DIR/data"
  log_format = "json"
  audit_log_enabled = true
  ca_ttl = "24h"
  agent_ttl = "1h"
  default_x509_svid_ttl = "${SPIRE_X509_TTL}s"
  ratelimit { attestation = false }
  experimental { cache_reload_interval = "$SPIRE_INTERVAL" }
}
plugins {
  DataStore "sql" {
    plugin_data {
      database_type = "sqlite3"
      connection_string = "$SPIRE_DIR/data/datastore.sqlite3"
    }
  }
  KeyManager "disk" {
    plugin_data { keys_path = "$SPIRE_DIR/data/keys.json" }
  }
  NodeAttestor "join_token" {
    plugin_data {}
  }
$(cluster_attestor)
}
HCL
}

# Who may be an agent of the cluster. The server asks the API server whether a token is that of such a pod.
cluster_attestor() {
  [[ -n $AGENT_KUBECONFIG ]] || return 0
  cat <<HCL
  NodeAttestor "k8s_psat" {
    plugin_data {
      clusters = {
        "$SPIRE_CLUSTER" = {
          kube_config_file = "$AGENT_KUBECONFIG"
          service_account_allow_list = ["$AGENT_NAMESPACE:$AGENT_NAME"]
        }
      }
    }
  }
HCL
}

# Keys in memory, so that the agent attests at each start, whatever the server remembers.
agent_configuration() {
  cat <<HCL
agent {
  trust_domain = "$TRUST_DOMAIN"
  server_address = "127.0.0.1"
  server_port = $(port spire)
  socket_path = "$SPIRE_DIR/agent.sock"
  data_dir = "$SPIRE_DIR/agent"
  trust_bundle_path = "$SPIRE_DIR/bundle.pem"
  log_format = "json"
  experimental { sync_interval = "$SPIRE_INTERVAL" }
}
plugins {
  KeyManager "memory" {
    plugin_data {}
  }
$(agent_attestor)
  WorkloadAttestor "unix" {
    plugin_data {}
  }
}
HCL
}

agent_attestor() {
  if [[ -z $AGENT_KUBECONFIG ]]; then printf '  NodeAttestor "join_token" { plugin_data {} }\n'; return; fi
  cat <<HCL
  NodeAttestor "k8s_psat" {
    plugin_data {
      cluster = "$SPIRE_CLUSTER"
      token_path = "$SPIRE_DIR/agent/token"
    }
  }
HCL
}

cluster() { "$KUBECTL" --kubeconfig "$AGENT_KUBECONFIG" "$@"; }

# A node and a pod as the agent's would be, without a kubelet.
make_agent_pod() {
  cluster apply -f - >>"$LOGS/spire-agent.log" 2>&1 <<YAML
apiVersion: v1
kind: Namespace
metadata: {name: $AGENT_NAMESPACE}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: $AGENT_NAME, namespace: $AGENT_NAMESPACE}
---
apiVersion: v1
kind: Node
metadata: {name: $AGENT_NAME}
---
apiVersion: v1
kind: Pod
metadata: {name: $AGENT_NAME, namespace: $AGENT_NAMESPACE}
spec:
  nodeName: $AGENT_NAME
  serviceAccountName: $AGENT_NAME
  automountServiceAccountToken: false
  containers: [{name: agent, image: none}]
YAML
}

# What the kubelet would mount into that pod.
agent_token() {
  local uid
  uid=$(cluster get pod -n "$AGENT_NAMESPACE" "$AGENT_NAME" -o 'jsonpath={.metadata.uid}')
  cluster create --raw "/api/v1/namespaces/$AGENT_NAMESPACE/serviceaccounts/$AGENT_NAME/token" -f - <<JSON |
{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"audiences":["spire-server"],"expirationSeconds":86400,
 "boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"$AGENT_NAME","uid":"$uid"}}}
JSON
    sed -nE 's/.*"token":"([^"]+)".*/\1/p' | tr -d '\n'
}

start_real_spire() {
  local join=() status=0
  mkdir -p -- "$SPIRE_DIR/data" "$SPIRE_DIR/agent"
  chmod 0700 -- "$SPIRE_DIR"
  rm -f -- "$SPIRE_DIR/api.sock" "$SPIRE_DIR/agent.sock"
  server_configuration >"$SPIRE_DIR/server.conf"
  start_daemon spire "$SPIRE_SERVER" run -config "$SPIRE_DIR/server.conf"
  wait_until 60 spire real_server_healthy
  "$SPIRE_SERVER" bundle show -socketPath "$SPIRE_DIR/api.sock" >"$SPIRE_DIR/bundle.pem"
  if [[ -n $AGENT_KUBECONFIG ]]; then
    wait_until 30 spire make_agent_pod   # the API server has just started, too
    agent_token | write_secret "$SPIRE_DIR/agent/token" || status=$?
    ((status == 0)) || die_with_log "$LOGS/spire-agent.log" 'there is no token for the agent'
  else
    # It can be used once, by whoever comes first.
    join=(-joinToken "$("$SPIRE_SERVER" token generate -socketPath "$SPIRE_DIR/api.sock" | sed -n 's/^Token: //p')")
  fi
  agent_configuration >"$SPIRE_DIR/agent.conf"
  start_daemon spire-agent "$SPIRE_AGENT" run -config "$SPIRE_DIR/agent.conf" "${join[@]}"
  wait_until 60 spire-agent real_agent_healthy
}

real_server_healthy() { "$SPIRE_SERVER" healthcheck -socketPath "$SPIRE_DIR/api.sock" >/dev/null 2>&1; }
real_agent_healthy() { "$SPIRE_AGENT" healthcheck -socketPath "$SPIRE_DIR/agent.sock" >/dev/null 2>&1; }
real_spire_healthy() { daemon_running spire && daemon_running spire-agent && real_server_healthy && real_agent_healthy; }
real_spire_version() { "$SPIRE_SERVER" --version 2>&1 | tail -n 1; }

# The client first, which would go on asking.
stop_real_spire() {
  stop_daemon spire-agent
  stop_daemon spire
}
