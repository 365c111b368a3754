/** Pods held to the level that their namespace is labelled with: refused, warned about, noted in the audit log (plugin/pkg/admission/security/podsecurity). */
import { newForbidden } from '../../api/errors.ts'
import type { Namespace, Pod, PodTemplateSpec } from '../../api/types/core-v1.ts'
import { causeMessage, newInvalid } from '../../api/validation/field-error.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import type { AdmissionPlugin } from './admission.ts'
import { detailsOf, findings, reasonsOf } from './pod-security-checks.ts'
import { createPodSecurityMetrics } from './pod-security-metrics.ts'
import { isStricter, type LevelVersion, labelPrefix, modes, type PodSecurityConfiguration, policyOf, print } from './pod-security-policy.ts'

const templated = new Set([
  'replicationcontrollers',
  'podtemplates',
  'replicasets',
  'deployments',
  'statefulsets',
  'daemonsets',
  'jobs',
  'cronjobs',
])
/** A change of labels looks at no more of the namespace's pods, and for no longer. */
const maxPodsToCheck = 3000
const maxCheckMs = 1000

export function createPodSecurity(
  objects: Objects,
  { defaults, exemptions }: PodSecurityConfiguration,
  metrics: MetricsRegistry,
): AdmissionPlugin {
  const figures = createPodSecurityMetrics(metrics)
  const isExempt = (pod: Pod): boolean => exemptions.runtimeClasses.has(pod.spec.runtimeClassName ?? '')

  /** What the pods that are there would be told under the level. */
  const warningsOfPods = async (namespace: string, wanted: LevelVersion): Promise<string[]> => {
    const pods = onePerControllerFirst((await objects.list<Pod>('pods', namespace)).filter((pod) => !isExempt(pod)))
    const until = performance.now() + maxCheckMs
    const byReasons = new Map<string, string[]>()
    let checked = 0
    for (const pod of pods.slice(0, maxPodsToCheck)) {
      const reasons = reasonsOf(findings(pod, wanted))
      if (reasons) byReasons.set(reasons, [...(byReasons.get(reasons) ?? []), pod.metadata.name])
      checked++
      if (performance.now() > until) break
    }
    const warnings: string[] = []
    if (checked < pods.length)
      warnings.push(`new PodSecurity enforce level only checked against the first ${checked} of ${pods.length} existing pods`)
    if (byReasons.size > 0)
      warnings.push(`existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level "${print(wanted)}"`)
    const others = ['', ' (and 1 other pod)']
    const told = [...byReasons].map(([reasons, names]) => {
      const rest = names.length - 1
      return `${names.sort()[0]}${others[rest] ?? ` (and ${rest} other pods)`}: ${reasons}`
    })
    return [...warnings, ...told.sort()]
  }

  const checkNamespace = async (namespace: Namespace, old: Namespace | undefined, { resource, warn }: WriteAttributes): Promise<void> => {
    const { name, labels = {} } = namespace.metadata
    const { policy, errors } = policyOf(labels, defaults)
    const before = old && policyOf(old.metadata.labels ?? {}, defaults)
    // What was wrong before may stay as it is.
    const printed = (list: typeof errors) => JSON.stringify(list)
    if (errors.length > 0 && printed(errors) !== printed(before?.errors ?? [])) throw newInvalid(resource, name, errors)
    if (before) {
      const { enforce } = policy
      const was = before.policy.enforce
      if (print(enforce) === print(was) || enforce.level === 'privileged') return
      if (enforce.version === was.version && !isStricter(enforce.level, was.level)) return
    }
    if (exemptions.namespaces.has(name)) {
      const ignored = modes.filter(
        (mode) =>
          policy[mode].level !== 'privileged' && (labels[labelPrefix + mode] ?? labels[`${labelPrefix}${mode}-version`]) !== undefined,
      )
      const isDefault = modes.every((mode) => print(policy[mode]) === print(defaults[mode]))
      if (isDefault || modes.every((mode) => policy[mode].level === 'privileged')) return
      const text = ignored.map((mode) => `${mode}=${print(policy[mode])}`).join(', ')
      warn(`namespace ${JSON.stringify(name)} is exempt from Pod Security, and the policy (${text}) will be ignored`)
    } else if (before) for (const text of await warningsOfPods(name, policy.enforce)) warn(text)
  }

  return {
    name: 'PodSecurity',
    handles: (resource, subresource, operation) =>
      (operation === 'CREATE' || operation === 'UPDATE') &&
      (resource === 'pods'
        ? subresource === '' || subresource === 'ephemeralcontainers'
        : subresource === '' && (resource === 'namespaces' || templated.has(resource))),
    async validate(object, old, attributes) {
      const { resource, namespace, user } = attributes
      if (resource.resource === 'namespaces') {
        await checkNamespace(object as unknown as Namespace, old as unknown as Namespace | undefined, attributes)
        return undefined
      }
      const annotate = (key: string, value: string) => attributes.annotateAudit?.(labelPrefix + key, value)
      const exempt = exemptions.namespaces.has(namespace) ? 'namespace' : exemptions.usernames.has(user.name) ? 'user' : undefined
      if (exempt) {
        annotate('exempt', exempt)
        figures.exempt(attributes)
        return undefined
      }
      const isPod = resource.resource === 'pods'
      const pod = podOf(resource.resource, object as ApiObject)
      if (!pod || (isPod && old && !isSignificant(pod, old as unknown as Pod))) return undefined
      const labels = (await objects.get<Namespace>('namespaces', namespace))?.metadata.labels ?? {}
      const { policy, errors } = policyOf(labels, defaults)
      if (isExempt(pod)) {
        annotate('exempt', 'runtimeClass')
        figures.exempt(attributes)
        return undefined
      }
      if (errors.length > 0) {
        annotate('error', `Failed to parse policy: ${errors.map((e) => `${e.field}: ${causeMessage(e)}`).join(', ')}`)
        figures.misread(attributes)
      }
      const found = Object.fromEntries(modes.map((mode) => [mode, findings(pod, policy[mode])])) as Record<
        string,
        ReturnType<typeof findings>
      >
      const violation = (mode: (typeof modes)[number]): string | undefined =>
        found[mode]?.length ? `PodSecurity "${print(policy[mode])}": ${detailsOf(found[mode])}` : undefined
      const audited = violation('audit')
      if (audited) {
        annotate('audit-violations', `would violate ${audited}`)
        figures.evaluated(false, policy.audit, 'audit', attributes)
      }
      if (isPod) {
        annotate('enforce-policy', print(policy.enforce))
        const enforced = violation('enforce')
        figures.evaluated(!enforced, policy.enforce, 'enforce', attributes)
        if (enforced) throw newForbidden(resource, pod.metadata.name ?? '', `violates ${enforced}`)
      }
      const warned = violation('warn')
      if (warned) {
        attributes.warn(`would violate ${warned}`)
        figures.evaluated(false, policy.warn, 'warn', attributes)
      }
      return undefined
    },
  }
}

