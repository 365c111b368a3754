/** `kubectl completion bash|zsh`: completes commands and their flags; the script asks no server. */
import type { Command } from '../../flags/command.ts'
import { UsageError } from '../errors.ts'
import { globalFlags, kubectlCommand } from '../factory.ts'

export const command = kubectlCommand({
  summary: 'Print a completion script.',
  usage: 'kubectl completion SHELL',
  async run(factory) {
    const [shell] = factory.args
    if (!shell) throw new UsageError('Shell not specified.')
    if (factory.args.length > 1) throw new UsageError('Too many arguments. Expected only the shell type.')
    if (shell !== 'bash' && shell !== 'zsh') throw new UsageError(`Unsupported shell type ${JSON.stringify(shell)}.`)
    const { command: root } = await import('../command.ts')
    const cases: string[] = []
    const add = async (words: string, command: Command) => {
      const below = Object.entries(command.commands ?? {})
      const flags = Object.keys({ ...globalFlags, ...command.flags }).map((flag) => `--${flag}`)
      cases.push(`    '${words}') words='${[...below.map(([name]) => name), ...flags].join(' ')}' ;;`)
      for (const [name, load] of below) await add(`${words} ${name}`, (await load()).command)
    }
    await add('kubectl', root)
    factory.out(`${shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}${script(cases)}`)
  },
})

const script = (cases: readonly string[]): string => `_kubectl() {
  local current=\${COMP_WORDS[COMP_CWORD]} path=kubectl word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) path="$path $word" ;; esac
  done
  case $path in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _kubectl kubectl
`
