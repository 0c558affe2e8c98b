# shellcheck shell=bash
# The demo's second half: changes by hand are put back and reported; deletion takes away just what was made.

entry_id() { printf 'lanyard.production.%s.%s' "$1" "$2"; }
entry_exists() { grep -q "\"$1\"" <<<"$(spire_entries --id "$1" -o json)"; }
entry_absent() { ! entry_exists "$1"; }
policy_grants() { grep -q "database/creds/$SERVICE" <<<"$("$BAO" policy read $SERVICE)"; }
has_event() { # KIND NAME TEXT
  kube get events -n $ORCHESTRATION -o jsonpath='{range .items[*]}{.involvedObject.kind}{"|"}{.involvedObject.name}{"|"}{.reason}{"|"}{.message}{"\n"}{end}' |
    grep -E "^$1\|$2\|$3"
}

sabotage() {
  local id
  id=$(entry_id $ORCHESTRATION $SERVICE)
  show "$BIN/spire-emulator" entry delete --socket "$SPIRE_SERVER_SOCKET" --id "$id"
  printf '\n$ bao policy write %s - <<<"# emptied"\n' $SERVICE
  printf '# emptied by hand\n' | "$BAO" policy write $SERVICE - >/dev/null
  eventually 20 'the entry is back' entry_exists "$id"
  eventually 20 'the policy is back' policy_grants
  eventually 20 'an event of the identity says what had drifted' has_event WorkloadIdentity $SERVICE 'DriftCorrected\|'
  eventually 20 'an event of the binding says what had drifted' has_event VaultRoleBinding $SERVICE 'DriftCorrected\|'
  has_event '(WorkloadIdentity|VaultRoleBinding)' $SERVICE 'DriftCorrected\|' | sed 's/^/    /'
}

gone_from_openbao() {
  ! "$BAO" policy read "$1" >/dev/null 2>&1 && ! "$BAO" read "auth/kubernetes/role/$1" >/dev/null 2>&1 &&
    ! "$BAO" read "database/roles/$1" >/dev/null 2>&1
}

delete_everything() {
  local name
  show kube delete vrb,wid --all -n $ORCHESTRATION --timeout=30s
  show kube delete vrb,wid --all -n $EXECUTION --timeout=30s
  eventually 10 "the entry of $SERVICE is gone" entry_absent "$(entry_id $ORCHESTRATION $SERVICE)"
  for name in worker-agents service-registry; do
    eventually 10 "the entry of $name is gone" entry_absent "$(entry_id $EXECUTION $name)"
  done
  for name in $SERVICE worker-agents service-registry; do
    eventually 10 "policy and roles of $name are gone from OpenBao" gone_from_openbao "$name"
  done
  forget_mounts
  [[ -z $(kube get ownershiprecords -n lanyard-system -o name) ]] ||
    fail 'the ledger is empty' "$(kube get ownershiprecords -n lanyard-system)"
  passed 'the ledger of owned objects is empty'
  [[ $(foreign_objects) == "$FOREIGN_BEFORE" ]] || fail "$FOREIGN_BEFORE" "$(foreign_objects)"
  passed "somebody else's policy, role and entry are untouched"
}
