/** Pods: creation, the few changes an update may make, and the subresources (core/validation). */
import type { Binding, Container, ContainerStatus, Pod, PodIP, PodSpec, PodStatus } from '../types/core-v1.ts'
import { check, optionalOneOf, semanticEqual, validIP } from './checks.ts'
import { validateImageForPod } from './containers.ts'
import { duplicate, type FieldError, forbidden, goQuote, invalid, notSupported, required } from './field-error.ts'
import { internalDiff, internalValue } from './internal.ts'
import { inclusiveRange, isDNS1123Label, isDNS1123Subdomain, isQualifiedName, nameIsDNSSubdomain } from './names.ts'
import { immutableMessage, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'
import { isAppArmorAnnotation, mirrorAnnotation, validatePodAnnotations, validatePodSpec } from './pod-spec.ts'
import { podQOS } from './qos.ts'
import { isEmptyList } from './resources.ts'
import { validateOnlyAddedTolerations } from './scheduling.ts'
import { visitContainers } from './visit.ts'

function validateMetadataAndSpec(pod: Pod): FieldError[] {
  const { metadata, spec } = pod
  const errors = [
    ...validateObjectMeta(metadata, true, nameIsDNSSubdomain),
    ...validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations'),
    ...validatePodSpec(spec, 'spec', { podName: metadata.name, isPod: true }),
  ]
  if (!spec.serviceAccountName)
    spec.volumes?.forEach((volume, i) => {
      volume.projected?.sources?.forEach((source, j) => {
        if (source.serviceAccountToken)
          errors.push(
            forbidden(
              `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`,
              'must not be specified when serviceAccountName is not set',
            ),
          )
      })
    })
  for (const field of ['containers', 'initContainers'] as const)
    spec[field]?.forEach((container, i) => {
      errors.push(...validateImageForPod(container, `spec.${field}[${i}]`))
    })
  return errors
}

export function validatePod(pod: Pod): FieldError[] {
  const errors = validateMetadataAndSpec(pod)
  const { spec } = pod
  if (spec.ephemeralContainers?.length) errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'))
  if (spec.nodeName && spec.schedulingGates?.length)
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'))
  errors.push(...validateProfilesMatch(pod, 'seccomp'), ...validateProfilesMatch(pod, 'apparmor'))
  return errors
}

/** An old annotation and the field that took its place must say the same. */
function validateProfilesMatch({ metadata: { annotations = {} }, spec }: Pod, kind: 'seccomp' | 'apparmor'): FieldError[] {
  const errors: FieldError[] = []
  const field = kind === 'seccomp' ? 'seccompProfile' : 'appArmorProfile'
  const prefix = kind === 'seccomp' ? 'container.seccomp.security.alpha.kubernetes.io/' : 'container.apparmor.security.beta.kubernetes.io/'
  if (kind === 'apparmor' && spec.os?.name === 'windows') return errors
  const compare = (profile: { type: string; localhostProfile?: string }, annotation: string | undefined, path: string) => {
    if (annotation === undefined) return
    const defaults = kind === 'seccomp' ? ['runtime/default', 'docker/default'] : ['runtime/default']
    const types: Record<string, boolean> = {
      Unconfined: annotation === 'unconfined',
      RuntimeDefault: defaults.includes(annotation),
      Localhost: annotation.startsWith('localhost/'),
    }
    if (types[profile.type] === false) errors.push(forbidden(`${path}.type`, `${kind} type in annotation and field must match`))
    else if (profile.type === 'Localhost' && annotation.slice('localhost/'.length) !== profile.localhostProfile)
      errors.push(forbidden(`${path}.localhostProfile`, `${kind} profile in annotation and field must match`))
  }
  const own = spec.securityContext?.[field]
  if (kind === 'seccomp' && own)
    compare(own, annotations['seccomp.security.alpha.kubernetes.io/pod'], 'spec.securityContext.seccompProfile')
  visitContainers(spec, 'spec', (container, path) => {
    const profile = container.securityContext?.[field] ?? (kind === 'apparmor' ? own : undefined)
    if (profile) compare(profile, annotations[`${prefix}${container.name}`], `${path}.securityContext.${field}`)
  })
  return errors
}

function validateAnnotationUpdates(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = []
  const path = 'metadata.annotations'
  const [now = {}, before = {}] = [pod.metadata.annotations, old.metadata.annotations]
  const forbid = (key: string, verb: string) => {
    if (isAppArmorAnnotation(key)) errors.push(forbidden(`${path}[${key}]`, `may not ${verb} AppArmor annotations`))
    if (key === mirrorAnnotation) errors.push(forbidden(`${path}[${key}]`, `may not ${verb} mirror pod annotation`))
  }
  for (const key in before) if (now[key] !== before[key]) forbid(key, 'remove or update')
  for (const key in now) if (before[key] === undefined) forbid(key, 'add')
  return [...errors, ...validatePodAnnotations(now, pod.spec, path)]
}

const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors = [
    ...validateObjectMetaUpdate(pod.metadata, old.metadata),
    ...validateMetadataAndSpec(pod),
    ...validateAnnotationUpdates(pod, old),
  ]
  const { spec } = pod
  for (const field of ['containers', 'initContainers'] as const) {
    const [now, before] = [spec[field] ?? [], old.spec[field] ?? []]
    if (now.length !== before.length) return [...errors, forbidden(`spec.${field}`, 'pod updates may not add or remove containers')]
    now.forEach((container, i) => {
      if (!container.image) errors.push(required(`spec.${field}[${i}].image`))
      errors.push(...validateImageForPod(container, `spec.${field}[${i}]`))
    })
  }
  const [deadline, oldDeadline] = [spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds]
  if (deadline !== undefined) {
    if (deadline < 0 || deadline > 2147483647)
      return [...errors, invalid('spec.activeDeadlineSeconds', deadline, inclusiveRange(0, 2147483647))]
    if (oldDeadline !== undefined && oldDeadline < deadline)
      return [...errors, invalid('spec.activeDeadlineSeconds', deadline, 'must be less than or equal to previous value')]
  } else if (oldDeadline !== undefined)
    errors.push(invalid('spec.activeDeadlineSeconds', null, 'must not update from a positive integer to nil value'))
  errors.push(...validateOnlyAddedTolerations(spec.tolerations, old.spec.tolerations, 'spec.tolerations'))
  spec.schedulingGates?.forEach((gate, i) => {
    if (!old.spec.schedulingGates?.some((g) => g.name === gate.name))
      errors.push(forbidden(`spec.schedulingGates[${i}].name`, `only deletion is allowed, but found new scheduling gate '${gate.name}'`))
  })
  if (semanticEqual(spec, old.spec)) return errors

  // Take the permitted changes back; what still differs is not permitted.
  let munged: PodSpec = {
    ...spec,
    containers: withImages(spec.containers, old.spec.containers) as Container[],
    initContainers: withImages(spec.initContainers, old.spec.initContainers),
    activeDeadlineSeconds: oldDeadline,
    schedulingGates: old.spec.schedulingGates,
    tolerations: old.spec.tolerations,
  }
  if ((old.spec.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1)
    munged.terminationGracePeriodSeconds = old.spec.terminationGracePeriodSeconds
  if (old.spec.schedulingGates?.length) {
    if (!semanticEqual(munged.nodeSelector, old.spec.nodeSelector)) {
      const kept = Object.entries(old.spec.nodeSelector ?? {}).every(([k, v]) => munged.nodeSelector?.[k] === v)
      if (!kept)
        errors.push(
          invalid(
            'spec.nodeSelector',
            sortKeys(munged.nodeSelector),
            'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
          ),
        )
      munged.nodeSelector = old.spec.nodeSelector
    }
    const [affinity, oldAffinity] = [munged.affinity?.nodeAffinity, old.spec.affinity?.nodeAffinity]
    if (!semanticEqual(affinity, oldAffinity)) {
      errors.push(...validateNodeAffinityMutation(affinity, oldAffinity))
      const { nodeAffinity: _, ...rest } = munged.affinity ?? {}
      const restored = oldAffinity ? { ...rest, nodeAffinity: oldAffinity } : rest
      munged = { ...munged, affinity: old.spec.affinity === undefined && Object.keys(rest).length === 0 ? undefined : restored }
    }
  }
  if (!semanticEqual(munged, old.spec))
    errors.push(
      forbidden('spec', `pod updates may not change fields other than ${updatable}\n${internalDiff('PodSpec', old.spec, munged)}`),
    )
  return errors
}
const withImages = (now: Container[] | undefined, old: Container[] | undefined) => now?.map((c, i) => ({ ...c, image: old?.[i]?.image }))
const sortKeys = (map: Record<string, string> | undefined) =>
  map ? Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))) : null

