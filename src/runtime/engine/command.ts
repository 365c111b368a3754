/** What the commands of ctr and nerdctl have in common: the runtime's socket and namespace, from flags as from the environment. */
import type { Command, Invocation } from '../../flags/command.ts'
import type { FlagTable } from '../../flags/flags.ts'
import { defaultEndpoint } from '../cri/client.ts'
import { connectEngine, type EngineClient } from './client.ts'

export const globalFlags: FlagTable = {
  address: { type: 'string', short: 'a', value: 'ADDRESS', doc: 'The socket of the runtime (CONTAINERD_ADDRESS)' },
  namespace: { type: 'string', short: 'n', default: 'default', value: 'NAME', doc: 'The namespace (CONTAINERD_NAMESPACE)' },
}

export function engineCommand(
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
