#!/usr/bin/env bash
# kubernetes-make.sh SOURCE-VERSION WORK-DIRECTORY TARGET-DIRECTORY GO PROGRAM…
# Fetches Debian's source package `kubernetes`, builds those of the programs that are not there, moves them into place.
# Needs: Debian's source packages over the network, and the Go that is named.
# Leaves: the binaries in the target directory; the work directory is the caller's to remove.
set -euo pipefail

version=$1 work=$2 target=$3 go=$4 programs=()
for program in "${@:5}"; do [[ -x $target/$program ]] || programs+=("$program"); done
((${#programs[@]})) || exit 0

# Source entries are seldom configured. They are derived from the binary entries of this machine
# (same hosts, same keyrings), in a private place, so that apt's configuration stays as it is.
source_entries() {
  local list parts file
  eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
  mkdir -p "$work/apt/sources" "$work/apt/lists/partial" "$work/apt/cache"
  for file in "$list" "$parts"/*.list; do
    [[ -f $file ]] || continue
    sed -nE 's/^[[:space:]]*deb[[:space:]]/deb-src /p' "$file" >>"$work/apt/sources/classic.list"
  done
  for file in "$parts"/*.sources; do
    [[ -f $file ]] || continue
    { sed -E 's/^Types:.*/Types: deb-src/' "$file"; echo; } >>"$work/apt/sources/stanzas.sources"
  done
}

private_apt() {
  apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/apt/sources" \
    -o Dir::State::lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" -o APT::Sandbox::User=root "$@"
}

fetch() {
  source_entries
  # Other repositories may have no sources; what counts is whether the package can be had.
  private_apt update || true
  (cd "$work" && private_apt source --download-only --only-source "kubernetes=$version")
  tree=$work/go/src/k8s.io/kubernetes
  mkdir -p "$tree"
  tar -xf "$work"/kubernetes_*.orig.tar.* -C "$tree" --strip-components=1
  replace_reflect2
}

# reflect2 1.0.1, which is vendored, calls into the runtime's map iterator as it was before Go 1.18:
# built with 1.19 it corrupts memory, and requests panic at random. Debian has 1.0.2, which does not.
replace_reflect2() {
  local vendored=$tree/vendor/github.com/modern-go/reflect2
  (cd "$work" && private_apt source --download-only --only-source golang-github-modern-go-reflect2)
  rm -rf "$vendored"
  mkdir "$vendored"
  tar -xf "$work"/golang-github-modern-go-reflect2_*.orig.tar.* -C "$vendored" --strip-components=1
  [[ -f $vendored/go_above_118.go ]] || { echo 'reflect2 is too old for this Go'; exit 1; }
}

# Debian's tarball lacks one generated file. The generator is in the tree.
generate_openapi() {
  local inputs
  cd "$tree"
  "$go" build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
  inputs=$(
    grep -rl --include='*.go' -e '+k8s:openapi-gen=' vendor/k8s.io staging/src/k8s.io pkg |
      xargs -n 1 dirname | sed 's,^staging/src/,vendor/,' | grep -v '^pkg/apis/abac' | sort -u |
      sed 's,^,k8s.io/kubernetes/,' | paste -sd, -
  )
  "$work/openapi-gen" --logtostderr -i "$inputs" -p k8s.io/kubernetes/pkg/generated/openapi \
    -O zz_generated.openapi -h hack/boilerplate/boilerplate.generatego.txt -r "$work/violations" \
    --output-base "$GOPATH/src"
}

build() {
  # --version and GET /version take it from two packages. In GOPATH mode a vendored package is linked
  # under its whole path.
  local release=${version##*really} flags='-s -w' package
  release=${release%%-*}
  for package in k8s.io/kubernetes/vendor/k8s.io/{component-base,client-go/pkg}/version; do
    flags+=" -X $package.gitVersion=v$release -X $package.gitTreeState=archive -X $package.gitCommit="
    flags+=" -X $package.gitMajor=${release%%.*} -X $package.gitMinor=$(cut -d. -f2 <<<"$release")"
  done
  mkdir -p "$work/out"
  for program in "${programs[@]}"; do
    echo "go build $program"
    # Without the clients of public clouds, which are half of it.
    "$go" build -tags providerless -ldflags "$flags" -o "$work/out/$program" "./cmd/$program"
  done
}

export GO111MODULE=off GOPATH=$work/go GOCACHE=$work/gocache CGO_ENABLED=0 GOFLAGS='' GOTOOLCHAIN=local
fetch
generate_openapi
build
mkdir -p "$target"
mv "$work"/out/* "$target"