type NodeAffinity = NonNullable<PodSpec['affinity']>['nodeAffinity']
/** A gated pod's node affinity may become stricter, not other. */
function validateNodeAffinityMutation(now: NodeAffinity, old: NodeAffinity): FieldError[] {
  const path = 'spec.affinity.nodeAffinity'
  const field = `${path}.requiredDuringSchedulingIgnoredDuringExecution`
  const [required_, before] = [now?.requiredDuringSchedulingIgnoredDuringExecution, old?.requiredDuringSchedulingIgnoredDuringExecution]
  if (!before || before.nodeSelectorTerms.length === 0) return []
  const terms = required_?.nodeSelectorTerms ?? []
  if (!required_ || terms.length !== before.nodeSelectorTerms.length)
    return [
      invalid(
        `${field}.nodeSelectorTerms`,
        terms.length === 0 ? null : terms.map((t) => internalValue('NodeSelectorTerm', t)),
        'no additions/deletions to non-empty NodeSelectorTerms list are allowed',
      ),
    ]
  return terms.flatMap((term, i) => {
    const from = before.nodeSelectorTerms[i]
    if (!from?.matchExpressions?.length && !from?.matchFields?.length)
      return semanticEqual(term, from)
        ? []
        : [
            invalid(
              `${field}.nodeSelectorTerms[${i}]`,
              internalValue('NodeSelectorTerm', term),
              'no additions are allowed to an empty NodeSelectorTerm',
            ),
          ]
    const prefix = (['matchExpressions', 'matchFields'] as const).every((k) =>
      (from[k] ?? []).every((e, j) => semanticEqual(e, term[k]?.[j])),
    )
    return prefix
      ? []
      : [
          invalid(
            `${field}.nodeSelectorTerms[${i}]`,
            internalValue('NodeSelectorTerm', term),
            'only additions are allowed (no mutations or deletions)',
          ),
        ]
  })
}

