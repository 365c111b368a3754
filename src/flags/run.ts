/** Runs a command tree: finds the command that the words name, reads its flags, prints help, turns errors into exit codes. */
import type { Command, Invocation } from './command.ts'
import { FlagError, type FlagTable, parseFlags } from './flags.ts'

export interface Process {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly signal: AbortSignal
}

/** An error whose message is for the user as it stands, with an exit code of its own. */
export class ExitError extends Error {
  readonly code: number
  constructor(message: string, code = 1) {
    super(message)
    this.code = code
  }
}

export async function runCommand(root: Command, name: string, argv: readonly string[], io: Process): Promise<number> {
  const path = [name]
  let command = root
  const rest = [...argv]
  let flags: FlagTable = { ...helpFlag, ...root.flags }
  try {
    while (command.commands) {
      const at = firstWord(rest, flags)
      const word = at < 0 ? undefined : (rest[at] as string)
      if (word === undefined) break
      const load = command.commands[word]
      if (!load) {
        if (command.run) break
        throw new ExitError(`unknown command "${word}" for "${path.join(' ')}"\nSee '${path.join(' ')} --help' for usage.`)
      }
      command = (await load()).command
      path.push(word)
      rest.splice(at, 1)
      flags = { ...flags, ...command.flags }
    }
    const parsed = parseFlags(flags, rest, { interspersed: command.interspersed ?? true })
    if (parsed.values['help'] || !command.run) {
      const { helpText } = await import('./help.ts')
      io.stdout.write(await helpText(command, path, flags))
      return 0
    }
    const invocation: Invocation = {
      ...parsed,
      path,
      env: io.env,
      signal: io.signal,
      get stdin() {
        return io.stdin
      },
      get stdout() {
        return io.stdout
      },
      get stderr() {
        return io.stderr
      },
    }
    return await command.run(invocation)
  } catch (error) {
    if (error instanceof FlagError) io.stderr.write(`error: ${error.message}\nSee '${path.join(' ')} --help' for usage.\n`)
    else if (error instanceof ExitError) io.stderr.write(`${error.message}\n`)
    else
      io.stderr.write(
        `error: ${error instanceof Error ? error.message : String(error)}\n${io.env['KIJABI_DEBUG'] && error instanceof Error ? `${error.stack}\n` : ''}`,
      )
    return error instanceof ExitError ? error.code : 1
  }
}

const helpFlag: FlagTable = { help: { type: 'bool', short: 'h', doc: 'Print this help.' } }

/** The index of the first word that is no flag and no flag's value; -1 when there is none. */
function firstWord(argv: readonly string[], flags: FlagTable): number {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string
    if (word === '--') return -1
    if (!word.startsWith('-') || word === '-') return i
    if (word.includes('=')) continue
    const spec = word.startsWith('--') ? flags[word.slice(2)] : Object.values(flags).find((f) => f.short === word.at(-1))
    const takesNext =
      spec && spec.type !== 'bool' && spec.type !== 'count' && spec.bare === undefined && (word.startsWith('--') || word.length === 2)
    if (takesNext) i++
  }
  return -1
}
