#!/usr/bin/env bash
# hack/lib/completion-tests.sh EXECUTABLE: types `lanyard` and `kubectl lanyard` in bash and zsh, each on a terminal, and asks fish;
# they have their scripts as docs/command-line.md says. What they complete has to be what the command has.
# Needs: the executable; Debian's zsh, fish and bash-completion; kubectl, or what KUBECTL names. Before 1.26 that asks no plugin.
# Leaves: nothing. Ends with 1 when something else is completed.
set -euo pipefail

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT EXECUTABLE=$1 PATIENCE=30
FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/completion.XXXXXX")
readonly FOLDER
trap 'rm -rf -- "$FOLDER"' EXIT
FAILED='' KEYS=''

# Lines, and what completes each, in the order of `sort`; it is the same everywhere.
CASES=(
  'lanyard va|validate vault-policy'
  'lanyard config c|check'
  'lanyard validate --o|--output'
  'lanyard uninstall --remove --d|--destroy-mounts --dry-run'
  'lanyard validate -o |github json table yaml'
  'lanyard doctor --output j|json'
  'lanyard controller --log-level |critical debug error info notice trace warning'
  'lanyard crds vaultmounts vaultr|vaultrolebindings'
  'lanyard bundle --namespace |'
)
readonly PLUGIN_CASES=(
  'kubectl lanyard va|validate vault-policy'
  'kubectl lanyard validate -o |github json table yaml'
  'kubectl lanyard doctor --output=j|--output=json'
  'kubectl lanyard bundle --namespace |'
)

# expect WHERE WHAT EXPECTED SEEN
expect() {
  [[ $4 != "$3" ]] || return 0
  printf '%s completes "%s" with "%s", and not with "%s"\n' "$1" "$2" "$4" "$3"
  FAILED=yes
}

lay_folder() {
  local kubectl
  kubectl=$(command -v -- "${KUBECTL:-kubectl}")
  mkdir -p -- "$FOLDER"/{bin,home/.zfunc,home/.config/fish/completions,files/folder}
  ln -s -- "$(realpath -- "$EXECUTABLE")" "$FOLDER/bin/lanyard"
  ln -s -- lanyard "$FOLDER/bin/kubectl-lanyard"
  ln -s -- "$ROOT/manifests/kubectl/kubectl_complete-lanyard" "$FOLDER/bin"
  ln -s -- "$(realpath -s -- "$kubectl")" "$FOLDER/bin/kubectl"
  mkfifo -- "$FOLDER/keys" "$FOLDER/answers"
  touch -- "$FOLDER"/files/{'two words.yaml',folder/inner.yaml}
  exec {ANSWERS}<>"$FOLDER/answers"
  export HOME=$FOLDER/home PATH=$FOLDER/bin:$PATH SHELL=/bin/sh TERM=xterm INPUTRC=/dev/null LC_ALL=C.UTF-8
  unset KUBECONFIG ZDOTDIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME
  cd -- "$FOLDER/files"
}

kubectl_minor() { kubectl version --client -o json | sed -nE 's/^ *"minor": "([0-9]+).*/\1/p'; }

# What a user has, and two keys: ^X^A types all that can be completed here, ^X^P tells the line and empties it.
write_bash() {
  cat >~/.bashrc <<TEXT
source /usr/share/bash-completion/bash_completion
source <(lanyard --generate-completion-script bash)
(($MINOR < 26)) || source <(kubectl completion bash)
tell() { printf '%s\n' "\$READLINE_LINE" >"$FOLDER/answers"; READLINE_LINE=''; }
bind '"\C-x\C-a": insert-completions'
bind -x '"\C-x\C-p": tell'
printf 'ready\n' >"$FOLDER/answers"
TEXT
}

write_zsh() {
  lanyard --generate-completion-script zsh >~/.zfunc/_lanyard
  cat >~/.zshrc <<TEXT
fpath=(~/.zfunc \$fpath)
autoload -Uz compinit
compinit -u
(($MINOR < 26)) || source <(kubectl completion zsh)
bindkey -e
zstyle ':completion:all:*' completer _all_matches _complete
zstyle ':completion:all:*' insert true
zle -C all complete-word _generic
bindkey '^X^A' all
tell() { print -r -- "\$BUFFER" >"$FOLDER/answers"; BUFFER=''; }
zle -N tell
bindkey '^X^P' tell
zle-line-init() { print ready >"$FOLDER/answers"; }
zle -N zle-line-init
TEXT
}

