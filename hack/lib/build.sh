# shellcheck shell=bash
# The executables as they ship: optimised, with Swift's standard library inside. Demo and integration tests run just these.

# Two checkouts give the same bytes, but for the length of their path (docs/image.md). C and C++ have the paths of their sources in
# what they compile: without that of the checkout. Swift has a hash of its options there, from which it sees what need not be compiled
# again: not without incremental code generation. With each function in a section of its own, and nothing kept for others who might
# link it, the executable has less than everything that libraries offer.
readonly EXECUTABLES=(lanyard spire-emulator)
readonly AS_SHIPPED=(-c release --static-swift-stdlib -debug-info-format none
  -Xcc "-ffile-prefix-map=$ROOT=." -Xcc -ffunction-sections -Xcc -fdata-sections
  -Xswiftc -Xfrontend -Xswiftc -disable-incremental-llvm-codegen
  -Xswiftc -Xfrontend -Xswiftc -function-sections -Xswiftc -Xfrontend -Xswiftc -internalize-at-link)

# Of the package only what the executables need, built in one go: with `--product` the plan of a build takes in the tools of
# other packages, and a later build of everything compiles them, protoc among them. SwiftPM passes on a package's traits as it
# finds them in a set: in another order with every run, for which it would compile that package again.
# WITH_BENCH builds lanyard-bench as well, of the same objects.
release_build() {
  local targets
  printf -v targets '%s,' "${EXECUTABLES[@]}" ${WITH_BENCH:+lanyard-bench}
  LANYARD_TARGETS=${targets%,} SWIFT_DETERMINISTIC_HASHING=1 swift build --package-path "$ROOT" "${AS_SHIPPED[@]}" "$@"
}

# Where they are.
release_bin() { release_build --show-bin-path; }

# build_executables LOG: builds what is not up to date, and says how far it is.
build_executables() {
  local log=$1
  command -v swift >/dev/null || die 'there is no swift to build the executables with: install Swift 6.3'
  step executables "building ${EXECUTABLES[*]} for release, 10 to 25 minutes the first time"
  : >"$log"
  PROGRESS=build_progress run_logged "$log" bash -c "$(declare -p EXECUTABLES AS_SHIPPED ROOT)
    $(declare -f release_build); release_build" || die_with_log "$log" 'the release build failed'
  LANYARD_BIN=$(release_bin)
  # What brings its own standard library asks for none.
  ! ldd "$LANYARD_BIN/lanyard" | grep 'libswiftCore' || die "$LANYARD_BIN/lanyard is not linked as it ships"
  done_step
}

# The last `[n/m]` of a log of SwiftPM, which ends its lines by carriage returns on a terminal only.
build_progress() { tail -c 4096 -- "$1" | tr '\r' '\n' | sed -nE 's,^\[([0-9]+)/([0-9]+)\].*,\1 of \2 steps,p' | tail -n 1; }
