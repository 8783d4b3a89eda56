// `reeve completion`: what a shell needs to complete commands and options, made from the commands themselves.
import { Argument, Command } from 'commander'
import { pathOf, withSubcommands } from './exit.ts'
import { writeTo } from './terminal/write-out.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

const EXAMPLES = `
Examples:
  reeve completion bash > ~/.local/share/bash-completion/completions/reeve
  reeve completion zsh > ~/.zfunc/_reeve             with ~/.zfunc in fpath, before compinit
  reeve completion fish > ~/.config/fish/completions/reeve.fish
`

export function completionCommand(): Command {
  const command = new Command('completion')
    .description('write the completion script of a shell')
    .addArgument(new Argument('<shell>', 'which').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
  return command.action(async (shell: Shell) => {
    await writeTo(process.stdout, [WRITERS[shell](placesOf(rootOf(command)))])
  })
}

const rootOf = (command: Command): Command => (command.parent === null ? command : rootOf(command.parent))

interface Place {
  /** `reeve principals`: the words so far. */
  readonly path: string
  readonly words: readonly { readonly word: string; readonly says: string }[]
}

/** Every command with what may follow it: subcommands, then options. */
function placesOf(program: Command): Place[] {
  return withSubcommands(program).map((command) => ({
    path: pathOf(command),
    words: [
      ...command.commands.map((below) => ({ word: below.name(), says: below.description() })),
      ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices.map((word) => ({ word, says: '' }))),
      ...command
        .createHelp()
        .visibleOptions(command)
        .flatMap(({ long, description }) =>
          long === undefined || long === null ? [] : [{ word: long, says: description }],
        ),
    ],
  }))
}

const WRITERS: Readonly<Record<Shell, (places: readonly Place[]) => string>> = { bash, zsh, fish }

/** In single quotes nothing is special but the quote itself. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

function bash(places: readonly Place[]): string {
  const cases = places.map(
    ({ path, words }) => `    ${quoted(path)}) words=${quoted(words.map(({ word }) => word).join(' '))} ;;`,
  )
  return `# completion of reeve for bash
_reeve() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path=reeve words= at next
  for ((at = 1; at < COMP_CWORD; at++)); do
    next="\${COMP_WORDS[at]}"
    case "$path $next" in
${patterns(places, '      ')}
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  # what is no word of ours is a file
  if [ \${#COMPREPLY[@]} -eq 0 ]; then
    compopt -o default 2>/dev/null
  fi
}
complete -F _reeve reeve
`
}

/** The lines of a case that goes down into a subcommand. */
const patterns = (places: readonly Place[], indent: string): string =>
  places
    .slice(1)
    .map(({ path }) => `${indent}${quoted(path)}) path=${quoted(path)} ;;`)
    .join('\n')

function zsh(places: readonly Place[]): string {
  const described = ({ word, says }: Place['words'][number]): string =>
    quoted(`${word.replaceAll(':', String.raw`\:`)}:${says.split('\n')[0] ?? ''}`)
  const cases = places.map(
    ({ path, words }) => `    ${quoted(path)}) found=(${words.map((one) => described(one)).join(' ')}) ;;`,
  )
  return `#compdef reeve
# completion of reeve for zsh
_reeve() {
  local reeve_path=reeve at
  local -a found
  for ((at = 2; at < CURRENT; at++)); do
    case "$reeve_path \${words[at]}" in
${patterns(places, '      ').replaceAll(' path=', ' reeve_path=')}
    esac
  done
  case "$reeve_path" in
${cases.join('\n')}
  esac
  _describe 'reeve' found || _files
}
if [ "$funcstack[1]" = _reeve ]; then _reeve "$@"; else compdef _reeve reeve; fi
`
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words }) =>
    words.map(({ word, says }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`
      return `complete -c reeve -n ${fishQuoted(`__reeve_at ${fishQuoted(path)}`)} ${what} -d ${fishQuoted(says.split('\n')[0] ?? '')}`
    }),
  )
  return `# completion of reeve for fish
function __reeve_at
  set -l path reeve
  for word in (commandline -opc)[2..]
    switch "$path $word"
${places
  .slice(1)
  .map(({ path }) => `      case ${fishQuoted(path)}\n        set path ${fishQuoted(path)}`)
  .join('\n')}
    end
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`
}

const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
