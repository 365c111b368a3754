/** Logs as upstream's klog writes them: a constant message and fields, one line each, text or JSON, to one writer. */

export interface Logger {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
  /** A logger that adds these fields to every line. */
  with(fields: Fields): Logger
}
export type Fields = Readonly<Record<string, unknown>>
export const levels = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof levels)[number]

export interface LoggerOptions {
  /** Lines below this level are not written. Default info. */
  readonly level?: Level
  readonly format?: 'text' | 'json'
  readonly write?: (line: string) => void
  readonly now?: () => Date
}

export function createLogger(component: string, options: LoggerOptions = {}, bound: Fields = {}): Logger {
  const { level = 'info', format = 'text', write = (line) => process.stderr.write(line), now = () => new Date() } = options
  const least = levels.indexOf(level)
  const at = (index: number) => (message: string, fields?: Fields) => {
    if (index < least) return
    const all = fields ? { ...bound, ...fields } : bound
    write(
      format === 'json'
        ? jsonLine(now(), levels[index] as Level, component, message, all)
        : textLine(now(), 'DIWE'[index] as string, component, message, all),
    )
  }
  return {
    debug: at(0),
    info: at(1),
    warn: at(2),
    error: at(3),
    with: (fields) => createLogger(component, options, { ...bound, ...fields }),
  }
}

/** Writes nothing: for tests and for parts that have no log of their own. */
export const noLog: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => noLog }

function jsonLine(time: Date, level: Level, component: string, message: string, fields: Fields): string {
  const plain = Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, v instanceof Error ? v.message : v]))
  return `${JSON.stringify({ ts: time.toISOString(), level, logger: component, msg: message, ...plain })}\n`
}

function textLine(time: Date, letter: string, component: string, message: string, fields: Fields): string {
  let line = `${letter}${time.toISOString()} ${component}] ${JSON.stringify(message)}`
  for (const key in fields) {
    const value = fields[key]
    if (value === undefined) continue
    line += ` ${key}=${typeof value === 'string' ? JSON.stringify(value) : value instanceof Error ? JSON.stringify(value.message) : (JSON.stringify(value) ?? String(value))}`
  }
  return `${line}\n`
}
