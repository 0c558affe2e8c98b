#!/usr/bin/env bash
# hack/lib/completion-tests.sh EXECUTABLE: what shells are given for completion is what they can read, and kubectl gets the same.
# Needs: the executable; zsh and fish are used if they are there.
# Leaves: nothing. Ends with 1 when something else is completed.
set -euo pipefail

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT EXECUTABLE=$1
FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/completion.XXXXXX")
readonly FOLDER
trap 'rm -rf -- "$FOLDER"' EXIT
ln -s -- "$(realpath -- "$EXECUTABLE")" "$FOLDER/kubectl-lanyard"

for shell in bash zsh fish; do
  "$EXECUTABLE" --generate-completion-script "$shell" >"$FOLDER/$shell"
  ! command -v "$shell" >/dev/null || "$shell" -n "$FOLDER/$shell"
done

# complete EXPECTED WORD…: what kubectl is told, in one line.
complete() {
  local expected=$1 seen; shift
  seen=$(PATH=$FOLDER:$PATH "$ROOT/manifests/kubectl/kubectl_complete-lanyard" "$@" | tr '\n' ' ')
  [[ $seen == "$expected " ]] || { printf 'completion of "%s": %s, and not %s\n' "$*" "$seen" "$expected"; exit 1; }
}
complete 'validate vault-policy :4' va
complete 'check :4' config c
complete '--policy-name :4' vault-policy --config a --pol
complete 'table json yaml :4' doctor -o ''
complete 'table json yaml :4' doctor --output=''   # kubectl's scripts put the option before them
complete 'json :4' doctor --config=a --output=j
complete ':0' validate -f h   # files are left to the shell
complete ':0' vault-policy --kubeconfig=h
complete ':4' uninstall --namespace ''   # and what nobody knows is nothing
printf 'completion: bash, zsh and fish are served, and kubectl\n'
