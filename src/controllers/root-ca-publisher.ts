/** Publishes the API server's authority to every namespace, where pods mount it (pkg/controller/certificates/rootcacertpublisher). */
import { isAlreadyExists } from '../api/errors.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { isNamespaceTerminating } from './pods.ts'

const name = 'kube-root-ca.crt'
const description = 'kubernetes.io/description'
const descriptionText =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

export function createRootCaPublisher({ client, informers, options }: ControllerDeps): Controller {
  const controllerName = 'root-ca-certificate-publisher-controller'
  const { rootCa } = options
  // Without an authority there is nothing to publish.
  if (rootCa === undefined) return { name: controllerName, wake: () => [], reconcile: async () => {} }
  const namespaces = informers.of('namespaces')
  const configMaps = informers.of('configmaps', { fieldSelector: `metadata.name=${name}` })
  return {
    name: controllerName,
    wake(queue) {
      namespaces.addHandler({
        added: (ns) => queue.add(ns.metadata.name),
        updated: (ns) => queue.add(ns.metadata.name),
      })
      const changed = (map: { metadata: { namespace: string } }) => queue.add(map.metadata.namespace)
      configMaps.addHandler({ updated: changed, deleted: changed })
      return [namespaces, configMaps]
    },
    async reconcile(namespace) {
      const ns = namespaces.get(undefined, namespace)
      if (!ns || ns.metadata.deletionTimestamp || ns.status.phase === 'Terminating') return
      const data = { 'ca.crt': rootCa }
      const have = configMaps.get(namespace, name)
      if (!have) {
        try {
          await client.create('configmaps', { metadata: { namespace, name, annotations: { [description]: descriptionText } }, data })
        } catch (error) {
          if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error
        }
        return
      }
      const same = Object.keys(have.data ?? {}).length === 1 && have.data?.['ca.crt'] === rootCa
      if (same && have.metadata.annotations?.[description]) return
      const annotations = { ...have.metadata.annotations, [description]: descriptionText }
      await client.update('configmaps', { ...have, metadata: { ...have.metadata, annotations }, data })
    },
  }
}
