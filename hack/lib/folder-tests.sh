#!/usr/bin/env bash
# hack/lib/folder-tests.sh: whether an executable has the same bytes wherever its checkout is. A small package of Swift and C that
# says where its sources are is built in two folders, with the flags of what ships.
# Needs: swift, and what it links with.
# Leaves: nothing. Ends with 1 when the two differ, or one of them names its folder.
set -euo pipefail

HACK=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/folders.XXXXXX")
readonly HACK FOLDER
trap 'rm -rf -- "$FOLDER"' EXIT
# The lengths differ, too: a path that is only measured leaves a trace as well.
readonly CHECKOUTS=("$FOLDER/one" "$FOLDER/another/checkout")

# write_package FOLDER
write_package() {
  mkdir -p -- "$1"/Sources/{Library,Traces/include,probe}
  cat >"$1/Package.swift" <<'SWIFT'
// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "probe",
    targets: [
        .target(name: "Traces"),
        .target(name: "Library"),
        .executableTarget(
            name: "probe", dependencies: ["Library", "Traces"],
            linkerSettings: [.unsafeFlags(["-use-ld=lld", "-Xlinker", "--no-export-dynamic"])]),
    ])
SWIFT
  printf 'const char *traces_source(void);\n' >"$1/Sources/Traces/include/Traces.h"
  cat >"$1/Sources/Traces/Traces.c" <<'C'
#include "Traces.h"
#include <assert.h>
#include <stdlib.h>

const char *traces_source(void) {
    assert(getenv("TRACES") == NULL);
    return __FILE__;
}
C
  # As libraries have it: a function that nobody calls knows where it is.
  cat >"$1/Sources/Library/Library.swift" <<'SWIFT'
public func count(_ values: [String]) -> Int { values.count }

public func place() -> String { #filePath }
SWIFT
  cat >"$1/Sources/probe/main.swift" <<'SWIFT'
import Library
import Traces

guard count(CommandLine.arguments) > 0 else { fatalError("no arguments") }
print(#fileID, String(cString: traces_source()))
SWIFT
}

# build CHECKOUT: what the flags make of it there.
build() (
  ROOT=$1
  readonly ROOT
  # shellcheck source=build.sh
  source "$HACK/lib/build.sh"
  SWIFT_DETERMINISTIC_HASHING=1 swift build --package-path "$ROOT" "${AS_SHIPPED[@]}" >"$FOLDER/log" 2>&1 || {
    cat -- "$FOLDER/log"
    return 1
  }
  strip -o "$ROOT/executable" -- "$ROOT/.build/release/probe"
)

for checkout in "${CHECKOUTS[@]}"; do
  write_package "$checkout"
  build "$checkout"
  # It works, and has the paths that the test is about.
  told=$("$checkout/executable") || { printf 'it does not run\n'; exit 1; }
  [[ $told == 'probe/main.swift Sources/Traces/Traces.c' ]] || {
    printf 'built in a folder of its own it says where that is: %s\n' "$told"
    exit 1
  }
  ! grep -qF -- "$FOLDER" "$checkout/executable" || { printf '%s has its folder in it\n' "$checkout/executable"; exit 1; }
done
if ! cmp -- "${CHECKOUTS[0]}/executable" "${CHECKOUTS[1]}/executable"; then
  printf 'the same sources give other bytes in another folder: see AS_SHIPPED in hack/lib/build.sh\n'
  exit 1
fi
printf 'two folders give the same bytes\n'
