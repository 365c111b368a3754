/** The plugins that fill a new pod in or look at one field of it, each a few lines (plugin/pkg/admission/…). */
import type { Container, Node, Pod, PodSpec, Toleration } from '../../api/types/core-v1.ts'
import type { RuntimeClass } from '../../api/types/node-v1.ts'
import type { PriorityClass } from '../../api/types/scheduling-v1.ts'
import { causeMessage, notSupported } from '../../api/validation/field-error.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import { deepEqual } from '../rest/equal.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'
import { mergeTolerations } from './tolerations.ts'

const newPods = (resource: string, subresource: string, operation: string): boolean =>
  resource === 'pods' && subresource === '' && operation === 'CREATE'
const writtenPods = (resource: string, subresource: string, operation: string): boolean =>
  resource === 'pods' && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')
const withSpec = (pod: Pod, spec: Partial<PodSpec>): ApiObject => ({ ...pod, spec: { ...pod.spec, ...spec } }) as unknown as ApiObject
const asPod = (object: ApiObject | undefined): Pod => object as unknown as Pod

const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'

/** How long pods stay on a node that fails. */
export interface TolerationSeconds {
  readonly notReady: number
  readonly unreachable: number
}

/** Pods leave a node that fails after a while (admission/defaulttolerationseconds). */
export function createDefaultTolerationSeconds(seconds: TolerationSeconds = { notReady: 300, unreachable: 300 }): AdmissionPlugin {
  const evictions = [
    [notReady, seconds.notReady],
    [unreachable, seconds.unreachable],
  ] as const
  const tolerates = (tolerations: readonly Toleration[], key: string) =>
    tolerations.some((t) => (t.key === key || !t.key) && (t.effect === 'NoExecute' || !t.effect))
  return {
    name: 'DefaultTolerationSeconds',
    handles: writtenPods,
    admit(object) {
      const pod = asPod(object)
      const have = pod.spec.tolerations ?? []
      const added = evictions
        .filter(([key]) => !tolerates(have, key))
        .map(([key, tolerationSeconds]): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds }))
      return added.length > 0 ? withSpec(pod, { tolerations: [...have, ...added] }) : object
    },
  }
}

/** A new node is not ready until it says so (admission/nodetaint). */
export function createTaintNodesByCondition(): AdmissionPlugin {
  return {
    name: 'TaintNodesByCondition',
    handles: (resource, subresource, operation) => resource === 'nodes' && subresource === '' && operation === 'CREATE',
    admit(object) {
      const node = object as unknown as Node
      const taints = node.spec?.taints ?? []
      if (taints.some((t) => t.key === notReady && t.effect === 'NoSchedule')) return object
      return { ...node, spec: { ...node.spec, taints: [...taints, { key: notReady, effect: 'NoSchedule' }] } } as unknown as ApiObject
    },
  }
}