write_fish() {
  lanyard --generate-completion-script fish >~/.config/fish/completions/lanyard.fish
  ((MINOR < 26)) || kubectl completion fish >~/.config/fish/completions/kubectl.fish
}

await_answer() { # SHELL
  ANSWER=''
  ! IFS= read -r -t "$PATIENCE" ANSWER <&"$ANSWERS" || return 0
  printf '%s does not answer; on its screen is\n' "$1"
  tr -cd '[:print:]\n' <"$FOLDER/screen"
  exit 1
}

# line_of SHELL KEYS: ANSWER is what the line is after them.
line_of() {
  (printf '%s\x18\x10' "$2" >&"$KEYS") || true   # a shell that is gone does not answer
  await_answer "$1"
}

# try_on_terminal SHELL: it ends when nobody has its keyboard any more.
try_on_terminal() {
  local shell=$1 terminal command case line
  timeout -k 1 $((4 * PATIENCE)) script -qec "$shell -i" /dev/null <"$FOLDER/keys" >"$FOLDER/screen" 2>&1 &
  terminal=$!
  exec {KEYS}>"$FOLDER/keys"
  await_answer "$shell"
  for case in "${CASES[@]}"; do
    line=${case%%|*}
    line_of "$shell" "$line"$'\x18\x01'
    # The word that was begun is part of what is completed.
    expect "$shell" "$line" "${case##*|}" "$(words "${ANSWER#"${line% *} "}")"
  done
  for command in "${COMMANDS[@]}"; do
    line_of "$shell" "$command validate -f fo"$'\t\t'
    expect "$shell" "$command validate -f fo" "$command validate -f folder/inner.yaml " "$ANSWER"
    line_of "$shell" "$command doctor --config tw"$'\t'
    expect "$shell" "$command doctor --config tw" "$command doctor --config two\\ words.yaml " "$ANSWER"
  done
  exec {KEYS}>&-
  wait "$terminal" || true
}

words() { xargs -n 1 <<<"$1" | sort | paste -sd ' '; }

# It tells candidates by itself.
try_fish() {
  local command case files=()
  for command in "${COMMANDS[@]}"; do
    files+=("$command validate -f fo|folder/" "$command validate -f folder/|folder/inner.yaml" "$command doctor --config tw|two words.yaml")
  done
  for case in "${CASES[@]}" "${files[@]}"; do
    # shellcheck disable=SC2016   # fish's
    expect fish "${case%%|*}" "${case##*|}" \
      "$(fish -c 'complete -C $argv[1]' "${case%%|*}" | cut -f 1 | sort | paste -sd ' ')"
  done
}

# ask EXPECTED WORD…: what kubectl is told, in one line; at the end 0, when files may come, too, or 4.
ask() {
  local expected=$1; shift
  expect kubectl_complete-lanyard "$*" "$expected" "$(kubectl_complete-lanyard "$@" | paste -sd ' ')"
}

try_plugin() {
  ask 'validate vault-policy :4' va
  ask 'check :4' config c
  ask '--policy-listing --policy-name :4' vault-policy --config a --pol
  ask 'table json yaml :4' doctor -o ''
  ask 'table json yaml :4' doctor --output=''   # kubectl's scripts put the option before them
  ask 'json :4' doctor --config=a --output=j
  ask ':0' validate -f fo   # files are left to the shell
  ask ':0' vault-policy --kubeconfig=fo
  ask ':4' uninstall --namespace ''   # and what nobody knows is nothing
}

lay_folder
COMMANDS=(lanyard)
MINOR=$(kubectl_minor)
readonly MINOR=${MINOR:?kubectl does not say its version}
if ((MINOR >= 26)); then COMMANDS+=('kubectl lanyard') CASES+=("${PLUGIN_CASES[@]}"); fi
write_bash
write_zsh
write_fish
try_plugin
try_on_terminal bash
try_on_terminal zsh
try_fish
[[ -z $FAILED ]] || exit 1
printf 'completion: bash, zsh and fish complete %s\n' "$(printf '%s, ' "${COMMANDS[@]}" | sed 's/, $//')"
((MINOR >= 26)) || printf 'kubectl 1.%s asks no plugin: in the shells kubectl lanyard was not tried\n' "$MINOR"
