# shellcheck shell=bash
# The demo's second half: changes by hand are put back and reported; deletion takes away just what was made.

entry_id() { printf 'lanyard.production.%s.%s' "$1" "$2"; }
entry_exists() { grep -q "\"$1\"" <<<"$(spire_entries --id "$1" -o json)"; }
entry_absent() { # as an answer: no answer is no absence
  local found
  found=$(spire_entries --id "$1" -o json) && ! grep -q "\"$1\"" <<<"$found"
}
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
  eventually 60 'the entry is back' entry_exists "$id"
  eventually 60 'the policy is back' policy_grants
  eventually 60 'an event of the identity says what had drifted' has_event WorkloadIdentity $SERVICE 'DriftCorrected\|'
  eventually 60 'an event of the binding says what had drifted' has_event VaultRoleBinding $SERVICE 'DriftCorrected\|'
  has_event '(WorkloadIdentity|VaultRoleBinding)' $SERVICE 'DriftCorrected\|' | sed 's/^/    /'
}

gone_from_openbao() {
  is_not_there policy read "$1" && is_not_there read "auth/kubernetes/role/$1" && is_not_there read "database/roles/$1"
}
is_not_there() {
  local seen
  ! seen=$("$BAO" "$@" 2>&1) && grep -qE '^No (value found at|policy named)' <<<"$seen"
}

ledger_is_empty() {
  local left
  # Records that only keep a policy's name from other namespaces claim nothing.
  left=$(kube get ownershiprecords -n lanyard-system -o 'jsonpath={.items[*].spec.claims[*].path}') &&
    printf '%s' "$left" && [[ -z $left ]]
}

delete_everything() {
  local name
  show kube delete vrb,wid --all -n $ORCHESTRATION --timeout=60s
  show kube delete vrb,wid --all -n $EXECUTION --timeout=60s
  eventually 30 "the entry of $SERVICE is gone" entry_absent "$(entry_id $ORCHESTRATION $SERVICE)"
  for name in worker-agents service-registry; do
    eventually 30 "the entry of $name is gone" entry_absent "$(entry_id $EXECUTION $name)"
  done
  for name in $SERVICE worker-agents service-registry; do
    eventually 30 "policy and roles of $name are gone from OpenBao" gone_from_openbao "$name"
  done
  forget_mounts
  eventually 30 'the ledger of owned objects is empty' ledger_is_empty
  [[ $(foreign_objects) == "$FOREIGN_BEFORE" ]] || fail "$FOREIGN_BEFORE" "$(foreign_objects)"
  passed "somebody else's policy, role and entry are untouched"
}