/** The number of a pod's priority class (admission/priority); also the one default among classes. */
export function createPriority(objects: Objects): AdmissionPlugin {
  const resource = 'priorityclasses.scheduling.k8s.io'
  const defaultClass = async () => {
    const defaults = (await objects.list<PriorityClass>(resource)).filter((c) => c.globalDefault)
    return defaults.sort((a, b) => a.value - b.value)[0]
  }
  return {
    name: 'Priority',
    handles: (r, subresource, operation) =>
      subresource === '' && ((r === 'pods' && operation !== 'DELETE') || (r === 'priorityclasses' && operation !== 'DELETE')),
    async admit(object, old, attributes) {
      const { operation, resource: r } = attributes
      if (r.resource !== 'pods') return object
      const pod = asPod(object)
      if (operation === 'UPDATE') {
        const before = asPod(old).spec
        // An update that leaves them out keeps them.
        const { priority = before.priority, preemptionPolicy = before.preemptionPolicy } = pod.spec
        return priority === pod.spec.priority && preemptionPolicy === pod.spec.preemptionPolicy
          ? object
          : withSpec(pod, { ...(priority === undefined ? {} : { priority }), ...(preemptionPolicy ? { preemptionPolicy } : {}) })
      }
      const name = pod.spec.priorityClassName
      const found = name ? await objects.get<PriorityClass>(resource, name) : await defaultClass()
      if (name && !found) throw newRefusal(attributes, object, `no PriorityClass with name ${name} was found`)
      const priority = found?.value ?? 0
      const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority'
      if (pod.spec.priority !== undefined && pod.spec.priority !== priority)
        throw newRefusal(
          attributes,
          object,
          `the integer value of priority (${pod.spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
        )
      if (pod.spec.preemptionPolicy !== undefined && pod.spec.preemptionPolicy !== policy)
        throw newRefusal(
          attributes,
          object,
          `the string value of PreemptionPolicy (${pod.spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
        )
      const className = name ?? found?.metadata.name
      return withSpec(pod, { priority, preemptionPolicy: policy, ...(className ? { priorityClassName: className } : {}) })
    },
    async validate(object, _old, attributes) {
      if (attributes.resource.resource !== 'priorityclasses') return undefined
      const given = object as unknown as PriorityClass
      const other = given.globalDefault ? await defaultClass() : undefined
      if (other && (attributes.operation === 'CREATE' || other.metadata.name !== given.metadata.name))
        throw newRefusal(
          attributes,
          object,
          `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
        )
      return undefined
    },
  }
}

/** What a runtime class adds to a pod: overhead, node selector, tolerations (admission/runtimeclass). */
export function createRuntimeClassPlugin(objects: Objects): AdmissionPlugin {
  const find = async (object: ApiObject | undefined, attributes: WriteAttributes) => {
    const name = asPod(object).spec.runtimeClassName
    if (!name) return undefined
    const found = await objects.get<RuntimeClass>('runtimeclasses.node.k8s.io', name)
    if (!found) throw newRefusal(attributes, object, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
    return found
  }
  const otherOverhead = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
  return {
    name: 'RuntimeClass',
    handles: newPods,
    async admit(object, _old, attributes) {
      const { overhead, scheduling } = (await find(object, attributes)) ?? {}
      const pod = asPod(object)
      const { spec } = pod
      if (overhead && spec.overhead && !deepEqual(spec.overhead, overhead.podFixed)) throw newRefusal(attributes, object, otherOverhead)
      for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
        const own = spec.nodeSelector?.[key]
        if (own !== undefined && own !== value)
          throw newRefusal(
            attributes,
            object,
            `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
          )
      }
      const { nodeSelector, tolerations } = scheduling ?? {}
      return withSpec(pod, {
        ...(overhead?.podFixed ? { overhead: overhead.podFixed } : {}),
        ...(nodeSelector ? { nodeSelector: { ...spec.nodeSelector, ...nodeSelector } } : {}),
        ...(tolerations?.length ? { tolerations: mergeTolerations([...(spec.tolerations ?? []), ...tolerations]) } : {}),
      })
    },
    async validate(object, _old, attributes) {
      const { overhead } = (await find(object, attributes)) ?? {}
      const own = asPod(object).spec.overhead
      if (overhead ? !deepEqual(own, overhead.podFixed) : own)
        throw newRefusal(
          attributes,
          object,
          overhead ? otherOverhead : 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
        )
      return undefined
    },
  }
}

/** Every image is pulled with the pod's own credentials (admission/alwayspullimages). An update that brings no new image is left alone. */
export function createAlwaysPullImages(): AdmissionPlugin {
  const always = <T extends Pick<Container, 'imagePullPolicy'>>(list: readonly T[] | undefined | null): T[] | undefined =>
    list?.map((c) => (c.imagePullPolicy === 'Always' ? c : { ...c, imagePullPolicy: 'Always' as const }))
  const kinds = ['initContainers', 'containers', 'ephemeralContainers'] as const
  const imagesOf = ({ spec }: Pod) => kinds.flatMap((kind) => (spec[kind] ?? []).map((c) => c.image))
  return {
    name: 'AlwaysPullImages',
    handles: (resource, subresource, operation) =>
      resource === 'pods' &&
      ((subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')) ||
        (subresource === 'ephemeralcontainers' && operation === 'UPDATE')),
    admit(object, old) {
      const pod = asPod(object)
      const had = old && new Set(imagesOf(asPod(old)))
      if (had && imagesOf(pod).every((image) => had.has(image))) return object
      const { initContainers, containers, ephemeralContainers, volumes } = pod.spec
      const init = always(initContainers)
      const ephemeral = always(ephemeralContainers)
      return withSpec(pod, {
        containers: always(containers) ?? [],
        ...(init ? { initContainers: init } : {}),
        ...(ephemeral ? { ephemeralContainers: ephemeral } : {}),
        ...(volumes ? { volumes: volumes.map((v) => (v.image ? { ...v, image: { ...v.image, pullPolicy: 'Always' } } : v)) } : {}),
      })
    },
    validate(object, _old, attributes) {
      const { spec } = asPod(object)
      for (const kind of kinds)
        for (const [i, { imagePullPolicy = '' }] of (spec[kind] ?? []).entries()) {
          if (imagePullPolicy === 'Always') continue
          const error = notSupported(`spec.${kind}[${i}].imagePullPolicy`, imagePullPolicy, ['Always'])
          throw newRefusal(attributes, object, `${error.field}: ${causeMessage(error)}`)
        }
      return undefined
    },
  }
}

/** Pods that ask for a node's special resource tolerate the taint of that name (admission/extendedresourcetoleration). */
export function createExtendedResourceToleration(): AdmissionPlugin {
  const extended = (name: string) => name.includes('/') && !name.includes('kubernetes.io/')
  return {
    name: 'ExtendedResourceToleration',
    handles: writtenPods,
    admit(object) {
      const pod = asPod(object)
      const names = new Set(
        [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].flatMap((c) =>
          Object.keys(c.resources?.requests ?? {}).filter(extended),
        ),
      )
      if (names.size === 0) return object
      const have = pod.spec.tolerations ?? []
      const added = [...names]
        .sort()
        .map((key): Toleration => ({ key, operator: 'Exists' }))
        .filter((t) => !have.some((h) => h.key === t.key && h.operator === 'Exists' && !h.effect))
      return added.length > 0 ? withSpec(pod, { tolerations: [...have, ...added] }) : object
    },
  }
}
