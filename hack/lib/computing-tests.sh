#!/usr/bin/env bash
# computing-tests.sh FILTER ARGUMENTS…: these tests, optimised and then not, by idle-tests.sh.
# Needs: both test bundles, built by hack/test.
# Leaves: nothing.
set -euo pipefail

unset LANYARD_E2E
failed=
run() { bash "$(dirname -- "${BASH_SOURCE[0]}")/idle-tests.sh" "$@" || failed=yes; }

filter=$1; shift
( # these numbers when optimised only
  export LANYARD_INTERFERENCE_HISTORIES=${LANYARD_INTERFERENCE_HISTORIES:-10000}
  export LANYARD_SIMULATION_HISTORIES=${LANYARD_SIMULATION_HISTORIES:-2000}
  run release --filter "$filter" "$@"
  [[ -z $failed ]]
) || failed=yes
# Of the same seeds the first ones.
export LANYARD_INTERFERENCE_HISTORIES=20 LANYARD_SIMULATION_HISTORIES=80
export LANYARD_FUZZ_FACTOR=0.1 LANYARD_KUBECONFIG_MUTATIONS=10000
run unoptimised --filter "$filter" "$@"
[[ -z $failed ]]