// ---- status

const systemConditions = ['PodScheduled', 'Ready', 'Initialized']

export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors = [...validateObjectMetaUpdate(pod.metadata, old.metadata), ...validateAnnotationUpdates(pod, old)]
  const { status } = pod
  status.conditions?.forEach((condition, i) => {
    if (!systemConditions.includes(condition.type))
      errors.push(...check(condition.type, `status.conditions[${i}].Condition`, isQualifiedName))
    if ((condition.observedGeneration ?? 0) < 0)
      errors.push(invalid(`status.conditions[${i}].observedGeneration`, condition.observedGeneration, 'must be a non-negative integer'))
  })
  if ((pod.spec.nodeName ?? '') !== (old.spec.nodeName ?? '')) errors.push(forbidden('status.nodeName', 'may not be changed directly'))
  if (status.nominatedNodeName && status.nominatedNodeName !== old.status.nominatedNodeName)
    errors.push(...check(status.nominatedNodeName, 'status.nominatedNodeName', isDNS1123Subdomain))
  if ((status.observedGeneration ?? 0) < 0)
    errors.push(invalid('status.observedGeneration', status.observedGeneration, 'must be a non-negative integer'))
  if ((status.qosClass ?? '') !== (old.status.qosClass ?? ''))
    errors.push(invalid('status.qosClass', status.qosClass ?? '', immutableMessage))
  for (const field of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const)
    errors.push(...validateStateTransition(status[field], old.status[field], old.spec, field))
  const claims = new Set<string>()
  status.resourceClaimStatuses?.forEach((claim, i) => {
    const path = `status.resourceClaimStatuses[${i}]`
    errors.push(...check(claim.name, `${path}.name`, isDNS1123Label))
    if (claim.resourceClaimName !== undefined)
      errors.push(...check(claim.resourceClaimName, `${path}.resourceClaimName`, isDNS1123Subdomain))
    if (!pod.spec.resourceClaims?.some((c) => c.name === claim.name))
      errors.push(invalid(`${path}.name`, claim.name, 'must match the name of an entry in `spec.resourceClaims`'))
    if (claims.has(claim.name)) errors.push(duplicate(path, claim.name))
    claims.add(claim.name)
  })
  errors.push(...validateIPs(status.podIPs, 'status.podIPs'))
  if (status.hostIPs?.length) {
    const first = (status.hostIPs[0] as PodIP).ip
    if (status.hostIP !== first) errors.push(invalid('status.hostIPs[0].ip', first, 'must be equal to `hostIP`'))
    errors.push(...validateIPs(status.hostIPs, 'status.hostIPs'))
  }
  errors.push(...validateContainerUsers(status, pod.spec))
  return errors
}

