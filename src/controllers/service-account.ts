/** Every active namespace has the service account `default` (pkg/controller/serviceaccount). */
import { isAlreadyExists } from '../api/errors.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { isNamespaceTerminating } from './pods.ts'

export function createServiceAccountController({ client, informers }: ControllerDeps): Controller {
  const namespaces = informers.of('namespaces')
  const accounts = informers.of('serviceaccounts')
  return {
    name: 'serviceaccount-controller',
    wake(queue) {
      namespaces.addHandler({
        added: (ns) => queue.add(ns.metadata.name),
        updated: (ns) => queue.add(ns.metadata.name),
      })
      accounts.addHandler({
        deleted(account) {
          if (account.metadata.name === 'default') queue.add(account.metadata.namespace)
        },
      })
      return [namespaces, accounts]
    },
    async reconcile(name) {
      const namespace = namespaces.get(undefined, name)
      if (!namespace || namespace.metadata.deletionTimestamp || namespace.status.phase === 'Terminating') return
      if (accounts.get(name, 'default')) return
      try {
        await client.create('serviceaccounts', { metadata: { namespace: name, name: 'default' } })
      } catch (error) {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error
      }
    },
  }
}
