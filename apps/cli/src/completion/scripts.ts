/** Shells that can complete our commands. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * What a shell is to run once. Each asks `layerline complete -- WORDS…` for what can stand in place of the last word: a line for
 * each candidate, after a tab what it is; `:files` and `:folders` for paths, which the shell itself knows best.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# Completion of layerline in bash. In ~/.bashrc: eval "$(layerline completion bash)"
_layerline() {
  local line path current="\${COMP_WORDS[COMP_CWORD]}"
  [[ $current == = ]] && current=
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files | :folders)
        compopt -o filenames 2>/dev/null
        while IFS= read -r path; do
          COMPREPLY+=("$path")
        done < <(compgen "$([[ $line == :files ]] && echo -f || echo -d)" -- "\${current/#\\~\\//$HOME/}")
        ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(layerline complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _layerline layerline
`,
  zsh: `#compdef layerline
# Completion of layerline in zsh. In ~/.zshrc, after compinit: eval "$(layerline completion zsh)"
_layerline() {
  local line
  local -a candidates paths
  while IFS= read -r line; do
    case $line in
      :files) paths=(_files) ;;
      :folders) paths=(_files -/) ;;
      *$'\\t'*) candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
      *) candidates+=("\${line//:/\\\\:}") ;;
    esac
  done < <(layerline complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  compset -P '--[^=]#='
  (( $#candidates )) && _describe -V layerline candidates
  (( $#paths )) && $paths
  return 0
}
if [[ $zsh_eval_context == *func ]]; then
  _layerline "$@"
else
  compdef _layerline layerline
fi
`,
  fish: `# Completion of layerline in fish. In ~/.config/fish/config.fish: layerline completion fish | source
function __layerline_complete
  set -l current (commandline -ct)
  set -l words (commandline -opc)
  set -a words "$current"
  set -l start (string match -r -- '^--[^=]*=' "$current")
  set -l rest (string replace -- "$start" '' "$current")
  for line in (layerline complete -- $words[2..-1] 2>/dev/null)
    switch $line
      case ':files'
        __fish_complete_path "$rest"
      case ':folders'
        __fish_complete_directories "$rest"
      case '*'
        printf '%s%s\\n' "$start" $line
    end
  end
end
complete -c layerline -f -k -a '(__layerline_complete)'
`,
};
