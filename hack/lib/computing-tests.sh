#!/usr/bin/env bash
# computing-tests.sh FILTER ARGUMENTS…: these tests of the release build and then of the debug one, with the processor time
# that nobody else wants. SwiftPM, which lets one command at a time into its folder, is left out.
# Needs: both test bundles, built by hack/test.
# Leaves: nothing.
set -euo pipefail

# A session is a group for the scheduler on some machines, and only within it does a process yield to others.
echo 19 2>/dev/null >/proc/self/autogroup || true
chrt --idle --pid 0 $$ 2>/dev/null || true
renice 19 $$ >/dev/null

# shellcheck source=/dev/null
source "$(dirname -- "${BASH_SOURCE[0]}")/release-tests.sh"
shared=$(shared_libraries)
log=$(mktemp "${TMPDIR:-/tmp}/lanyard-computing.XXXXXX")
trap 'rm -f -- "$log"' EXIT
failed=()
run() { # CONFIGURATION ARGUMENTS…
  local bundle=.build/$1/lanyardPackageTests.xctest; shift
  env -u LANYARD_E2E LD_LIBRARY_PATH="$shared" "$bundle" --testing-library swift-testing --filter "$@" 2>&1 | tee "$log" ||
    failed+=("$bundle")
  # Without a test that ran, a bundle passes as well.
  grep -qaE 'Test run with [1-9][0-9]* tests' "$log" || failed+=("$bundle: no test ran")
}
LANYARD_INTERFERENCE_HISTORIES=${LANYARD_INTERFERENCE_HISTORIES:-10000} \
  LANYARD_SIMULATION_HISTORIES=${LANYARD_SIMULATION_HISTORIES:-2000} run release "$@"   # these numbers when optimised only
# Of the same seeds the first ones.
LANYARD_INTERFERENCE_HISTORIES=20 LANYARD_SIMULATION_HISTORIES=80 run debug "$@"
if ((${#failed[@]})); then printf 'FAILED: %s\n' "${failed[@]}"; exit 1; fi
