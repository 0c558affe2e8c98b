#!/usr/bin/env bash
# hack/lib/fixture-package.sh CONFIGURATION [FOLDER]: the package in FOLDER (Tests/Fixtures/lamp-operator), which depends on this
# one, compiles with what is public here. Its sources and tests are only type-checked, as another package and against the modules
# of the last build of the tests (debug or release), so that no dependency is built a second time.
# Needs: swift, python3, that build, finished.
# Leaves: nothing. Ends with 1 and the compiler's errors when something does not compile.
set -euo pipefail

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
PACKAGE=${2:-$ROOT/Tests/Fixtures/lamp-operator}
BUILD=$ROOT/.build/$1
readonly ROOT PACKAGE BUILD
cd -- "$ROOT"

FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/fixture-package.XXXXXX")
readonly FOLDER
trap 'rm -rf -- "$FOLDER"' EXIT

# Where modules written in C are: what the build gives the compiler for a target that needs the same libraries.
c_modules() {
  python3 - "$BUILD.yaml" <<'PYTHON'
import json, re, sys
text = open(sys.argv[1]).read()
command = re.search(r'^  "C\.ControllerRuntimeTests-[^"]*":$.*?^    args: (\[.*?\])$', text, re.MULTILINE | re.DOTALL)
if not command:
    sys.exit("the build has no target ControllerRuntimeTests")
arguments = json.loads(command.group(1))
for flag, value in zip(arguments, arguments[1:]):
    if flag == "-Xcc" and value.startswith(("-fmodule-map-file=", "-I", "/")):
        print(flag, value, sep="\n")
PYTHON
}

# Without -package-name: what is `package` here is not seen.
compile() { # MODULE FOLDER ARGUMENTS…
  local module=$1 folder=$2; shift 2
  local sources=()
  mapfile -d '' sources < <(find "$folder" -name '*.swift' -print0 | sort -z)
  ((${#sources[@]})) || { printf '%s has no sources\n' "$folder"; return 1; }
  swiftc -module-name "$module" -parse-as-library -swift-version 6 -warnings-as-errors \
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault \
    -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature NonisolatedNonsendingByDefault \
    -I "$FOLDER" -I "$BUILD/Modules" "${C_MODULES[@]}" -module-cache-path "$BUILD/ModuleCache" \
    "$@" "${sources[@]}"
}

[[ -d $BUILD/Modules ]] || { printf 'there is no build in %s\n' "$BUILD"; exit 1; }
arguments=$(c_modules)
mapfile -t C_MODULES <<<"$arguments"

for sources in "$PACKAGE"/Sources/*/; do
  module=$(basename -- "$sources")
  compile "$module" "$sources" -typecheck
  # Its tests import it.
  compile "$module" "$sources" -enable-testing -emit-module -emit-module-path "$FOLDER/$module.swiftmodule"
done
for tests in "$PACKAGE"/Tests/*/; do
  compile "$(basename -- "$tests")" "$tests" -typecheck
done
printf '%s compiles as a package of its own\n' "${PACKAGE#"$ROOT/"}"
