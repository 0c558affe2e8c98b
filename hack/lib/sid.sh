# shellcheck shell=bash
# Debian's unstable suite, read through an apt with lists and sources of its own: the machine's apt knows nothing of it and
# nothing is installed from it. The entry is that of this machine with another suite, so host and keyring are the same, and
# apt checks signatures as ever.

# sid_prepare DIRECTORY: where lists and archives are to be; sid_apt and sid_cache use it.
sid_prepare() {
  SID=$1
  mkdir -p -- "$SID/sources" "$SID/lists/partial" "$SID/archives/partial"
  : >"$SID/status"   # nothing counts as installed
  sid_entries
}

sid_entries() {
  local list parts file suites
  # shellcheck source=/dev/null
  suites="$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-stable}")|stable|sid|unstable"
  eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
  : >"$SID/sources/classic.list"
  : >"$SID/sources/stanzas.sources"
  for file in "$list" "$parts"/*.list; do
    [[ -f $file ]] || continue
    sed -nE "s/^[[:space:]]*(deb[[:space:]]+(\[[^]]*\][[:space:]]+)?[^[:space:]]+)[[:space:]]+($suites)[[:space:]].*/\1 sid main/p" \
      "$file" >>"$SID/sources/classic.list"
  done
  for file in "$parts"/*.sources; do
    [[ -f $file ]] || continue
    sed '/^#/d' "$file" | awk -v suites="$suites" '
      BEGIN { RS = ""; FS = "\n" }
      $0 ~ "\nSuites:([^\n]* )?(" suites ")( |\n|$)" && !/(^|\n)Enabled: *(no|false)/ {
        sub(/Types:[^\n]*/, "Types: deb"); sub(/\nSuites:[^\n]*/, "\nSuites: sid")
        sub(/\nComponents:[^\n]*/, "\nComponents: main"); print $0 "\n" }' >>"$SID/sources/stanzas.sources"
  done
}

sid_options() {
  printf '%s\n' -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$SID/sources" -o Dir::State::lists="$SID/lists" \
    -o Dir::State::status="$SID/status" -o Dir::Cache="$SID" -o APT::Sandbox::User=root -o Acquire::Retries=3
}
sid_apt() {
  local options
  mapfile -t options < <(sid_options)
  apt-get -q "${options[@]}" "$@"
}
sid_cache() {
  local options
  mapfile -t options < <(sid_options)
  apt-cache "${options[@]}" "$@"
}
