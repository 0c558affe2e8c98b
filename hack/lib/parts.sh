# shellcheck shell=bash
# The parts as a whole: start order, the environment file, the table, clean-up.

readonly PARTS=(etcd apiserver crds controller-manager openbao postgres spire)

# The parts that are to be up: those that were asked for, beside those that are; all of them unless some were named.
readonly WANTED_FILE=$STATE/wanted
WANTED=()
want_parts() {
  local part
  if (($# == 0)); then WANTED=("${PARTS[@]}"); return; fi
  WANTED=()
  for part; do [[ " ${PARTS[*]} " == *" $part "* ]] || die "$part is no part: ${PARTS[*]}"; done
  for part in "${PARTS[@]}"; do
    if [[ " $* " == *" $part "* ]] || grep -qsx -- "$part" "$WANTED_FILE"; then WANTED+=("$part"); fi
  done
}
wanted() { [[ " ${WANTED[*]} " == *" $1 "* ]]; }

# Whether `up` has found the programs of all wanted parts before, and this checkout's executables.
programs_known() {
  [[ -f $COMPLETE && ${CHECKOUT:-} == "$ROOT" ]] && { ! wanted crds || [[ -n ${APIEXTENSIONS_APISERVER:-} ]]; }
}

# The words of a part: title, function stem.
part_title() {
  case $1 in
    apiserver) printf kube-apiserver ;;
    crds) printf apiextensions-apiserver ;;
    controller-manager) printf kube-controller-manager ;;
    *) printf '%s' "$1" ;;
  esac
}
start_part() { "start_${1//-/_}" "${@:2}"; }
part_healthy() { "${1//-/_}_healthy"; }
stop_part() {
  case $1 in
    postgres) stop_postgres ;;
    spire) stop_real_spire ;;   # the emulator has no agent beside it
    apiserver | crds) stop_daemon "$1" TERM 2 ;;   # they would wait a minute for open watches
    *) stop_daemon "$1" ;;
  esac
}

all_healthy() {
  local part
  for part in "${WANTED[@]}"; do part_healthy "$part" || return 1; done
}

part_address() {
  case $1 in
    etcd) etcd_url ;;
    apiserver) apiserver_url ;;
    crds) crds_url ;;
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
    crds) crds_version ;;
    controller-manager) kubernetes_version "$KUBE_CONTROLLER_MANAGER" ;;
    openbao) openbao_version ;;
    postgres) postgres_version ;;
    spire) spire_version ;;
  esac
}
part_state() {
  if part_healthy "$1"; then printf yes
  elif [[ $1 == openbao ]] && openbao_sealed; then printf 'no (sealed)'
  elif [[ $SPIRE_KIND != foreign || $1 != spire ]] && ! daemon_running "$1"; then printf 'no (not running)'
  else printf 'no (not answering)'; fi
}

# The programs that `up` found, for the commands that come after it.
write_programs() {
  local name
  for name in ETCD KUBE_APISERVER KUBE_CONTROLLER_MANAGER APIEXTENSIONS_APISERVER BAO PG_BIN PSQL KUBECTL PROMTOOL \
    SPIRE_KIND SPIRE_EMULATOR SPIRE_SERVER SPIRE_AGENT SPIRE_SERVER_SOCKET SPIRE_AGENT_SOCKET SPIRE_SERVER_TCP \
    TRUST_DOMAIN LANYARD_BIN CHECKOUT; do
    printf '%s=%q\n' "$name" "${!name:-}"
  done >"$STATE/programs"
}

# An environment that is up goes on with its programs, but with the executables of the checkout that asks.
resume() {
  check_named
  load_programs
  [[ ${CHECKOUT:-} == "$ROOT" || ${SPIRE_EMULATOR:-} != "${LANYARD_BIN:-}"/* ]] || SPIRE_EMULATOR=''
}

# A program that the caller names and that is not the one would be left out without a word.
check_named() {
  local name named known
  for name in KUBE_APISERVER KUBE_CONTROLLER_MANAGER APIEXTENSIONS_APISERVER ETCD BAO PG_BIN KUBECTL PROMTOOL SPIRE_EMULATOR \
    SPIRE_SERVER SPIRE_AGENT SPIRE_SERVER_SOCKET SPIRE_AGENT_SOCKET; do
    named=${!name:-}
    [[ -n $named ]] || continue
    known=$(load_programs; printf '%s' "${!name:-}")
    [[ $named == "$known" || $(realpath -s -- "$(command -v -- "$named")" 2>/dev/null) == "$known" ]] ||
      die "it is up with ${known:-another program}, and $name=$named: hack/env down first"
  done
}

# Everything that tests and people need. Values have no quotes and no line breaks in them.
write_environment() {
  {
    export_line LANYARD_E2E 1
    export_line LANYARD_ENV_DIR "$STATE"
    export_line KUBECONFIG "$ADMIN_KUBECONFIG"
    export_line KUBECACHEDIR "$STATE/kube-cache"
    export_line KUBECTL "$KUBECTL"
    export_line PROMTOOL "$PROMTOOL"
    export_line KUBE_APISERVER_URL "$(apiserver_url)"
    export_line KUBE_CA_FILE "$KUBE_CA"
    export_line KUBE_ADMIN_TOKEN "$(if_made "$SECRETS/kube-admin-token")"
    export_line CRDS_APISERVER_URL "$(crds_url)"
    export_line CRDS_CA_FILE "$KUBE_CA"
    export_line KUBE_AUDIT_LOG "$KUBE_AUDIT"
    export_line ETCD_ENDPOINT "$(etcd_url)"
    export_line LANYARD_BIN "$LANYARD_BIN"
    export_line BAO "$BAO"
    export_line BAO_ADDR "$(bao_url)"
    export_line BAO_TOKEN "$(if_made "$BAO_ROOT")"
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
    write_spire_environment
  } | write_secret "$ENV_FILE"
}
if_made() { [[ ! -s $1 ]] || cat -- "$1"; }   # not all parts need be up
export_line() { printf "export %s='%s'\n" "$1" "$2"; }

stop_everything() {
  local part
  # Clients before servers.
  for part in spire controller-manager crds apiserver openbao postgres etcd; do stop_part "$part"; done
}

# EXIT of `up`: what was begun and not finished is taken away. Logs stay when there was an error.
abandon() {
  local status=$?
  trap '' INT TERM
  ((status)) || return 0
  end_step_line
  end_commands
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
