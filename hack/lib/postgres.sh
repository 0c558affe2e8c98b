# shellcheck shell=bash
# PostgreSQL: a private cluster on a loopback port. The database engine of OpenBao connects as
# vault_admin, which may create roles and is no superuser, as it should be in production.

readonly PG_SUPERUSER=postgres PG_VAULT_USER=vault_admin PG_DATABASE=lanyard
readonly PG_DATA=$STATE/postgres PG_PASS=$SECRETS/pgpass PG_VAULT_PASSWORD=$SECRETS/pg-vault-admin-password

postgres_healthy() {
  daemon_running postgres && "$PG_BIN/pg_isready" -q -h 127.0.0.1 -p "$(port postgres)" -t 3
}

# PostgreSQL refuses to run as root: prints the other user that it is to run as.
postgres_user() {
  ((UID == 0)) || return 0
  if id -u postgres >/dev/null 2>&1; then printf postgres; else printf nobody; fi
}

# The words before a command that is to run as that user. setpriv replaces itself by the command, so
# that the pid is the server's.
AS_POSTGRES=()
choose_postgres_user() {
  local user
  user=$(postgres_user)
  [[ -z $user ]] ||
    AS_POSTGRES=(setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups --no-new-privs --)
}

make_postgres_cluster() {
  [[ -f $PG_DATA/lanyard-complete ]] && return 0
  local log=$LOGS/postgres.log user password
  user=$(postgres_user)
  rm -rf -- "$PG_DATA"
  install -d -m 0700 ${user:+-o "$user"} -- "$PG_DATA"
  (cd / && "${AS_POSTGRES[@]}" test -w "$PG_DATA") || die "user $user cannot reach $STATE: choose another LANYARD_ENV_DIR"
  password=$(random_hex)
  random_hex | write_secret "$PG_VAULT_PASSWORD"
  {
    printf '127.0.0.1:*:*:%s:%s\n' "$PG_SUPERUSER" "$password"
    printf '127.0.0.1:*:*:%s:%s\n' "$PG_VAULT_USER" "$(<"$PG_VAULT_PASSWORD")"
  } | write_secret "$PG_PASS"
  # The password comes through a descriptor: the other user may not read our files.
  # shellcheck disable=SC2016
  (cd / && "${AS_POSTGRES[@]}" bash -c '"$@" --pwfile=<(cat <&7)' - "$PG_BIN/initdb" -D "$PG_DATA" -U "$PG_SUPERUSER" \
    -A scram-sha-256 --encoding=UTF8 --locale=C --no-sync 7<<<"$password") >>"$log" 2>&1 </dev/null ||
    die_with_log "$log" "initdb failed"
}

start_postgres() {
  choose_postgres_user
  make_postgres_cluster
  # No Unix socket: its usual directory may belong to a system-wide server.
  start_daemon postgres "${AS_POSTGRES[@]}" "$PG_BIN/postgres" -D "$PG_DATA" -h 127.0.0.1 -p "$(port postgres)" \
    -c unix_socket_directories= -c fsync=off -c full_page_writes=off -c max_connections=200
  wait_until 30 postgres postgres_healthy
  make_postgres_roles
}

# A fast shutdown; SIGTERM would wait for OpenBao to disconnect.
stop_postgres() { stop_daemon postgres INT; }

psql_superuser() {
  PGPASSFILE=$PG_PASS "$PSQL" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(port postgres)" -U "$PG_SUPERUSER" "$@"
}

make_postgres_roles() {
  [[ -f $PG_DATA/lanyard-complete ]] && return 0
  {
    printf "CREATE ROLE %s LOGIN CREATEROLE PASSWORD '%s';\n" "$PG_VAULT_USER" "$(<"$PG_VAULT_PASSWORD")"
    printf 'CREATE DATABASE %s OWNER %s;\n' "$PG_DATABASE" "$PG_VAULT_USER"
  } | psql_superuser -d postgres >>"$LOGS/postgres.log" 2>&1 ||
    die_with_log "$LOGS/postgres.log" "the PostgreSQL roles could not be made"
  touch -- "$PG_DATA/lanyard-complete"
}

postgres_version() { "$PG_BIN/postgres" --version | awk '{print $3}'; }
