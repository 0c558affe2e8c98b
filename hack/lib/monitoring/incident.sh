# shellcheck shell=bash
# For `hack/monitoring incident`: what happens to servers and operator, and which alerts must fire of it and resolve.

readonly WITHDRAWN=monitoring-withdrawn TEMPLATES=databaseroletemplates.lanyard.dev
readonly ALIAS=lanyard.production.node-alias

# incident TEXT: a heading, and a mark in the picture.
incident() {
  heading "$1"
  printf '%s\t%s\n' "$EPOCHREALTIME" "$1" >>"$FOLDER/steps"
}

sealed() {
  incident 'OpenBao is sealed'
  "$HACK/env" seal
  await yes 120 LanyardVaultSealed LanyardVaultTokenExpires
  "$HACK/env" unseal
  await no 120 LanyardVaultSealed LanyardVaultTokenExpires
}

vault_away() {
  incident 'OpenBao is stopped'
  "$HACK/env" stop bao
  await yes 60 LanyardVaultAway
  "$HACK/env" start bao
  await no 60 LanyardVaultAway
}

spire_away() {
  incident 'SPIRE is stopped, server and agent'
  "$HACK/env" stop spire
  await yes 150 LanyardSPIREAway LanyardSVIDExpires
  "$HACK/env" start spire
  await no 150 LanyardSPIREAway LanyardSVIDExpires
}

login_refused() {
  incident "The operator's role is deleted"
  "$BAO" delete auth/jwt/role/lanyard >/dev/null
  await yes 150 LanyardVaultLoginFails
  write_role
  await no 150 LanyardVaultLoginFails
}

drift() {
  incident 'A policy is emptied again and again'
  begin_loop empty_policy
  await yes 300 LanyardDriftRepeats
  end_loop
  await no 300 LanyardDriftRepeats
}
empty_policy() {
  while :; do
    printf '# emptied by hand\n' | "$BAO" policy write worker-agents - >/dev/null || true
    sleep 4
  done
}

conflict() {
  incident 'A binding wants a policy of somebody else'
  printf 'path "secret/data/somebody" { capabilities = ["read"] }\n' | "$BAO" policy write it-taken - >/dev/null
  bindings taken it-taken | kube apply -f - >/dev/null
  await yes 150 LanyardConflict LanyardResourceNotReady
  kube delete vrb taken -n "$LOAD" --timeout=60s
  "$BAO" policy delete it-taken >/dev/null
  await no 60 LanyardConflict LanyardResourceNotReady
}

# bindings NAME [ROLE]: one, in the namespace whose boundary allows it.
bindings() {
  cat <<YAML
---
apiVersion: lanyard.dev/v1alpha1
kind: VaultRoleBinding
metadata: {name: $1, namespace: $LOAD}
spec:
  serviceAccountNames: [app]
  ${2:+roleName: $2}
  access: {kv: [{path: "$LOAD/*", permissions: [Read]}]}
YAML
}

withdrawal() {
  incident 'A boundary is narrowed'
  kube apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Namespace
metadata: {name: $WITHDRAWN}
---
apiVersion: lanyard.dev/v1alpha1
kind: IdentityBoundary
metadata: {name: $WITHDRAWN}
spec:
  namespaces: {names: [$WITHDRAWN]}
  onViolation: Withdraw
  identity: {spiffeIDs: ["/ns/{namespace}/*"], dnsNames: ["*.{namespace}.svc"]}
---
apiVersion: lanyard.dev/v1alpha1
kind: WorkloadIdentity
metadata: {name: web, namespace: $WITHDRAWN}
spec: {x509SVID: {dnsNames: ["web.$WITHDRAWN.svc"]}}
YAML
  eventually 60 'the identity is Ready' kube wait --for=condition=Ready --timeout=1s wid/web -n "$WITHDRAWN"
  kube patch ib "$WITHDRAWN" --type=merge -p '{"spec":{"identity":{"dnsNames":null}}}' >/dev/null
  await yes 60 LanyardAccessWithdrawn
  await no 120 LanyardAccessWithdrawn
  kube delete wid web -n "$WITHDRAWN" --timeout=60s
  kube delete ib "$WITHDRAWN"
}

