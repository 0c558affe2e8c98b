#!/usr/bin/env bash
# idle-tests.sh CONFIGURATION FILTERS…: tests of the debug or release build, with the processor time that nobody else wants.
# SwiftPM, which lets one command at a time into its folder, is left out.
# Needs: that test bundle, built by hack/test.
# Leaves: nothing.
set -euo pipefail

# A session is a group for the scheduler on some machines, and only within it does a process yield to others.
echo 19 2>/dev/null >/proc/self/autogroup || true
chrt --idle --pid 0 $$ 2>/dev/null || true
renice 19 $$ >/dev/null

# shellcheck source=/dev/null
source "$(dirname -- "${BASH_SOURCE[0]}")/release-tests.sh"
shared=$(shared_libraries)
log=$(mktemp "${TMPDIR:-/tmp}/lanyard-idle.XXXXXX")
trap 'rm -f -- "$log"' EXIT
bundle=.build/$1/lanyardPackageTests.xctest; shift
status=0
LD_LIBRARY_PATH="$shared" "$bundle" --testing-library swift-testing "$@" 2>&1 | tee "$log" || status=$?
# Without a test that ran, a bundle passes as well.
grep -qaE 'Test run with [1-9][0-9]* tests' "$log" || { printf 'FAILED: no test ran\n'; exit 1; }
((status == 0)) || { printf 'FAILED: %s\n' "$bundle"; exit "$status"; }
