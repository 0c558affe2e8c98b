# shellcheck shell=bash
# The parts as a whole: start order, the environment file, the table, clean-up.

readonly PARTS=(etcd apiserver controller-manager openbao postgres spire)

# The words of a part: title, function stem.
part_title() {
  case $1 in
    apiserver) printf kube-apiserver ;;
    controller-manager) printf kube-controller-manager ;;
    *) printf '%s' "$1" ;;
  esac
}
start_part() { "start_${1//-/_}" "${@:2}"; }
part_healthy() { "${1//-/_}_healthy"; }
stop_part() {
  case $1 in
    postgres) stop_postgres ;;
    apiserver) stop_daemon apiserver TERM 2 ;;   # it would wait a minute for open watches
    *) stop_daemon "$1" ;;
  esac
}

all_healthy() {
  local part
  for part in "${PARTS[@]}"; do part_healthy "$part" || return 1; done
}

part_address() {
  case $1 in
    etcd) etcd_url ;;
    apiserver) apiserver_url ;;
    controller-manager) printf 'https://127.0.0.1:%s' "$(port controller-manager)" ;;
    openbao) bao_url ;;
    postgres) printf '127.0.0.1:%s' "$(port postgres)" ;;
    spire) printf 'unix://%s' "$(spire_socket)" ;;
  esac
}
part_version() {
  case $1 in
    etcd) etcd_version ;;
    apiserver) kubernetes_version "$KUBE_APISERVER" ;;
    controller-manager) kubernetes_version "$KUBE_CONTROLLER_MANAGER" ;;
    openbao) openbao_version ;;
    postgres) postgres_version ;;
    spire) if [[ -n $EMULATED ]]; then printf emulator; else printf 'real server'; fi ;;
  esac
}
part_state() {
  if part_healthy "$1"; then printf yes
  elif [[ $1 == openbao ]] && openbao_sealed; then printf 'no (sealed)'
  elif [[ -n $EMULATED || $1 != spire ]] && ! daemon_running "$1"; then printf 'no (not running)'
  else printf 'no (not answering)'; fi
}

# The programs that `up` found, for the commands that come after it.
write_programs() {
  local name
  for name in ETCD KUBE_APISERVER KUBE_CONTROLLER_MANAGER BAO PG_BIN PSQL KUBECTL PROMTOOL EMULATED SPIRE_EMULATOR \
    SPIRE_SERVER_SOCKET TRUST_DOMAIN; do
    printf '%s=%q\n' "$name" "${!name:-}"
  done >"$STATE/programs"
}

# Everything that tests and people need. Values have no quotes and no line breaks in them.
write_environment() {
  local pid
  pid=$(daemon_pid spire || true)
  {
    export_line LANYARD_E2E 1
    export_line LANYARD_ENV_DIR "$STATE"
    export_line KUBECONFIG "$ADMIN_KUBECONFIG"
    export_line KUBECACHEDIR "$STATE/kube-cache"
    export_line KUBECTL "$KUBECTL"
    export_line PROMTOOL "$PROMTOOL"
    export_line KUBE_APISERVER_URL "$(apiserver_url)"
    export_line KUBE_CA_FILE "$KUBE_CA"
    export_line KUBE_ADMIN_TOKEN "$(<"$SECRETS/kube-admin-token")"
    export_line KUBE_AUDIT_LOG "$KUBE_AUDIT"
    export_line ETCD_ENDPOINT "$(etcd_url)"
    export_line BAO "$BAO"
    export_line BAO_ADDR "$(bao_url)"
    export_line BAO_TOKEN "$(<"$BAO_ROOT")"
    export_line BAO_AUDIT_LOG "$BAO_AUDIT"
    export_line BAO_UNSEAL_KEY_FILE "$BAO_KEY"
    export_line PSQL "$PSQL"
    export_line PGHOST 127.0.0.1
    export_line PGPORT "$(port postgres)"
    export_line PGUSER "$PG_SUPERUSER"
    export_line PGDATABASE "$PG_DATABASE"
    export_line PGPASSFILE "$PG_PASS"
    export_line PG_VAULT_USER "$PG_VAULT_USER"
    export_line PG_VAULT_PASSWORD_FILE "$PG_VAULT_PASSWORD"
    export_line SPIRE_SERVER_SOCKET "$(spire_socket)"
    export_line SPIRE_TRUST_DOMAIN "$TRUST_DOMAIN"
    if [[ -n $EMULATED ]]; then
      export_line SPIRE_SERVER_TCP "tcp://127.0.0.1:$(port spire)"
      export_line SPIFFE_ENDPOINT_SOCKET "unix://$WORKLOAD_SOCKET"
      export_line SPIRE_CALL_LOG "$CALL_LOG"
      export_line SPIRE_AGENTS_FILE "$AGENTS_FILE"
      export_line SPIRE_EMULATOR_PID "$pid"
      export_line SPIRE_EMULATOR_PID_FILE "$PIDS/spire.pid"
    fi
  } | write_secret "$ENV_FILE"
}
export_line() { printf "export %s='%s'\n" "$1" "$2"; }

stop_everything() {
  local part
  # Clients before servers.
  for part in spire controller-manager apiserver openbao postgres etcd; do stop_part "$part"; done
}

# EXIT of `up`: what was begun and not finished is taken away. Logs stay when there was an error.
abandon() {
  local status=$?
  trap 'true' INT TERM
  ((status)) || return 0
  end_step_line
  end_long_command
  remove_build_directory
  stop_everything
  if [[ -n $INTERRUPTED ]]; then
    rm -rf -- "$STATE" "$LOCK_FILE"
    warn "interrupted: everything that was started has been stopped"
  else
    rm -f -- "$COMPLETE" "$ENV_FILE"
    warn "stopped what was started; the logs are in $LOGS"
  fi
  exit "$status"
}
