# shellcheck shell=bash
# Finding the programs, and installing what is missing.

readonly GIVEN_ETCD=${ETCD:-}   # by the environment, not by an `up` before this one
MISSING=()   # Debian packages that are needed and could not be installed

can_apt() { ((UID == 0)) && [[ -f /etc/debian_version ]] && command -v apt-get >/dev/null; }

# need_package PACKAGE PROGRAM: remembers the package when the program is not there.
need_package() { command -v "$2" >/dev/null || [[ -x $2 ]] || MISSING+=("$1"); }

install_missing() {
  ((${#MISSING[@]})) || return 0
  local log=$LOGS/apt.log
  can_apt || die "these Debian packages are missing: install them with
    apt-get install --no-install-recommends ${MISSING[*]}
or name other binaries (hack/env help)"
  step packages "installing ${MISSING[*]} from Debian, about 1 minute, once"
  # One installation at a time, for all users of this script; others who have dpkg's lock are waited for.
  exec 8</etc/debian_version
  flock 8
  # An index that is older than the mirror names files that are gone, so it is always renewed.
  # apt is not interrupted: half a package is worse than a short wait.
  setsid --wait apt-get -q update >>"$log" 2>&1 </dev/null 8<&- || true
  check_interrupted
  without_services setsid --wait env DEBIAN_FRONTEND=noninteractive \
    apt-get -qy -o DPkg::Lock::Timeout=600 install --no-install-recommends "${MISSING[@]}" >>"$log" 2>&1 </dev/null 8<&- ||
    die_with_log "$log" "apt-get install ${MISSING[*]} failed"
  exec 8<&-
  MISSING=()
  hash -r
  done_step
}

# Debian starts a service as soon as its package is there, on the well-known port. Only the
# binaries are wanted, and this file is Debian's way to say so.
without_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [[ -e $policy ]]; then "$@"; return; fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 0755 "$policy"
  "$@" || status=$?
  rm -f "$policy"
  return "$status"
}

newest_pg_bin() {
  local dir
  dir=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  if [[ -x $dir/initdb ]]; then printf '%s' "$dir"; return; fi
  dir=$(command -v initdb) && dirname -- "$(readlink -f -- "$dir")"
}

# given NAME PROGRAM: what the environment names must exist; a name is looked up in PATH.
given() {
  local found
  found=$(command -v -- "$2") || die "$1=$2: no such program"
  realpath -s -- "$found"
}

# Debian packages: what cannot be had is said before anything long begins.
get_packages() {
  need_package curl curl
  need_package openssl openssl
  need_package binutils readelf   # for the image
  need_package procps ps
  [[ -n ${KUBECTL:-} ]] || need_package kubernetes-client kubectl
  [[ -n ${PROMTOOL:-} ]] || need_package prometheus promtool
  [[ -n ${PG_BIN:-} ]] || newest_pg_bin >/dev/null || MISSING+=(postgresql)
  openbao_needs
  kubernetes_needs
  if wanted crds; then crds_needs; elif [[ -z $GIVEN_ETCD ]]; then need_package etcd-server etcd; fi
  install_missing
  KUBECTL=$(given KUBECTL "${KUBECTL:-kubectl}")
  PROMTOOL=$(given PROMTOOL "${PROMTOOL:-promtool}")
  PG_BIN=${PG_BIN:-$(newest_pg_bin)}
  PSQL=$(given PG_BIN "$PG_BIN/psql")
  given PG_BIN "$PG_BIN/initdb" >/dev/null
}

find_programs() {
  get_packages
  install_openbao
  build_kubernetes
  ETCD=$GIVEN_ETCD
  if wanted crds; then build_crds; fi
  ETCD=$(given ETCD "${ETCD:-etcd}")
}