/** Only what a level looks at and a pod may change: its images and its ephemeral containers. */
function isSignificant({ spec }: Pod, { spec: old }: Pod): boolean {
  const changed = (now: readonly { name: string; image?: string }[] = [], then: readonly { name: string; image?: string }[] = []) =>
    now.length !== then.length || now.some((c, i) => c.image !== then[i]?.image)
  const debuggers = new Map((old.ephemeralContainers ?? []).map((c) => [c.name, c.image]))
  return (
    changed(spec.containers, old.containers) ||
    changed(spec.initContainers, old.initContainers) ||
    (spec.ephemeralContainers ?? []).some((c) => !debuggers.has(c.name) || debuggers.get(c.name) !== c.image)
  )
}

/** Pods of one controller are alike, so that each controller's first are looked at before any others. */
function onePerControllerFirst(pods: readonly Pod[]): Pod[] {
  const seen = new Set<string>()
  const first: Pod[] = []
  const others: Pod[] = []
  for (const pod of pods) {
    const uid = pod.metadata.ownerReferences?.find((o) => o.controller)?.uid
    if (uid !== undefined && seen.has(uid)) others.push(pod)
    else first.push(pod)
    if (uid !== undefined) seen.add(uid)
  }
  return [...first, ...others]
}

/** The pod, or the one that the object is a template of. */
function podOf(resource: string, object: ApiObject): Pod | undefined {
  const { spec, template } = object as ApiObject & { spec?: Record<string, unknown>; template?: PodTemplateSpec }
  if (resource === 'pods') return object as unknown as Pod
  const found =
    resource === 'podtemplates'
      ? template
      : resource === 'cronjobs'
        ? (spec?.['jobTemplate'] as { spec?: { template?: PodTemplateSpec } } | undefined)?.spec?.template
        : (spec?.['template'] as PodTemplateSpec | undefined)
  return found?.spec ? ({ metadata: found.metadata ?? {}, spec: found.spec } as unknown as Pod) : undefined
}
