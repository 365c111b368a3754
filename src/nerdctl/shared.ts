/** Sizes, ports and volumes as Docker writes them, and its question before it removes much. */
import type { Invocation } from '../flags/command.ts'
import { ExitError } from '../flags/run.ts'
import { Protocol } from '../runtime/cri/api.ts'
import type { Mount, PortMapping } from '../runtime/cri/types.ts'

/** `512m`, `1g`, in powers of 1024. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)b?$/i.exec(text)
  if (!match) throw new ExitError(`invalid size: ${JSON.stringify(text)}`)
  return Math.floor(Number(match[1]) * 1024 ** 'bkmgt'.indexOf((match[2] || 'b').toLowerCase()))
}

/** `80`, `8080:80`, `127.0.0.1:8080:80/udp`. */
export function parsePort(text: string): PortMapping {
  const [ports = '', protocol = 'tcp'] = text.split('/')
  const match = /^(?:(?:(.+):)?(\d+):)?(\d+)$/.exec(ports)
  const number = Protocol[protocol.toUpperCase() as keyof typeof Protocol]
  if (!match || number === undefined) throw new ExitError(`invalid port mapping: ${JSON.stringify(text)}`)
  const containerPort = Number(match[3])
  return { protocol: number, containerPort, hostPort: Number(match[2] ?? containerPort), hostIp: match[1] ?? '' }
}

/** `NAME-OR-PATH:PLACE[:ro]`; a name is a volume's. */
export function parseVolume(text: string, pathOf: (name: string) => string): Mount {
  const [source = '', place = '', mode = ''] = text.split(':')
  if (!place.startsWith('/')) throw new ExitError(`invalid volume: ${JSON.stringify(text)}`)
  return { hostPath: source.startsWith('/') ? source : pathOf(source), containerPath: place, readonly: mode.split(',').includes('ro') }
}
export const shortId = (id = ''): string => id.replace('sha256:', '').slice(0, 12)

export const force = { force: { type: 'bool', short: 'f', doc: 'Do not ask' } } as const

/** Asks, unless --force was given; no answer is no. */
export async function confirmed({ values, stdin, stdout, signal }: Invocation, warning: string): Promise<boolean> {
  if (values['force']) return true
  stdout.write(`${warning}\nAre you sure you want to continue? [y/N] `)
  const answer = await new Promise<string>((resolve) => {
    stdin.once('data', (chunk) => resolve(String(chunk)))
    stdin.once('end', () => resolve(''))
    signal.addEventListener('abort', () => resolve(''))
  })
  stdin.pause()
  return /^y/i.test(answer.trim())
}
