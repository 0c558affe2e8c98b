#!/usr/bin/env bash
# hack/lib/spire-pair.sh DIRECTORY TRUST_DOMAIN: a real SPIRE server with an agent in a directory of their own, until SIGTERM.
# Says where they listen in the words of spire-emulator. SPIRE_SERVER and SPIRE_AGENT name the programs, SPIRE_X509_TTL
# how many seconds SVIDs live; the agent is a pod of the cluster of KUBECONFIG, if there is one.
# Needs: these programs.
# Leaves: state and logs in the directory, which is the caller's to remove.
set -euo pipefail

LIBRARIES=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly LIBRARIES TRUST_DOMAIN=$2
LANYARD_ENV_DIR=$1
AGENT_KUBECONFIG=${KUBECONFIG:-}
KUBECTL=${KUBECTL:-kubectl}
for library in common process spire-real; do
  # shellcheck source=/dev/null
  source "$LIBRARIES/$library.sh"
done

trap 'exit 0' INT TERM
trap stop_real_spire EXIT
make_state_dir
start_real_spire
printf 'TCP on tcp://127.0.0.1:%s\n' "$(port spire)"
printf 'Workload API on unix://%s\n' "$SPIRE_DIR/agent.sock"
printf 'listening on unix://%s\n' "$SPIRE_DIR/api.sock"
while daemon_running spire && daemon_running spire-agent; do
  sleep 1 &
  wait "$!"   # a signal is taken at once
done
die 'the SPIRE server or its agent has ended'
