# shellcheck shell=bash
# Tests of a release build, beside the executables and of the same builds of other packages. With `--static-swift-stdlib` the
# compiler looks for modules among those that can be linked statically, which Testing cannot; a test bundle is linked to the
# shared libraries, which hold what the static ones ask for under further names. Here is what lies between the two.

# make_testing_folder FOLDER
make_testing_folder() {
  local folder=$1 shared module library
  shared=$(dirname -- "$(realpath -- "$(command -v swiftc)")")/../lib/swift/linux
  shared=$(realpath -- "$shared")
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