/** A container that may not restart stays terminated. */
function validateStateTransition(
  now: readonly ContainerStatus[] | undefined,
  old: readonly ContainerStatus[] | undefined,
  spec: PodSpec,
  field: 'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses',
): FieldError[] {
  const ephemeral = field === 'ephemeralContainerStatuses'
  const containers = field === 'initContainerStatuses' ? spec.initContainers : ephemeral ? [] : spec.containers
  return (old ?? []).flatMap((status, i) => {
    const terminated = status.state.terminated
    if (!terminated) return []
    const container = containers?.find((c) => c.name === status.name)
    const policy = ephemeral ? 'Never' : (container?.restartPolicy ?? spec.restartPolicy)
    const restarted = container?.restartPolicyRules?.some((rule) => {
      const listed = rule.exitCodes?.values?.includes(terminated.exitCode) ?? false
      return rule.exitCodes?.operator === 'In' ? listed : !listed
    })
    if (policy === 'Always' || restarted || (policy === 'OnFailure' && terminated.exitCode !== 0)) return []
    return now?.some((s) => s.name === status.name && !s.state.terminated)
      ? [forbidden(`status.${field}[${i}].state`, 'may not be transitioned to non-terminated state')]
      : []
  })
}

function validateIPs(ips: readonly PodIP[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!ips) return errors
  ips.forEach(({ ip }, i) => {
    errors.push(...validIP(ip, `${path}[${i}]`))
  })
  if (ips.length > 1) {
    const families = new Set(ips.map(({ ip }) => ip.includes(':')))
    if (families.size < 2 || ips.length > 2)
      errors.push(
        invalid(
          path,
          ips.map((ip) => internalValue('PodIP', ip)),
          'may specify no more than one IP for each IP family',
        ),
      )
    ips.forEach((one, i) => {
      if (ips.findIndex((other) => other.ip === one.ip) < i) errors.push(duplicate(`${path}[${i}]`, internalValue('PodIP', one)))
    })
  }
  return errors
}

function validateContainerUsers(status: PodStatus, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const)
    status[field]?.forEach(({ user }, i) => {
      const path = `status.${field}[${i}].user.linux`
      if (!user?.linux) return
      if (spec.os?.name === 'windows') {
        errors.push(forbidden(path, 'cannot be set for a windows pod'))
        return
      }
      const { uid, gid, supplementalGroups = [] } = user.linux
      for (const [name, id] of [
        ['uid', uid],
        ['gid', gid],
        ...supplementalGroups.map((g, j) => [`supplementalGroups[${j}]`, g] as const),
      ] as const)
        errors.push(...check(id, `${path}.${name}`, (v: number) => (v >= 0 && v <= 2147483647 ? [] : [inclusiveRange(0, 2147483647)])))
    })
  return errors
}

// ---- other subresources

export function validatePodEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors = [
    ...validateObjectMetaUpdate(pod.metadata, old.metadata),
    ...validateMetadataAndSpec(pod),
    ...validateAnnotationUpdates(pod, old),
  ]
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) return [forbidden('', 'static pods do not support ephemeral containers')]
  const path = 'spec.ephemeralContainers'
  for (const before of old.spec.ephemeralContainers ?? []) {
    const now = pod.spec.ephemeralContainers?.find((c) => c.name === before.name)
    if (!now) errors.push(forbidden(path, `existing ephemeral containers ${goQuote(before.name)} may not be removed\n`))
    else if (!semanticEqual(before, now))
      errors.push(
        forbidden(
          path,
          `existing ephemeral containers ${goQuote(before.name)} may not be changed\n${internalDiff('EphemeralContainer', before, now)}`,
        ),
      )
  }
  return errors
}

