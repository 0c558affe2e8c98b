# shellcheck shell=bash
# What images are looked at with, from PyPI: hadolint, and the schema of CycloneDX; and whether they can be run here.

install_image_tools() {
  python_environment image
  IMAGE_TOOLS=$PYTHON_ENVIRONMENT
}

# can_mount FOLDER: whether something can be mounted there. Containers often may not, whoever they run as.
can_mount() {
  local probe=(unshare --mount --propagation private bash -c 'mount --bind -- "$1" "$1"' bash "$1")
  ((UID == 0)) || probe=(unshare --mount --propagation private --user --map-root-user "${probe[@]:4}")
  "${probe[@]}" 2>/dev/null
}
