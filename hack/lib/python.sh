# shellcheck shell=bash
# Python environments in the cache, with packages of PyPI that are installed once.

# python_with NAME PACKAGE…: one installation at a time; one that was broken off is made anew. PYTHON is its interpreter then.
python_with() {
  local installed=$CACHE/$1; shift
  mkdir -p -- "$CACHE"
  exec 9>"$installed.lock"
  flock 9
  if [[ ! -f $installed/complete ]]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || die 'needs python3 with venv (Debian: python3-venv)'
    rm -rf -- "$installed"
    python3 -m venv "$installed"
    "$installed/bin/pip" install --quiet --no-input "$@"
    touch -- "$installed/complete"
  fi
  exec 9>&-
  PYTHON=$installed/bin/python
}

# What pictures are drawn with.
python_that_draws() { python_with monitoring-plot-0.1 'pyyaml==6.*' 'matplotlib==3.*'; }
