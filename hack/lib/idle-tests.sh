#!/usr/bin/env bash
# idle-tests.sh BUNDLE FILTERS…: tests of a bundle (release, unoptimised, debug), with the processor time that nobody else wants.
# Needs: that bundle, built by hack/test.
# Leaves: nothing.
set -euo pipefail

# shellcheck source=/dev/null
source "$(dirname -- "${BASH_SOURCE[0]}")/release-tests.sh"
yield_processor
log=$(mktemp "${TMPDIR:-/tmp}/lanyard-idle.XXXXXX")
trap 'rm -f -- "$log"' EXIT
status=0
run_bundle "$@" 2>&1 | tee "$log" || status=$?
# Without a test that ran, a bundle passes as well; that is right where arguments chose some.
grep -qaE 'Test run with [1-9][0-9]* tests?' "$log" || [[ -n ${LANYARD_CHOSEN:-} ]] || { printf 'FAILED: no test ran\n'; exit 1; }
((status == 0)) || { printf 'FAILED: tests of the bundle %s\n' "$1"; exit "$status"; }
