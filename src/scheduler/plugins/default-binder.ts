/** Binds a pod to its node by a Binding. */
import type { Client } from '../../client/client.ts'
import type { Plugin } from '../framework.ts'

export function createDefaultBinder({ client }: { client: Client }): Plugin {
  return {
    name: 'DefaultBinder',
    async bind({ pod }, node) {
      const { namespace, name, uid } = pod.metadata
      const target = { apiVersion: 'v1', kind: 'Node', name: node.name }
      const body = { apiVersion: 'v1', kind: 'Binding', metadata: { namespace, name, uid }, target }
      await client.createSubresource('pods', { namespace, name }, 'binding', body)
      return true
    },
  }
}
