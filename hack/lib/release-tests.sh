# shellcheck shell=bash
# Tests of a release build, beside the executables and of the same builds of other packages. With `--static-swift-stdlib` the
# compiler looks for modules among those that can be linked statically, which Testing cannot; a test bundle is linked to the
# shared libraries, which hold what the static ones ask for under further names. Here is what lies between the two.

# Where they are. The compiler is asked, since `swiftc` in PATH may be swiftly's, which calls that of a toolchain elsewhere.
shared_libraries() { swiftc -print-target-info | sed -nE 's,.*"runtimeResourcePath": "([^"]+)".*,\1/linux,p'; }

# make_testing_folder FOLDER
make_testing_folder() {
  local folder=$1 shared module library
  shared=$(shared_libraries)
  rm -rf -- "$folder"
  mkdir -p -- "$folder/modules" "$folder/libraries"
  ln -s -- "$shared" "$folder/shared"
  for module in Testing XCTest _Testing_Foundation _TestDiscovery _TestingInterop; do
    ln -s -- "$shared/$module.swiftmodule" "$folder/modules/"
  done
  for library in CoreFoundation _CFURLSessionInterface _CFXMLInterface _FoundationCShims _FoundationCollections _FoundationICU; do
    ar rcs "$folder/libraries/lib$library.a"   # empty
  done
}

# build_bundle NAME TARGETS: builds these targets' tests among the release build of other packages, and keeps the bundle under a
# name of its own: the next one has other flags.
build_bundle() {
  LANYARD_TARGETS=$2 LANYARD_RELEASE_TESTS=$ROOT/.build/release-tests SWIFT_DETERMINISTIC_HASHING=1 \
    swift build "${AS_SHIPPED[@]}" --build-tests
  cp -- .build/release/lanyardPackageTests.xctest ".build/$1.xctest"
}

# run_bundle NAME ARGUMENTS…: tests without SwiftPM, which lets one command at a time into its folder, and would build what was
# built for other flags. As with SwiftPM, none that matches is no failure (69).
run_bundle() {
  local bundle=.build/$1.xctest status=0; shift
  [[ $bundle != .build/debug.xctest ]] || bundle=.build/debug/lanyardPackageTests.xctest
  LD_LIBRARY_PATH=$(shared_libraries)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$bundle" --testing-library swift-testing "$@" || status=$?
  return $((status == 69 ? 0 : status))
}

# Takes only the processor that nobody else wants, from here on.
yield_processor() {
  # A session is a group for the scheduler on some machines, and only within it does a process yield to others.
  echo 19 2>/dev/null >/proc/self/autogroup || true
  chrt --idle --pid 0 $$ 2>/dev/null || true
  renice 19 $$ >/dev/null
}
