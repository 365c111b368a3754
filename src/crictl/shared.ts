/** What crictl's commands share: the connection from flags, IDs from what was typed, output in the wanted form. */
import { existsSync, readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import type { Command, Invocation } from '../flags/command.ts'
import { type FlagTable, parseDuration } from '../flags/flags.ts'
import { ExitError } from '../flags/run.ts'
import { ContainerState, PodSandboxState } from '../runtime/cri/api.ts'
import { type CriClient, connectCri, defaultEndpoint, toJson } from '../runtime/cri/client.ts'

export const globalFlags: FlagTable = {
  'runtime-endpoint': { type: 'string', short: 'r', value: 'ADDRESS', doc: 'The socket of the runtime (CONTAINER_RUNTIME_ENDPOINT)' },
  'image-endpoint': { type: 'string', short: 'i', value: 'ADDRESS', doc: 'The socket of the image service; the runtime’s own without it' },
  timeout: { type: 'duration', short: 't', default: 2000, doc: 'How long to wait for the connection' },
  debug: { type: 'bool', short: 'D', doc: 'Print where an error came from' },
  config: { type: 'string', short: 'c', default: '/etc/crictl.yaml', value: 'FILE', doc: 'The configuration file (CRI_CONFIG_FILE)' },
}
export const output = (fallback: string): FlagTable => ({
  output: { type: 'string', short: 'o', default: fallback, value: 'FORM', doc: 'json, yaml or table' },
})

interface CrictlConfig {
  readonly 'runtime-endpoint'?: string
  readonly 'image-endpoint'?: string
}
/** Makes a command whose function is given the connection, which is closed afterwards. */
export function crictl(
  spec: Omit<Command, 'run'>,
  run: (client: CriClient, invocation: Invocation) => Promise<number | undefined>,
): Command {
  return {
    ...spec,
    async run(invocation) {
      const { values, env } = invocation
      const file = env['CRI_CONFIG_FILE'] ?? (values['config'] as string)
      const config = existsSync(file) ? ((load(readFileSync(file, 'utf8')) ?? {}) as CrictlConfig) : {}
      const endpoint =
        (values['runtime-endpoint'] as string) || env['CONTAINER_RUNTIME_ENDPOINT'] || config['runtime-endpoint'] || defaultEndpoint
      const imageEndpoint = (values['image-endpoint'] as string) || env['IMAGE_SERVICE_ENDPOINT'] || config['image-endpoint'] || endpoint
      const main = connectCri(endpoint)
      const other = imageEndpoint === endpoint ? undefined : connectCri(imageEndpoint)
      try {
        return (await run(other ? { ...main, images: other.images } : main, invocation)) ?? 0
      } finally {
        main.close()
        other?.close()
      }
    },
  }
}

export function print(invocation: Invocation, form: string, value: unknown): void {
  if (form === 'json') invocation.stdout.write(`${toJson(value)}\n`)
  else if (form === 'yaml') invocation.stdout.write(toYaml(JSON.parse(toJson(value))))
  else throw new ExitError(`unsupported output format ${JSON.stringify(form)}`)
}
function toYaml(value: unknown, indent = ''): string {
  if (Array.isArray(value))
    return value.length === 0 ? `${indent}[]\n` : value.map((item) => `${indent}- ${toYaml(item, `${indent}  `).trimStart()}`).join('')
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
    if (entries.length === 0) return `${indent}{}\n`
    return entries
      .map(([key, item]) => {
        const nested = item !== null && typeof item === 'object' && Object.keys(item).length > 0
        return nested ? `${indent}${key}:\n${toYaml(item, `${indent}  `)}` : `${indent}${key}: ${toYaml(item).trimStart()}`
      })
      .join('')
  }
  return `${indent}${typeof value === 'string' ? JSON.stringify(value) : String(value)}\n`
}

export const shortId = (id = ''): string => id.replace('sha256:', '').slice(0, 13)

/** The container or pod that a typed ID, or the beginning of one, means. */
export async function containerId({ runtime }: CriClient, typed: string | undefined): Promise<string> {
  if (!typed) throw new ExitError('ID cannot be empty')
  const { containers = [] } = await runtime.ListContainers({ filter: { id: typed } })
  return only(
    containers.map((c) => c.id as string),
    'container',
    typed,
  )
}
export async function podId({ runtime }: CriClient, typed: string | undefined): Promise<string> {
  if (!typed) throw new ExitError('ID cannot be empty')
  const { items = [] } = await runtime.ListPodSandbox({ filter: { id: typed } })
  return only(
    items.map((p) => p.id as string),
    'pod',
    typed,
  )
}
function only(ids: string[], kind: string, typed: string): string {
  if (ids.length > 1) throw new ExitError(`${JSON.stringify(typed)} is the beginning of ${ids.length} ${kind} IDs`)
  if (!ids[0]) throw new ExitError(`${kind} with ID starting with ${typed} not found: ID does not exist`)
  return ids[0]
}

export const containerStates = ['Created', 'Running', 'Exited', 'Unknown']
export const podStates = ['Ready', 'NotReady']
export function stateNumber(name: string, kind: 'container' | 'pod'): number | undefined {
  if (!name) return undefined
  const names = Object.keys(kind === 'container' ? ContainerState : PodSandboxState)
  const found = names.findIndex((n) => n.toLowerCase().replace(/^(container|sandbox)_/, '') === name.toLowerCase())
  if (found < 0) throw new ExitError(`unknown state ${JSON.stringify(name)}`)
  return found
}
export function readConfig<T>(path: string | undefined): T {
  if (!path) throw new ExitError('a config file is needed')
  return load(readFileSync(path === '-' ? 0 : path, 'utf8')) as T
}
/** Protobuf's JSON takes snake_case as well; the runtime knows the other. */
export function camelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCase)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, key === 'labels' || key === 'annotations' || key === 'sysctls' ? item : camelCase(item)])
      .map(([key, item]) => [(key as string).replace(/_([a-z])/g, (_m, c: string) => c.toUpperCase()), item]),
  )
}
export function sinceMs(text: string): number | undefined {
  if (!text) return undefined
  const duration = parseDuration(text)
  if (duration !== undefined) return Date.now() - duration
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new ExitError(`invalid time ${JSON.stringify(text)}`)
  return time
}
/** Does it to each ID given, or to all; says each, and fails when one did. */
export async function each(
  ids: readonly string[],
  { stdout, stderr }: Invocation,
  verb: string,
  work: (id: string) => Promise<unknown>,
): Promise<number> {
  let failed = 0
  for (const id of ids) {
    try {
      await work(id)
      stdout.write(`${verb} ${id}\n`)
    } catch (error) {
      failed++
      stderr.write(`${verb.toLowerCase()} ${id}: ${(error as Error).message}\n`)
    }
  }
  return failed > 0 ? 1 : 0
}
