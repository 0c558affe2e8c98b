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
