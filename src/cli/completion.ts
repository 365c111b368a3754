/** `kijabi completion bash|zsh`: completes programs; kubectl completes its own words through `kijabi kubectl __complete`. */
import type { Command } from '../flags/command.ts'
import { ExitError } from '../flags/run.ts'
import { isBuilt, programs } from './programs.ts'

export const command: Command = {
  summary: 'Print a completion script: source <(kijabi completion bash)',
  usage: 'kijabi completion bash|zsh',
  async run({ args, stdout }) {
    const names = Object.keys(programs).filter(isBuilt).join(' ')
    if (args[0] === 'bash') stdout.write(`complete -W "${names}" kijabi\n`)
    else if (args[0] === 'zsh') stdout.write(`compdef '_arguments "1: :(${names})"' kijabi\n`)
    else throw new ExitError('kijabi completion: say which shell, bash or zsh')
    return 0
  },
}
