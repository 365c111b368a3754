/** Pods (registry/core/pod): what creation sets, and what each subresource may change. */
import type { Affinity, Container, Pod, PodAffinityTerm, PodSpec, PodStatus } from '../../api/types/core-v1.ts'
import {
  validatePod,
  validatePodEphemeralContainersUpdate,
  validatePodResize,
  validatePodStatusUpdate,
  validatePodUpdate,
} from '../../api/validation/pod.ts'
import { podWarnings } from '../../api/validation/pod-warnings.ts'
import { podQOS } from '../../api/validation/qos.ts'
import type { Strategy } from './strategy.ts'

type Labels = Readonly<Record<string, string>>

/** The keys of matchLabelKeys join the selector with the pod's own values, once, when the pod is made (KEP-3633, KEP-3243). */
function withMatchLabelKeys<T extends Pick<PodAffinityTerm, 'labelSelector' | 'matchLabelKeys' | 'mismatchLabelKeys'>>(
  term: T,
  labels: Labels,
): T {
  if (!term.labelSelector || !(term.matchLabelKeys?.length || term.mismatchLabelKeys?.length)) return term
  const requirement = (operator: string) => (key: string) => {
    const value = labels[key]
    return value === undefined ? [] : [{ key, operator, values: [value] }]
  }
  const added = [...(term.matchLabelKeys ?? []).flatMap(requirement('In')), ...(term.mismatchLabelKeys ?? []).flatMap(requirement('NotIn'))]
  if (added.length === 0) return term
  const { matchExpressions = [], ...rest } = term.labelSelector
  return { ...term, labelSelector: { ...rest, matchExpressions: [...matchExpressions, ...added] } }
}

function withAffinityKeys(affinity: Affinity, labels: Labels): Affinity {
  const made = { ...affinity }
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const from = affinity[kind]
    if (!from) continue
    const to = { ...from }
    if (from.requiredDuringSchedulingIgnoredDuringExecution)
      to.requiredDuringSchedulingIgnoredDuringExecution = from.requiredDuringSchedulingIgnoredDuringExecution.map((t) =>
        withMatchLabelKeys(t, labels),
      )
    if (from.preferredDuringSchedulingIgnoredDuringExecution)
      to.preferredDuringSchedulingIgnoredDuringExecution = from.preferredDuringSchedulingIgnoredDuringExecution.map((t) => ({
        ...t,
        podAffinityTerm: withMatchLabelKeys(t.podAffinityTerm, labels),
      }))
    made[kind] = to
  }
  return made
}

function mergedSpec(spec: PodSpec, labels: Labels): PodSpec {
  const { affinity, topologySpreadConstraints: spread } = spec
  if (!affinity?.podAffinity && !affinity?.podAntiAffinity && !spread) return spec
  const made = { ...spec }
  if (affinity) made.affinity = withAffinityKeys(affinity, labels)
  if (spread) made.topologySpreadConstraints = spread.map((c) => withMatchLabelKeys(c, labels))
  return made
}

/** Stop signals are behind a feature gate that is off (ContainerStopSignals): they are dropped. */
function withoutDisabled(spec: PodSpec): PodSpec {
  const strip = (container: Container): Container => {
    if (container.lifecycle?.stopSignal === undefined) return container
    const { stopSignal: _, ...handlers } = container.lifecycle
    const { lifecycle: __, ...rest } = container
    return Object.keys(handlers).length === 0 ? rest : { ...container, lifecycle: handlers }
  }
  const uses = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].some((c) => c.lifecycle?.stopSignal !== undefined)
  if (!uses) return spec
  return {
    ...spec,
    containers: spec.containers.map(strip),
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(strip) } : {}),
  }
}

const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z')

function newStatus(pod: Pod): PodStatus {
  return {
    phase: 'Pending',
    ...(pod.spec.schedulingGates?.length
      ? {
          conditions: [
            {
              type: 'PodScheduled',
              status: 'False',
              lastProbeTime: null,
              lastTransitionTime: now(),
              reason: 'SchedulingGated',
              message: 'Scheduling is blocked due to non-empty scheduling gates',
            },
          ],
        }
      : {}),
    qosClass: podQOS(pod),
  } as PodStatus
}

const byName = (containers: readonly Container[] | undefined) => new Map((containers ?? []).map((c) => [c.name, c]))
/** Takes the resources and resize policies of the new containers, and nothing else. */
function resized(now: Container[] | undefined, old: Container[] | undefined): Container[] | undefined {
  const before = byName(old)
  return now?.map((container) => {
    const was = before.get(container.name)
    if (!was) return container
    const made: Container = { ...was, resources: container.resources }
    if (container.resizePolicy) made.resizePolicy = container.resizePolicy
    return made
  })
}

