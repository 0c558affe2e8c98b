# shellcheck shell=bash
# Python environments in the cache, made of just those files of PyPI whose hashes stand in lib/requirements.

# What pip may install from: files as they were when their hashes were noted, and nothing that runs code to be built.
readonly PIP_INSTALL=(install --no-input --require-hashes --only-binary :all:)

# python_environment NAME [COMMAND]: makes an environment with the packages of requirements/NAME.txt, once, and says in
# PYTHON_ENVIRONMENT where it is. COMMAND finishes a new one. Other packages make another environment.
# One installation at a time; one that was broken off is made anew.
python_environment() {
  local requirements=$HACK/lib/requirements/$1.txt digest
  digest=$(sha256sum -- "$requirements")
  PYTHON_ENVIRONMENT=$CACHE/$1-${digest:0:12}
  mkdir -p -- "$CACHE"
  exec 9>"$CACHE/$1.lock"
  flock 9
  if [[ ! -f $PYTHON_ENVIRONMENT/complete ]]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || die 'needs python3 3.11 or newer with venv (Debian: python3-venv)'
    rm -rf -- "$PYTHON_ENVIRONMENT"
    python3 -m venv "$PYTHON_ENVIRONMENT"
    "$PYTHON_ENVIRONMENT/bin/pip" "${PIP_INSTALL[@]}" --quiet --no-cache-dir -r "$requirements"
    [[ -z ${2:-} ]] || "$2"
    touch -- "$PYTHON_ENVIRONMENT/complete"
  fi
  exec 9>&-
}
