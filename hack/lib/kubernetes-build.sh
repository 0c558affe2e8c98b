# shellcheck shell=bash
# kube-apiserver and kube-controller-manager. No binary package carries them, but Debian's source
# package has the whole tree: what is wanted is built once, into the cache, one directory per source version.

kubernetes_programs() {
  printf 'kube-apiserver\n'
  if wanted controller-manager; then printf 'kube-controller-manager\n'; fi
}

# The source version that this machine's package index offers, for example 1.20.5+really1.20.2-1.1.
kubernetes_source_version() {
  apt-cache policy kubernetes-client 2>/dev/null |
    sed -nE 's/^ *Candidate: *([0-9].*)$/\1/p' | sed -E 's/\+b[0-9]+$//; s/^[0-9]+://'
}

# Prints the cached directory to use: of the offered version, or of any if none is offered.
cached_kubernetes() {
  local version dir program
  version=$(kubernetes_source_version || true)
  if [[ -n $version ]]; then
    dir=$CACHE/kubernetes-$version
  else
    dir=$(printf '%s\n' "$CACHE"/kubernetes-[0-9]* | sort -V | tail -n 1)
  fi
  for program in $(kubernetes_programs); do [[ -x $dir/$program ]] || return 1; done
  printf '%s' "$dir"
}

kubernetes_given() { [[ -n ${KUBE_APISERVER:-} && -n ${KUBE_CONTROLLER_MANAGER:-} ]]; }

kubernetes_needs() {
  kubernetes_given && return 0
  [[ -z ${KUBE_APISERVER:-}${KUBE_CONTROLLER_MANAGER:-} ]] ||
    die "set both KUBE_APISERVER and KUBE_CONTROLLER_MANAGER, of one version, or neither"
  cached_kubernetes >/dev/null && return 0
  [[ -f /etc/debian_version ]] ||
    die "not Debian: set KUBE_APISERVER and KUBE_CONTROLLER_MANAGER to binaries of one version"
  [[ -n ${GO:-} ]] || debian_go >/dev/null || MISSING+=(golang-go)
  need_package xz-utils xz
}

# Debian 12's Go: the source is of its time, and newer toolchains refuse parts of it.
debian_go() { [[ -x /usr/lib/go-1.19/bin/go ]] && printf '%s' /usr/lib/go-1.19/bin/go; }

build_kubernetes() {
  local dir log=$LOGS/build-kubernetes.log
  if kubernetes_given; then
    KUBE_APISERVER=$(given KUBE_APISERVER "$KUBE_APISERVER")
    KUBE_CONTROLLER_MANAGER=$(given KUBE_CONTROLLER_MANAGER "$KUBE_CONTROLLER_MANAGER")
    return
  fi
  if ! dir=$(cached_kubernetes); then
    step kubernetes "building $(kubernetes_programs | paste -sd ' ') from Debian's source, about 4 minutes, once"
    local version programs
    mapfile -t programs < <(kubernetes_programs)
    version=$(kubernetes_source_version)
    [[ -n $version ]] || die "apt offers no package kubernetes-client: run apt-get update"
    local work=$CACHE/build-kubernetes.$$
    BUILD_DIRECTORY=$work
    mkdir -p -- "$work"
    # One build at a time for all environments that share the cache.
    run_logged "$log" flock "$CACHE/build.lock" \
      bash "$HACK/lib/kubernetes-make.sh" "$version" "$work" "$CACHE/kubernetes-$version" "${GO:-$(debian_go)}" \
      "${programs[@]}" ||
      die_with_log "$log" "building Kubernetes failed"
    remove_build_directory
    dir=$(cached_kubernetes) || die_with_log "$log" "the build left no binaries in $CACHE"
    done_step
  fi
  KUBE_APISERVER=$dir/kube-apiserver
  KUBE_CONTROLLER_MANAGER=$dir/kube-controller-manager
}

BUILD_DIRECTORY=
remove_build_directory() {
  [[ -n $BUILD_DIRECTORY ]] || return 0
  chmod -R u+w -- "$BUILD_DIRECTORY" 2>/dev/null || true
  rm -rf -- "$BUILD_DIRECTORY"
  BUILD_DIRECTORY=
}
