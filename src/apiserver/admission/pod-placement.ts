/** The plugins that say where pods may go by their namespace, and what they learn of the node they got. */
import { newNotFound, StatusError } from '../../api/errors.ts'
import { type Labels, parseLabelSelector } from '../../api/labels.ts'
import type { Binding, Namespace, Node, Pod, Toleration } from '../../api/types/core-v1.ts'
import { podQOS } from '../../api/validation/qos.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'
import { isSuperset, mergeTolerations } from './tolerations.ts'

const asPod = (object: ApiObject | undefined): Pod => object as unknown as Pod

async function namespaceOf(objects: Objects, name: string): Promise<Namespace> {
  const found = await objects.get<Namespace>('namespaces', name)
  if (!found) throw newNotFound({ group: '', resource: 'namespaces' }, name)
  return found
}

const nodeSelectorAnnotation = 'scheduler.alpha.kubernetes.io/node-selector'
const clusterDefault = 'clusterDefaultNodeSelector'

/** Selectors by namespace: what its pods may select at most. `clusterDefaultNodeSelector` is for namespaces that say nothing. */
export type NodeSelectors = Readonly<Record<string, string>>

export function parseNodeSelectors(configuration: unknown): NodeSelectors {
  const { podNodeSelectorPluginConfig = {} } = (configuration ?? {}) as { podNodeSelectorPluginConfig?: NodeSelectors }
  for (const selector of Object.values(podNodeSelectorPluginConfig)) labelsOf(selector)
  return podNodeSelectorPluginConfig
}

/** A namespace's pods run on its nodes (admission/podnodeselector). */
export function createPodNodeSelector(objects: Objects, selectors: NodeSelectors): AdmissionPlugin {
  const check = async (object: ApiObject | undefined, attributes: WriteAttributes): Promise<Labels> => {
    const { namespace } = attributes
    const { annotations } = (await namespaceOf(objects, namespace)).metadata
    const wanted = labelsOf(annotations?.[nodeSelectorAnnotation] ?? selectors[clusterDefault] ?? '')
    const own = asPod(object).spec.nodeSelector ?? {}
    if (Object.entries(wanted).some(([key, value]) => (own[key] ?? value) !== value))
      throw newRefusal(attributes, object, 'pod node label selector conflicts with its namespace node label selector')
    const merged = { ...wanted, ...own }
    const most = labelsOf(selectors[namespace] ?? '')
    if (Object.keys(most).length > 0 && Object.entries(merged).some(([key, value]) => most[key] !== value))
      throw newRefusal(attributes, object, 'pod node label selector labels conflict with its namespace whitelist')
    return merged
  }
  return {
    name: 'PodNodeSelector',
    handles: (resource, subresource, operation) => resource === 'pods' && subresource === '' && operation === 'CREATE',
    async admit(object, _old, attributes) {
      const pod = asPod(object)
      const nodeSelector = await check(object, attributes)
      return Object.keys(nodeSelector).length > 0 ? ({ ...pod, spec: { ...pod.spec, nodeSelector } } as unknown as ApiObject) : object
    },
    async validate(object, _old, attributes) {
      await check(object, attributes)
      return undefined
    },
  }
}

/** `a=b,c=d` (labels.ConvertSelectorToLabelsMap). */
function labelsOf(selector: string): Labels {
  const invalid = () => new StatusError({ code: 500, message: `invalid selector: ${selector}` })
  const labels: Record<string, string> = {}
  for (const part of selector === '' ? [] : selector.split(',')) {
    const [key, value, ...rest] = part.split('=').map((word) => word.trim())
    if (!key || value === undefined || rest.length > 0) throw invalid()
    labels[key] = value
  }
  try {
    parseLabelSelector(selector)
  } catch {
    throw invalid()
  }
  return labels
}

const defaultAnnotation = 'scheduler.alpha.kubernetes.io/defaultTolerations'
const whitelistAnnotation = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist'

/** podtolerationrestriction.admission.k8s.io Configuration: for namespaces that say nothing. */
export interface TolerationConfiguration {
  readonly default?: readonly Toleration[]
  readonly whitelist?: readonly Toleration[]
}

/** A namespace's tolerations are added to its pods', which are then held to those that it allows (admission/podtolerationrestriction). */
export function createPodTolerationRestriction(objects: Objects, cluster: TolerationConfiguration): AdmissionPlugin {
  const annotated = async (namespace: string, key: string): Promise<readonly Toleration[] | undefined> => {
    const text = (await namespaceOf(objects, namespace)).metadata.annotations?.[key]
    if (!text) return undefined
    try {
      return JSON.parse(text) as Toleration[]
    } catch (error) {
      throw new StatusError({ code: 500, message: (error as Error).message })
    }
  }
  const check = async (tolerations: readonly Toleration[], namespace: string): Promise<void> => {
    if (tolerations.length === 0) return
    const own = await annotated(namespace, whitelistAnnotation)
    const allowed = own ?? cluster.whitelist ?? []
    const scope = own ? 'namespace' : 'cluster'
    if (allowed.length > 0 && !tolerations.every((t) => allowed.some((a) => isSuperset(a, t))))
      throw new StatusError({
        code: 500,
        message: `pod tolerations (possibly merged with ${scope} default tolerations) conflict with its ${scope} whitelist`,
      })
  }
  return {
    name: 'PodTolerationRestriction',
    handles: (resource, subresource, operation) =>
      resource === 'pods' && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
    async admit(object, _old, { namespace, operation }) {
      const pod = asPod(object)
      const extra: Toleration[] = []
      if (operation === 'CREATE') extra.push(...((await annotated(namespace, defaultAnnotation)) ?? cluster.default ?? []))
      if (podQOS(pod) !== 'BestEffort') extra.push({ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' })
      const own = pod.spec.tolerations ?? []
      const tolerations = extra.length > 0 ? mergeTolerations([...own, ...extra]) : own
      await check(tolerations, namespace)
      return extra.length > 0 ? ({ ...pod, spec: { ...pod.spec, tolerations } } as unknown as ApiObject) : object
    },
    async validate(object, _old, { namespace }) {
      await check(asPod(object).spec.tolerations ?? [], namespace)
      return undefined
    },
  }
}

const topologyLabels = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

/** A pod that gets a node gets the labels of its zone and region, so that it can tell where it runs (admission/podtopologylabels). */
export function createPodTopologyLabels(objects: Objects): AdmissionPlugin {
  const placeOf = async (nodeName: string): Promise<Record<string, string>> => {
    const labels = (await objects.get<Node>('nodes', nodeName))?.metadata.labels ?? {}
    return Object.fromEntries(topologyLabels.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])))
  }
  return {
    name: 'PodTopologyLabels',
    handles: (resource, subresource, operation) =>
      resource === 'pods' && (subresource === '' || subresource === 'binding') && operation === 'CREATE',
    async admit(object, _old, { subresource }) {
      const given = object as ApiObject
      const { target } = given as unknown as Binding
      const nodeName = !subresource ? asPod(given).spec.nodeName : target.kind === 'Node' ? target.name : undefined
      const place = nodeName ? await placeOf(nodeName) : {}
      if (Object.keys(place).length === 0) return given
      return { ...given, metadata: { ...given.metadata, labels: { ...place, ...given.metadata.labels } } }
    },
  }
}