export function validatePodResize(pod: Pod, old: Pod): FieldError[] {
  const errors = [...validateObjectMetaUpdate(pod.metadata, old.metadata), ...validateMetadataAndSpec(pod)]
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) return [forbidden('', 'static pods cannot be resized')]
  if (old.spec.os?.name === 'windows') return [forbidden('', 'windows pods cannot be resized')]
  if ((old.status.qosClass ?? podQOS(old)) !== podQOS(pod))
    errors.push(invalid('spec', pod.status.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'))
  for (const field of ['initContainers', 'containers'] as const) {
    const [now, before] = [pod.spec[field] ?? [], old.spec[field] ?? []]
    if (now.length !== before.length || now.some((c, i) => c.name !== before[i]?.name))
      return [
        ...errors,
        forbidden(
          `spec.${field}`,
          now.length !== before.length
            ? `${field} may not be added or removed on resize`
            : `${field} may not be renamed or reordered on resize`,
        ),
      ]
  }
  for (const field of ['initContainers', 'containers'] as const)
    old.spec[field]?.forEach((before, i) => {
      if (field === 'initContainers' && before.restartPolicy !== 'Always') return
      const now = pod.spec[field]?.[i]
      for (const list of ['requests', 'limits'] as const) {
        const removed = Object.keys(before.resources[list] ?? {}).some((name) => now?.resources[list]?.[name] === undefined)
        if (removed) errors.push(forbidden(`spec.${field}[${i}].resources.${list}`, `resource ${list} cannot be removed`))
      }
    })
  if (!semanticEqual(withoutComputeResources(pod.spec), withoutComputeResources(old.spec)))
    errors.push(forbidden('spec', 'only cpu and memory resources are mutable'))
  return errors
}
/** The spec without what a resize may change. */
function withoutComputeResources(spec: PodSpec): PodSpec {
  const strip = (list: Record<string, string> | undefined) => {
    const { cpu: _, memory: __, ...rest } = list ?? {}
    return isEmptyList(rest) ? undefined : rest
  }
  const container = (c: Container): Container => ({
    ...c,
    resources: { ...c.resources, limits: strip(c.resources.limits), requests: strip(c.resources.requests) },
  })
  return {
    ...spec,
    containers: spec.containers?.map(container),
    initContainers: spec.initContainers?.map((c) => (c.restartPolicy === 'Always' ? container(c) : c)),
  }
}

export function validateBinding(binding: Binding): FieldError[] {
  const { kind, name } = binding.target
  return [
    ...(kind && kind !== 'Node' ? [notSupported('target.kind', kind, ['Node', '<empty>'])] : []),
    ...(name ? [] : [required('target.name')]),
  ]
}

export interface PodLogOptions {
  readonly tailLines?: number
  readonly limitBytes?: number
  readonly sinceSeconds?: number
  readonly sinceTime?: string
  readonly stream?: string
}
export function validatePodLogOptions(options: PodLogOptions): FieldError[] {
  const errors: FieldError[] = []
  const { tailLines, limitBytes, sinceSeconds, sinceTime, stream } = options
  if (tailLines !== undefined && tailLines < 0) errors.push(invalid('tailLines', tailLines, 'must be greater than or equal to 0'))
  if (limitBytes !== undefined && limitBytes < 1) errors.push(invalid('limitBytes', limitBytes, 'must be greater than 0'))
  if (sinceSeconds !== undefined && sinceTime !== undefined)
    errors.push(forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'))
  else if (sinceSeconds !== undefined && sinceSeconds < 1) errors.push(invalid('sinceSeconds', sinceSeconds, 'must be greater than 0'))
  if (stream !== undefined) {
    errors.push(...optionalOneOf(stream, 'stream', ['All', 'Stderr', 'Stdout']))
    if (stream !== 'All' && tailLines !== undefined)
      errors.push(forbidden('', '`tailLines` and specific `stream` are mutually exclusive for now'))
  }
  return errors
}
