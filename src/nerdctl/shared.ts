/** What nerdctl's commands share: the connection from flags, and reading of sizes, ports and volumes as Docker writes them. */
import type { Command, Invocation } from '../flags/command.ts'
import type { FlagTable } from '../flags/flags.ts'
import { ExitError } from '../flags/run.ts'
import { Protocol } from '../runtime/cri/api.ts'
import { defaultEndpoint } from '../runtime/cri/client.ts'
import type { Mount, PortMapping } from '../runtime/cri/types.ts'
import { connectEngine, type EngineClient } from '../runtime/engine/client.ts'

export const globalFlags: FlagTable = {
  address: { type: 'string', short: 'a', value: 'ADDRESS', doc: 'The socket of the runtime (CONTAINERD_ADDRESS)' },
  namespace: { type: 'string', short: 'n', default: 'default', value: 'NAME', doc: 'The namespace (CONTAINERD_NAMESPACE)' },
}

export function nerdctl(
  spec: Omit<Command, 'run'>,
  run: (client: EngineClient, invocation: Invocation) => Promise<number | undefined>,
): Command {
  return {
    ...spec,
    async run(invocation) {
      const { values, env, given } = invocation
      const endpoint = (values['address'] as string) || env['CONTAINERD_ADDRESS'] || env['CONTAINER_RUNTIME_ENDPOINT'] || defaultEndpoint
      const namespace = given.has('namespace')
        ? (values['namespace'] as string)
        : env['CONTAINERD_NAMESPACE'] || (values['namespace'] as string)
      const client = connectEngine(endpoint, namespace)
      try {
        return (await run(client, invocation)) ?? 0
      } finally {
        client.close()
      }
    },
  }
}

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
