# shellcheck shell=bash
# The server that `hack/test spire` checks: SPIRE_SERVER_SOCKET; a real one of its own, where SPIRE_SERVER and SPIRE_AGENT name
# the programs; or an emulator in a process of its own.

CONTRACT_DIR=
CONTRACT_PID=

start_contract_server() {
  local tries
  [[ -z ${SPIRE_SERVER_SOCKET:-} ]] || return 0
  CONTRACT_DIR=$(mktemp -d /tmp/spire-contract.XXXXXX)
  local command=("$LANYARD_BIN/spire-emulator" --socket "$CONTRACT_DIR/spire/api.sock" --trust-domain contract.test
    --data-dir "$CONTRACT_DIR/data" --tcp 127.0.0.1:0 --call-log "$CONTRACT_DIR/calls.log")
  if [[ -n ${SPIRE_SERVER:-} ]]; then
    command=(env -u KUBECONFIG bash "$HACK/lib/spire-pair.sh" "$CONTRACT_DIR" contract.test)
  fi
  "${command[@]}" >"$CONTRACT_DIR/out.log" 2>"$CONTRACT_DIR/err.log" &
  CONTRACT_PID=$!
  for ((tries = 0; tries < 900; tries++)); do
    ! grep -qs '^listening on ' "$CONTRACT_DIR/out.log" || break
    kill -0 "$CONTRACT_PID" 2>/dev/null || break
    sleep 0.1
  done
  if ! grep -qs '^listening on ' "$CONTRACT_DIR/out.log"; then
    cat -- "$CONTRACT_DIR/err.log"
    printf 'the server did not start\n'
    exit 1
  fi
  export SPIRE_SERVER_SOCKET=$CONTRACT_DIR/spire/api.sock SPIRE_SERVER_IS_OURS=1
  SPIRE_SERVER_TCP=$(sed -n 's/^TCP on //p' "$CONTRACT_DIR/out.log")
  export SPIRE_SERVER_TCP
}

stop_contract_server() {
  [[ -z $CONTRACT_PID ]] || { kill "$CONTRACT_PID" 2>/dev/null && wait "$CONTRACT_PID"; } || true
  [[ -z $CONTRACT_DIR ]] || rm -rf -- "$CONTRACT_DIR"
}

# Cases that only an emulator can be brought to are skipped on a live server, each with its reason.
name_inapplicable() {
  local skipped
  skipped=$(grep -aE '(Test|Suite) .*skipped' "$OUTPUT" | sed 's/^[^TS]*//' | sort -u || true)
  if [[ -z $skipped ]]; then
    printf '\nevery case applied\n'
  else
    printf '\nnot applicable to this server:\n%s\n' "$skipped"
  fi
}
