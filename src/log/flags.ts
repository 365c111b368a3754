/** The logging flags that every component has (k8s.io/component-base/logs), and the logger that they ask for. */
import type { FlagTable } from '../flags/flags.ts'
import { createLogger, type Logger } from './log.ts'

export const logFlags = {
  v: { type: 'int', short: 'v', default: 0, doc: 'How much is logged: 4 and up adds what is for debugging.' },
  'logging-format': { type: 'string', default: 'text', value: 'format', doc: 'How log lines are written: text or json.' },
} as const satisfies FlagTable

interface Asked {
  readonly values: Readonly<Record<string, unknown>>
  readonly stderr: { write(line: string): unknown }
}

export function loggerOf(component: string, { values, stderr }: Asked): Logger {
  const format = values['logging-format']
  if (format !== 'text' && format !== 'json') throw new Error(`--logging-format: ${format} is neither text nor json`)
  return createLogger(component, {
    level: (values['v'] as number) >= 4 ? 'debug' : 'info',
    format,
    write: (line) => void stderr.write(line),
  })
}
