# shellcheck shell=bash
# How hack/test runs tests: OUTPUT has what the last ones printed, RUNNER what runs them, BESIDE_DIR what is made beside.

run_tests() {
  "${RUNNER[@]}" "$@" 2>&1 | tee "$OUTPUT"
  note_tests
}
# What the arguments choose may be in another part; without any, a part that has no tests has lost them.
note_tests() {
  grep -aE 'Test run with [1-9]' "$OUTPUT" >>"$BESIDE_DIR/ran" || ((ARGUMENTS)) || { printf 'no test ran\n'; exit 1; }
}

filtered() { [[ " $* " == *' --filter'[\ =]* ]]; }

# Tests of deadlines come one at a time: beside tests that compute for seconds they would measure those. So do tests of what
# is shared by those who wait at the same time. Among all tests, those that only compute come later, and the others have the
# processor that is left beside these.
run_module_tests() {
  local others=(--skip "$INTEGRATION" --skip "$DEADLINES|$ALONE") beside=
  if filtered "$@"; then run_tests --skip "$INTEGRATION" "$@"; return; fi
  # shellcheck disable=SC2154   # hack/test has set it
  [[ $mode != all ]] || others+=(--skip "$COMPUTING")
  # Those of the release build take seconds, and come while programs are built beside.
  [[ ${RUNNER[*]} != 'run_bundle unoptimised' ]] || beside=yes
  [[ -z $beside ]] || start_beside "$BESIDE_DIR/beside.log" 'tests of other modules failed, beside those with deadlines' \
    bash "$HACK/lib/idle-tests.sh" unoptimised "${others[@]}" "$@"
  run_tests --no-parallel --filter "$DEADLINES|$ALONE" "$@"
  look_at_skipped
  phase 'all other modules'
  if [[ -n $beside ]]; then await_tests_beside; return; fi
  run_tests "${others[@]}" "$@"
  look_at_skipped
}

# The end, and the output, of tests that run beside others.
await_tests_beside() {
  step tests 'waiting for their end'
  await_beside
  done_step
  tee "$OUTPUT" <"$BESIDE_DIR/beside.log"
  rm -f -- "$BESIDE_DIR/beside.log"
  note_tests
  look_at_skipped
}

build_tests() {
  phase 'build of the tests (about 10 minutes the first time)'
  swift build --build-tests
}

# What another operator needs is public. Says so of the last build of that configuration, which has to be one of all tests.
check_fixture() {
  phase 'the runtime as a library of another package'
  "$HACK/lib/fixture-package.sh" "$1"
}

# A test that wants servers and has them must not be skipped; other skipped tests are at least named.
look_at_skipped() {
  local skipped
  skipped=$(grep -aE '(Test|Suite) .*skipped' "$OUTPUT" | sort -u || true)
  [[ -n $skipped ]] || return 0
  printf '\nskipped:\n%s\n' "$skipped"
  if [[ -n ${LANYARD_E2E:-} ]] && grep -q 'LANYARD_E2E' <<<"$skipped"; then
    printf 'tests were skipped for want of LANYARD_E2E, although the servers are up\n'
    exit 1
  fi
}

# A target that lost its tests passes as well as one that has them.
count_integration_tests() {
  local count
  count=$("${RUNNER[@]}" --list-tests | grep -c "^$INTEGRATION\." || true)
  printf '%s tests in %s\n' "$count" "$INTEGRATION"
  ((count > 0))
}
