/** A pod with all that the plugins ask of it, worked out once when it is first seen (framework.PodInfo). */
import { labelSelectorAsSelector, type Selector } from '../api/labels.ts'
import type { NodeAffinity, NodeSelector, NodeSelectorTerm, Pod, PodAffinityTerm } from '../api/types/core-v1.ts'
import { compileNodeSelectorTerm, type NodeMatcher } from './node-selector.ts'
import { podNonZeroRequests, podRequests, type Resources } from './resources.ts'

export interface PodInfo {
  /** As it was last heard of, and its labels; the rest is another PodInfo's after `placeChanged`. */
  pod: Pod
  readonly key: string
  readonly namespace: string
  labels: Readonly<Record<string, string>>
  readonly priority: number
  readonly requests: Resources
  readonly nonZeroRequests: Resources
  readonly hostPorts: readonly HostPort[]
  readonly nodeSelector: RequiredNodes | undefined
  readonly preferredNodes: readonly { readonly matches: NodeMatcher; readonly weight: number }[]
  readonly affinity: readonly AffinityTerm[]
  readonly antiAffinity: readonly AffinityTerm[]
  readonly preferredAffinity: readonly WeightedTerm[]
  readonly preferredAntiAffinity: readonly WeightedTerm[]
}

/** What nodeSelector and the required node affinity ask together; two with one id ask the same. */
export interface RequiredNodes {
  readonly id: string
  readonly matches: NodeMatcher
}

export interface HostPort {
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

export interface AffinityTerm {
  readonly topologyKey: string
  readonly selector: Selector
  /** The namespaces named; with `namespaceSelector` those that it selects too. */
  readonly namespaces: ReadonlySet<string>
  readonly namespaceSelector: Selector | undefined
}
export interface WeightedTerm extends AffinityTerm {
  readonly weight: number
}

export function createPodInfo(pod: Pod): PodInfo {
  const { spec, metadata } = pod
  const affinity = spec.affinity
  return {
    pod,
    key: `${metadata.namespace}/${metadata.name}`,
    namespace: metadata.namespace,
    labels: metadata.labels ?? {},
    priority: spec.priority ?? 0,
    requests: podRequests(pod),
    nonZeroRequests: podNonZeroRequests(pod),
    hostPorts: [...spec.containers, ...(spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always')].flatMap((c) =>
      (c.ports ?? [])
        .filter((p) => p.hostPort)
        .map((p) => ({ ip: p.hostIP || '0.0.0.0', protocol: p.protocol ?? 'TCP', port: p.hostPort as number })),
    ),
    nodeSelector: requiredNodes(spec.nodeSelector, affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredNodes: preferredNodes(affinity?.nodeAffinity),
    affinity: terms(pod, affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    antiAffinity: terms(pod, affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: weighted(pod, affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: weighted(pod, affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  }
}

/** An API server counts a pod's specs; one from before 1.33 does not, and they are compared. */
export function specChanged(pod: Pod, before: Pod): boolean {
  if (pod.spec === before.spec) return false
  const { generation } = pod.metadata
  return generation && before.metadata.generation
    ? generation !== before.metadata.generation
    : JSON.stringify(pod.spec) !== JSON.stringify(before.spec)
}

/** What cannot matter to any plugin (status, heartbeats of probes) is no change here. */
export function schedulingChanged(pod: Pod, before: Pod): boolean {
  return (
    pod.metadata.deletionTimestamp !== before.metadata.deletionTimestamp ||
    !sameLabels(pod.metadata.labels ?? {}, before.metadata.labels ?? {}) ||
    placeChanged(pod, before)
  )
}

/** Whether the pod takes another place on its node, or is another pod. */
export function placeChanged(pod: Pod, before: Pod): boolean {
  return pod.metadata.uid !== before.metadata.uid || specChanged(pod, before) || requestsChanged(pod, before)
}

/** The kubelet tells in the status how far a resize is. */
function requestsChanged(pod: Pod, before: Pod): boolean {
  const told = ({ status }: Pod) => [
    status.containerStatuses?.map((s) => [s.resources, s.allocatedResources]),
    status.initContainerStatuses?.map((s) => [s.resources, s.allocatedResources]),
    status.resources,
    status.allocatedResources,
    status.conditions?.find((c) => c.type === 'PodResizePending')?.reason,
  ]
  return pod.status !== before.status && differs(told(pod), told(before)) && differs(podRequests(pod), podRequests(before))
}

export const differs = (a: unknown, b: unknown) => a !== b && JSON.stringify(a) !== JSON.stringify(b)

export function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

/** Whether a pod is one that `term`, written by another pod, speaks of. */
export function termMatches(
  term: AffinityTerm,
  pod: PodInfo,
  namespaceLabels: (namespace: string) => Readonly<Record<string, string>>,
): boolean {
  const inNamespace = term.namespaces.has(pod.namespace) || term.namespaceSelector?.matches(namespaceLabels(pod.namespace)) === true
  return inNamespace && term.selector.matches(pod.labels)
}

export function preferredNodes(affinity: NodeAffinity | undefined): PodInfo['preferredNodes'] {
  return (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
    .filter((term) => term.weight > 0)
    .map((term) => ({ matches: compileNodeSelectorTerm(term.preference), weight: term.weight }))
}

/** nodeSelector and the required node affinity together; terms of the latter are alternatives. */
export function requiredNodes(
  labels: Readonly<Record<string, string>> | undefined,
  required: NodeSelector | undefined,
): RequiredNodes | undefined {
  // Asked for every node and pod: 85 µs a pod with 1,000 nodes when pairs are taken apart in the loop.
  const names = Object.keys(labels ?? {})
  const wanted = Object.values(labels ?? {})
  const alternatives = required?.nodeSelectorTerms.map((term: NodeSelectorTerm) => compileNodeSelectorTerm(term))
  if (wanted.length === 0 && !alternatives) return undefined
  return {
    id: JSON.stringify([labels, required]),
    matches(node) {
      const has = node.metadata.labels
      for (let i = 0; i < names.length; i++) if (has?.[names[i] as string] !== wanted[i]) return false
      return !alternatives || alternatives.some((term) => term(node))
    },
  }
}

function terms(pod: Pod, list: readonly PodAffinityTerm[] | undefined): AffinityTerm[] {
  return (list ?? []).map((term) => ({
    topologyKey: term.topologyKey,
    selector: labelSelectorAsSelector(term.labelSelector),
    namespaces: new Set(term.namespaces?.length ? term.namespaces : term.namespaceSelector ? [] : [pod.metadata.namespace]),
    namespaceSelector: term.namespaceSelector ? labelSelectorAsSelector(term.namespaceSelector) : undefined,
  }))
}

function weighted(
  pod: Pod,
  list: readonly { readonly weight: number; readonly podAffinityTerm: PodAffinityTerm }[] | undefined,
): WeightedTerm[] {
  return (list ?? []).map((term) => ({ weight: term.weight, ...(terms(pod, [term.podAffinityTerm])[0] as AffinityTerm) }))
}
