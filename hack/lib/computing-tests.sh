#!/usr/bin/env bash
# computing-tests.sh FILTER ARGUMENTS…: what needs no server and can come beside tests that wait for some: these tests of the
# release build, the debug build of all tests, and these tests of it.
# Needs: the test bundle of the release build.
# Leaves: that of the debug build.
set -euo pipefail

HACK=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
ROOT=$(dirname -- "$HACK")
for library in build release-tests; do
  # shellcheck source=/dev/null
  source "$HACK/lib/$library.sh"
done
unset LANYARD_E2E
yield_processor
failed=
run() { bash "$HACK/lib/idle-tests.sh" "$@" || failed=yes; }

filter=$1; shift
( # these numbers when optimised only
  export LANYARD_INTERFERENCE_HISTORIES=${LANYARD_INTERFERENCE_HISTORIES:-10000}
  export LANYARD_SIMULATION_HISTORIES=${LANYARD_SIMULATION_HISTORIES:-2000}
  run release --filter "$filter" "$@"
  [[ -z $failed ]]
) || failed=yes
swift build --build-tests "${ONCE[@]}"
# Of the same seeds the first ones.
export LANYARD_INTERFERENCE_HISTORIES=20 LANYARD_SIMULATION_HISTORIES=80
export LANYARD_FUZZ_FACTOR=0.1 LANYARD_KUBECONFIG_MUTATIONS=10000
run debug --filter "$filter" "$@"
[[ -z $failed ]]