sweep() {
  local number
  incident 'Entries have lost their owners'
  for number in {1..20}; do
    entry create --id "lanyard.production.lost.g$number" --spiffe-id "spiffe://$SPIRE_TRUST_DOMAIN/ns/lost/sa/g$number" \
      --parent-id "spiffe://$SPIRE_TRUST_DOMAIN/ns/spire-system/sa/spire-agent" --selector k8s:ns:lost \
      --selector "k8s:sa:g$number" >/dev/null
  done
  await yes 120 LanyardSweepHeld
  for number in {1..20}; do entry delete --id "lanyard.production.lost.g$number" >/dev/null; done
  await no 60 LanyardSweepHeld
}

watch_stalled() {
  incident 'A CRD is deleted'
  kube delete crd "$TEMPLATES" --timeout=60s
  await yes 90 LanyardWatchStalled
  kube apply --validate=false -f crds/databaseroletemplates.yaml >/dev/null
  await no 150 LanyardWatchStalled
}

# Definitions are compared when a replica starts.
definition_outdated() {
  incident 'A CRD is older than the operator'
  kube patch crd vaultmounts.lanyard.dev --type=json \
    -p '[{"op":"remove","path":"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/description"}]' >/dev/null
  restart_replicas
  await yes 120 LanyardCRDOutdated
  kube apply --validate=false -f crds/vaultmounts.yaml >/dev/null
  restart_replicas
  await no 60 LanyardCRDOutdated
}

queue_grows() {
  local batch number
  incident 'OpenBao is slow while bindings are made'
  begin_loop slow_vault "$(pid_of openbao)"
  for batch in {0..19}; do
    for number in {1..15}; do bindings "q-$((batch * 15 + number))"; done | kube apply -f - >/dev/null
    if fires LanyardQueueGrowing; then break; fi
    revive
    sleep 1
  done
  await yes 60 LanyardQueueGrowing
  end_loop
  continue_servers
  kube delete vrb --all -n "$LOAD" --timeout=300s >/dev/null
  await no 120 LanyardQueueGrowing
}
slow_vault() { # PID
  while :; do
    kill -STOP "$1"
    sleep 0.7
    kill -CONT "$1"
    sleep 0.1
  done
}

# The API server hangs for so long that a leader may not write for the last moments before it can renew. What is to be written
# then needs no API server: the node alias.
fence_closes() {
  local server
  incident 'The API server hangs now and then'
  server=$(pid_of apiserver)
  begin_loop delete_alias
  for _ in {1..30}; do
    kill -STOP "$server"
    sleep 4.8
    kill -CONT "$server"
    revive
    sleep 3
    if fires LanyardFenceClosed; then break; fi
  done
  await yes 10 LanyardFenceClosed
  end_loop
  await no 120 LanyardFenceClosed
}
delete_alias() {
  while :; do
    entry delete --id "$ALIAS" >/dev/null 2>&1 || true
    sleep 0.2
  done
}

leader_killed() {
  local name
  incident 'The leader is killed'
  name=$(leader)
  kill_replica "$name" KILL
  await yes 30 LanyardNoLeader
  await no 60 LanyardNoLeader
  WANTED[$name]=yes
  revive
}

all_killed() {
  incident 'Both replicas are killed'
  kill_replica a KILL
  kill_replica b KILL
  await yes 60 LanyardDown
  WANTED=([a]=yes [b]=yes)
  revive
  await no 90 LanyardDown
}

run_incidents() {
  sealed
  vault_away
  spire_away
  login_refused
  conflict
  withdrawal
  sweep
  watch_stalled
  definition_outdated
  fence_closes
  queue_grows
  drift
  leader_killed
  all_killed
  incident 'In order again'
  eventually 60 'one replica leads' one_leads
  sleep 20   # of rest, for the picture
}