const selectableFieldNames = [
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'spec.hostNetwork',
  'status.phase',
  'status.podIP',
  'status.podIPs',
  'status.nominatedNodeName',
]

const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/'
/** The annotation that profiles were once named in fills in the field of containers that do not set it. */
function withAppArmor<T extends Container>(containers: T[] | undefined, annotations: Labels): T[] | undefined {
  return containers?.map((container) => {
    const profile = annotations[appArmorAnnotation + container.name]
    if (profile === undefined || container.securityContext?.appArmorProfile) return container
    const found = appArmorProfile(profile)
    return found ? { ...container, securityContext: { ...container.securityContext, appArmorProfile: found } } : container
  })
}
function appArmorProfile(profile: string): NonNullable<Container['securityContext']>['appArmorProfile'] {
  if (profile === 'runtime/default') return { type: 'RuntimeDefault' }
  if (profile === 'unconfined') return { type: 'Unconfined' }
  const name = /^localhost\/(.+)$/.exec(profile)?.[1]
  return name ? { type: 'Localhost', localhostProfile: name } : undefined
}
function fromAnnotations(spec: PodSpec, annotations: Labels | undefined): PodSpec {
  if (!annotations || !Object.keys(annotations).some((key) => key.startsWith(appArmorAnnotation))) return spec
  const initContainers = withAppArmor(spec.initContainers, annotations)
  return { ...spec, containers: withAppArmor(spec.containers, annotations) ?? [], ...(initContainers ? { initContainers } : {}) }
}

export const pods: Strategy<Pod> = {
  prepareForCreate(pod) {
    const given = fromAnnotations(withoutDisabled(pod.spec), pod.metadata.annotations)
    // A grace that is negative means the shortest there is.
    const graceful = (given.terminationGracePeriodSeconds ?? 0) < 0 ? { ...given, terminationGracePeriodSeconds: 1 } : given
    const spec = mergedSpec(graceful, pod.metadata.labels ?? {})
    return { ...pod, spec, status: newStatus({ ...pod, spec }) }
  },
  prepareForUpdate: (pod, old) => ({ ...pod, status: old.status }),
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  // Updates come from controllers, mostly: they are not warned.
  warnings: (pod, old) => (old ? [] : podWarnings(pod.spec, pod.metadata.annotations)),
  selectableFieldNames,
  selectableFields: ({ spec, status }) => ({
    'spec.nodeName': spec.nodeName ?? '',
    'spec.restartPolicy': spec.restartPolicy ?? '',
    'spec.schedulerName': spec.schedulerName ?? '',
    'spec.serviceAccountName': spec.serviceAccountName ?? '',
    'spec.hostNetwork': String(spec.hostNetwork ?? false),
    'status.phase': status.phase ?? '',
    'status.podIP': status.podIPs?.[0]?.ip ?? status.podIP ?? '',
    'status.podIPs': status.podIPs?.[0]?.ip ?? status.podIP ?? '',
    'status.nominatedNodeName': status.nominatedNodeName ?? '',
  }),
  gracePeriodSeconds({ spec, status }, requested) {
    // Nothing runs before it is scheduled, nor after it has ended.
    if (!spec.nodeName || status.phase === 'Failed' || status.phase === 'Succeeded') return 0
    const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 0
    return seconds < 0 ? 1 : seconds
  },
  subresources: {
    status: {
      prepareForUpdate: (pod, old) => ({
        ...pod,
        metadata: { ...pod.metadata, deletionTimestamp: old.metadata.deletionTimestamp, ownerReferences: old.metadata.ownerReferences },
        spec: old.spec,
        status: { ...pod.status, qosClass: pod.status.qosClass ?? old.status.qosClass },
      }),
      validateUpdate: validatePodStatusUpdate,
      resetFields: ['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'],
    },
    ephemeralcontainers: {
      prepareForUpdate: (pod, old) => ({
        ...old,
        metadata: { ...old.metadata, resourceVersion: pod.metadata.resourceVersion, managedFields: pod.metadata.managedFields },
        spec: { ...old.spec, ephemeralContainers: pod.spec.ephemeralContainers },
      }),
      validateUpdate: validatePodEphemeralContainersUpdate,
      resetFields: [],
    },
    resize: {
      prepareForUpdate: (pod, old) => ({
        ...old,
        metadata: { ...old.metadata, resourceVersion: pod.metadata.resourceVersion, managedFields: pod.metadata.managedFields },
        spec: {
          ...old.spec,
          containers: resized(pod.spec.containers, old.spec.containers) ?? [],
          ...(pod.spec.initContainers ? { initContainers: resized(pod.spec.initContainers, old.spec.initContainers) } : {}),
          ...(pod.spec.resources ? { resources: pod.spec.resources } : {}),
        },
      }),
      validateUpdate: validatePodResize,
      resetFields: [],
    },
  },
}
