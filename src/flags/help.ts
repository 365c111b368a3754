/** Help texts from flag tables, in cobra's layout. */
import type { Command } from './command.ts'
import { type FlagSpec, type FlagTable, formatDuration } from './flags.ts'

/** Loads the commands below this one for their summaries: help is the one place that needs them all. */
export async function helpText(command: Command, path: readonly string[], flags: FlagTable): Promise<string> {
  const usage = command.usage ?? `${path.join(' ')}${command.commands ? ' COMMAND' : ''} [flags]`
  const commands = await commandLines(command.commands ?? {})
  const visible = Object.entries(flags).filter(([, spec]) => !spec.hidden)
  return [
    command.summary,
    '',
    'Usage:',
    `  ${usage}`,
    ...(commands.length ? ['', 'Commands:', ...commands] : []),
    ...(visible.length ? ['', 'Flags:', ...flagLines(visible)] : []),
    '',
  ].join('\n')
}

/** A line a command, its aliases behind its name. */
async function commandLines(commands: NonNullable<Command['commands']>): Promise<string[]> {
  const found = new Map<unknown, { names: string[]; summary: string }>()
  for (const [name, load] of Object.entries(commands)) {
    const { run, summary } = (await load()).command
    const same = run ?? summary // a group of commands has nothing to run
    const entry = found.get(same) ?? { names: [], summary }
    entry.names.push(name)
    found.set(same, entry)
  }
  const rows = [...found.values()].map(({ names, summary }) => ({ head: names.join(', '), summary }))
  const width = Math.max(...rows.map(({ head }) => head.length)) + 3
  return rows.map(({ head, summary }) => `  ${head.padEnd(width)}${summary}`)
}

function flagLines(flags: readonly (readonly [string, FlagSpec])[]): string[] {
  const heads = flags.map(([name, spec]) => {
    const value = spec.type === 'bool' || spec.type === 'count' ? '' : ` ${spec.value ?? spec.type}`
    return `  ${spec.short ? `-${spec.short}, ` : '    '}--${name}${value}`
  })
  const width = Math.min(40, Math.max(...heads.map((h) => h.length)) + 2)
  return flags.map(([, spec], i) => {
    const head = heads[i] as string
    return `${head.length < width ? head.padEnd(width) : `${head}\n${' '.repeat(width)}`}${spec.doc}${defaultText(spec)}`
  })
}

function defaultText({ type, default: value }: FlagSpec): string {
  if (value === undefined || value === '' || value === false) return ''
  return ` (default ${type === 'duration' ? formatDuration(value as number) : JSON.stringify(value)})`
}
