/** From what users name to pods and containers: `web`, `pod/web`, `deploy/web`, a selector (polymorphichelpers). */

import { labelSelectorAsSelector, selectorFromMap } from '../api/labels.ts'
import type { Pod } from '../api/types/core-v1.ts'
import type { Factory, KubeObject } from './factory.ts'
import { pathOf } from './resources.ts'
import { queryOf, targetOf } from './select.ts'

/** The text of the selector of an object that has pods. */
export function podSelectorOf(object: KubeObject): string {
  const { kind } = object
  const spec = (object['spec'] ?? {}) as { selector?: unknown }
  if (kind === 'Service' || kind === 'ReplicationController') {
    if (!spec.selector) throw new Error(`invalid service '${object.metadata.name}': Service is defined without a selector`)
    return selectorFromMap(spec.selector as Record<string, string>).toString()
  }
  if (!spec.selector) throw new Error(`cannot get the logs from ${kind}: selector is not set`)
  return labelSelectorAsSelector(spec.selector as never).toString()
}

export async function podsBySelector(factory: Factory, labelSelector: string): Promise<Pod[]> {
  const path = `/api/v1/namespaces/${await factory.namespace()}/pods${queryOf({ labelSelector })}`
  return (await factory.request<{ items: Pod[] }>({ method: 'GET', path })).items
}

/** All pods of a workload; of a pod itself. */
export async function podsOf(factory: Factory, word: string): Promise<Pod[]> {
  const { type, name } = await targetOf(factory, [word], 'pods')
  const namespace = await factory.namespace()
  const object = await factory.request<KubeObject>({ method: 'GET', path: pathOf(type, namespace, name) })
  return type.resource === 'pods' ? [object as unknown as Pod] : podsBySelector(factory, podSelectorOf(object))
}

/** The pod that a word names; of a workload the one most worth looking at. Waits for the first pod of a workload. */
export async function podOf(factory: Factory, word: string, waitMs: number): Promise<Pod> {
  const { type, name } = await targetOf(factory, [word], 'pods')
  const namespace = await factory.namespace()
  const object = await factory.request<KubeObject>({ method: 'GET', path: pathOf(type, namespace, name) })
  if (type.resource === 'pods') return object as unknown as Pod
  const labelSelector = podSelectorOf(object)
  const path = `/api/v1/namespaces/${namespace}/pods`
  const list = await factory.request<{ items: Pod[]; metadata: { resourceVersion?: string } }>({
    method: 'GET',
    path: path + queryOf({ labelSelector }),
  })
  const pods = [...list.items].sort(byUse)
  const [first] = pods
  if (first) {
    if (pods.length > 1) factory.err(`Found ${pods.length} pods, using pod/${first.metadata.name}\n`)
    return first
  }
  const limit = AbortSignal.timeout(waitMs)
  const transport = await factory.transport()
  const watched = path + queryOf({ labelSelector, watch: true, resourceVersion: list.metadata.resourceVersion })
  for await (const event of transport.watch<Pod>({ method: 'GET', path: watched, signal: AbortSignal.any([limit, factory.signal]) }))
    if (event.type === 'ADDED' || event.type === 'MODIFIED') return event.object
  throw new Error('timed out waiting for the condition')
}

/** Running and ready pods come first, then the older (controller.ActivePods). */
function byUse(a: Pod, b: Pod): number {
  const score = (pod: Pod) => {
    const ready = pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ? 1 : 0
    const phase = ['Pending', 'Unknown', 'Running'].indexOf(pod.status?.phase ?? '')
    return (pod.spec?.nodeName ? 8 : 0) + phase * 2 + ready
  }
  return score(b) - score(a) || String(a.metadata.creationTimestamp).localeCompare(String(b.metadata.creationTimestamp))
}

const defaultContainer = 'kubectl.kubernetes.io/default-container'

/** The container that is meant: the named one, the one an annotation names, else the first, which is said when there are more. */
export function containerOf(factory: Factory, pod: Pod, given: string): string {
  const { spec } = pod
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])].map(
    (c) => c.name as string,
  )
  if (given) {
    if (!all.includes(given)) throw new Error(`container ${given} is not valid for pod ${pod.metadata.name}`)
    return given
  }
  const annotated = pod.metadata.annotations?.[defaultContainer]
  if (annotated && all.includes(annotated)) return annotated
  if (annotated) factory.warn(`Default container name ${JSON.stringify(annotated)} not found in pod ${pod.metadata.name}`)
  const first = all[0] as string
  if (all.length > 1) {
    const init = new Set((spec?.initContainers ?? []).map((c) => c.name))
    const ephemeral = new Set((spec?.ephemeralContainers ?? []).map((c) => c.name))
    const names = all.map((name) => (init.has(name) ? `${name} (init)` : ephemeral.has(name) ? `${name} (ephem)` : name))
    factory.err(`Defaulted container ${JSON.stringify(first)} out of: ${names.join(', ')}\n`)
  }
  return first
}
