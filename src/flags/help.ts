/** Help texts from flag tables, in cobra's layout. */
import type { Command } from './command.ts'
import { type FlagSpec, type FlagTable, formatDuration } from './flags.ts'

export function helpText(command: Command, path: readonly string[], flags: FlagTable): string {
  const usage = command.usage ?? `${path.join(' ')}${command.commands ? ' COMMAND' : ''} [flags]`
  const commands = Object.keys(command.commands ?? {})
  const visible = Object.entries(flags).filter(([, spec]) => !spec.hidden)
  return [
    command.summary,
    '',
    'Usage:',
    `  ${usage}`,
    ...(commands.length ? ['', 'Commands:', ...columns(commands)] : []),
    ...(visible.length ? ['', 'Flags:', ...flagLines(visible)] : []),
    '',
  ].join('\n')
}

function columns(names: readonly string[]): string[] {
  const width = Math.max(...names.map((n) => n.length)) + 2
  const perLine = Math.max(1, Math.floor(76 / width))
  return Array.from({ length: Math.ceil(names.length / perLine) }, (_, row) =>
    `  ${names
      .slice(row * perLine, (row + 1) * perLine)
      .map((n) => n.padEnd(width))
      .join('')}`.trimEnd(),
  )
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
