/** The plugins that fill a new pod in or look at one field of it, each a few lines (plugin/pkg/admission/…). */
import { newForbidden } from '../../api/errors.ts'
import type { Container, Node, Pod, PodSpec, Toleration } from '../../api/types/core-v1.ts'
import type { RuntimeClass } from '../../api/types/node-v1.ts'
import type { PriorityClass } from '../../api/types/scheduling-v1.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject } from '../request.ts'
import { deepEqual } from '../rest/equal.ts'
import type { AdmissionPlugin } from './admission.ts'

const pods = { group: '', resource: 'pods' }
const newPods = (resource: string, subresource: string, operation: string): boolean =>
  resource === 'pods' && subresource === '' && operation === 'CREATE'
const withSpec = (pod: Pod, spec: Partial<PodSpec>): ApiObject => ({ ...pod, spec: { ...pod.spec, ...spec } }) as unknown as ApiObject
const asPod = (object: ApiObject | undefined): Pod => object as unknown as Pod

const evictionSeconds = 300
const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'

/** Pods stay five minutes on a node that fails (admission/defaulttolerationseconds). */
export function createDefaultTolerationSeconds(): AdmissionPlugin {
  const tolerates = (tolerations: readonly Toleration[], key: string) =>
    tolerations.some((t) => (t.key === key || !t.key) && (t.effect === 'NoExecute' || !t.effect))
  return {
    name: 'DefaultTolerationSeconds',
    handles: (resource, subresource, operation) =>
      resource === 'pods' && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
    admit(object) {
      const pod = asPod(object)
      const have = pod.spec.tolerations ?? []
      const added = [notReady, unreachable]
        .filter((key) => !tolerates(have, key))
        .map((key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: evictionSeconds }))
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
    async admit(object, old, { operation, resource: r }) {
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
      if (name && !found) throw newForbidden(pods, pod.metadata.name ?? '', `no PriorityClass with name ${name} was found`)
      const priority = found?.value ?? 0
      const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority'
      if (pod.spec.priority !== undefined && pod.spec.priority !== priority)
        throw newForbidden(
          pods,
          pod.metadata.name ?? '',
          `the integer value of priority (${pod.spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
        )
      if (pod.spec.preemptionPolicy !== undefined && pod.spec.preemptionPolicy !== policy)
        throw newForbidden(
          pods,
          pod.metadata.name ?? '',
          `the string value of PreemptionPolicy (${pod.spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
        )
      const className = name ?? found?.metadata.name
      return withSpec(pod, { priority, preemptionPolicy: policy, ...(className ? { priorityClassName: className } : {}) })
    },
    async validate(object, _old, { resource: r }) {
      if (r.resource !== 'priorityclasses') return undefined
      const given = object as unknown as PriorityClass
      const other = given.globalDefault ? await defaultClass() : undefined
      if (other && other.metadata.name !== given.metadata.name)
        throw newForbidden(
          r,
          given.metadata.name,
          `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
        )
      return undefined
    },
  }
}

/** What a runtime class adds to a pod: overhead, node selector, tolerations (admission/runtimeclass). */
export function createRuntimeClassPlugin(objects: Objects): AdmissionPlugin {
  const find = async (pod: Pod) => {
    const name = pod.spec.runtimeClassName
    if (!name) return undefined
    const found = await objects.get<RuntimeClass>('runtimeclasses.node.k8s.io', name)
    if (!found) throw newForbidden(pods, pod.metadata.name ?? '', `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
    return found
  }
  const refuse = (pod: Pod, why: string) => newForbidden(pods, pod.metadata.name ?? '', `pod rejected: ${why}`)
  return {
    name: 'RuntimeClass',
    handles: newPods,
    async admit(object) {
      const pod = asPod(object)
      const runtimeClass = await find(pod)
      if (!runtimeClass) return object
      const { overhead, scheduling } = runtimeClass
      const podFixed = overhead?.podFixed
      if (podFixed && pod.spec.overhead && !deepEqual(pod.spec.overhead, podFixed))
        throw refuse(pod, "Pod's Overhead doesn't match RuntimeClass's defined Overhead")
      for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
        const own = pod.spec.nodeSelector?.[key]
        if (own !== undefined && own !== value)
          throw newForbidden(
            pods,
            pod.metadata.name ?? '',
            `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
          )
      }
      const tolerations = [...(pod.spec.tolerations ?? [])]
      for (const t of scheduling?.tolerations ?? []) if (!tolerations.some((have) => deepEqual(have, t))) tolerations.push(t)
      return withSpec(pod, {
        ...(podFixed ? { overhead: podFixed } : {}),
        ...(scheduling?.nodeSelector ? { nodeSelector: { ...pod.spec.nodeSelector, ...scheduling.nodeSelector } } : {}),
        ...(tolerations.length > 0 ? { tolerations } : {}),
      })
    },
    async validate(object) {
      const pod = asPod(object)
      const runtimeClass = await find(pod)
      if (pod.spec.overhead && !runtimeClass?.overhead)
        throw refuse(pod, 'Pod Overhead set without corresponding RuntimeClass defined Overhead')
      return undefined
    },
  }
}

/** Every image is pulled with the pod's own credentials (admission/alwayspullimages). */
export function createAlwaysPullImages(): AdmissionPlugin {
  const always = <T extends Pick<Container, 'imagePullPolicy'>>(list: readonly T[] | undefined | null): T[] | undefined =>
    list?.map((c) => (c.imagePullPolicy === 'Always' ? c : { ...c, imagePullPolicy: 'Always' as const }))
  return {
    name: 'AlwaysPullImages',
    handles: (resource, subresource, operation) =>
      resource === 'pods' &&
      ((subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')) ||
        (subresource === 'ephemeralcontainers' && operation === 'UPDATE')),
    admit(object) {
      const pod = asPod(object)
      const { initContainers, containers, ephemeralContainers } = pod.spec
      const init = always(initContainers)
      const ephemeral = always(ephemeralContainers)
      return withSpec(pod, {
        containers: always(containers) ?? [],
        ...(init ? { initContainers: init } : {}),
        ...(ephemeral ? { ephemeralContainers: ephemeral } : {}),
      })
    },
  }
}

/** Pods that ask for a node's special resource tolerate the taint of that name (admission/extendedresourcetoleration). */
export function createExtendedResourceToleration(): AdmissionPlugin {
  const extended = (name: string) => name.includes('/') && !name.includes('kubernetes.io/')
  return {
    name: 'ExtendedResourceToleration',
    handles: newPods,
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
