/** Publishes the API server's authority to every namespace, where pods mount it (pkg/controller/certificates/rootcacertpublisher). */
import { isAlreadyExists, StatusError } from '../api/errors.ts'
import { exponentialBuckets } from '../metrics/metrics.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { isNamespaceTerminating } from './pods.ts'

const name = 'kube-root-ca.crt'
const description = 'kubernetes.io/description'
const descriptionText =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

export function createRootCaPublisher({ client, clock, informers, metrics, options }: ControllerDeps): Controller {
  const controllerName = 'root-ca-certificate-publisher-controller'
  const { rootCa } = options
  // Without an authority there is nothing to publish.
  if (rootCa === undefined) return { name: controllerName, wake: () => [], reconcile: async () => {} }
  const namespaces = informers.of('namespaces')
  const configMaps = informers.of('configmaps', { fieldSelector: `metadata.name=${name}` })
  const data = { 'ca.crt': rootCa }
  const syncs = metrics.counter('root_ca_cert_publisher_sync_total', 'Looks at namespaces, by what came of them.', ['code'])
  const durations = metrics.histogram(
    'root_ca_cert_publisher_sync_duration_seconds',
    'How long they took.',
    ['code'],
    exponentialBuckets(0.001, 2, 15),
  )
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
      const began = clock.now()
      let code = '200'
      try {
        await publish(namespace)
      } catch (error) {
        code = error instanceof StatusError ? String(error.code) : '500'
        throw error
      } finally {
        syncs.add([code])
        durations.observe((clock.now() - began) / 1000, [code])
      }
    },
  }

  async function publish(namespace: string): Promise<void> {
    const ns = namespaces.get(undefined, namespace)
    if (!ns || ns.metadata.deletionTimestamp || ns.status.phase === 'Terminating') return
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
  }
}
