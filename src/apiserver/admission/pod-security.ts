/** Pods held to the level that their namespace is labelled with: refused, warned about, noted in the audit log (plugin/pkg/admission/security/podsecurity). */
import { newForbidden } from '../../api/errors.ts'
import type { Namespace, Pod, PodTemplateSpec } from '../../api/types/core-v1.ts'
import { type FieldError, invalid, newInvalid } from '../../api/validation/field-error.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import { deepEqual } from '../rest/equal.ts'
import type { AdmissionPlugin } from './admission.ts'
import { type Level, violations } from './pod-security-checks.ts'

const prefix = 'pod-security.kubernetes.io/'
const modes = ['enforce', 'audit', 'warn'] as const
const levels = ['privileged', 'baseline', 'restricted']
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

export function createPodSecurity(objects: Objects): AdmissionPlugin {
  return {
    name: 'PodSecurity',
    handles: (resource, subresource, operation) =>
      (operation === 'CREATE' || operation === 'UPDATE') &&
      (resource === 'pods'
        ? subresource === '' || subresource === 'ephemeralcontainers'
        : subresource === '' && (resource === 'namespaces' || templated.has(resource))),
    async validate(object, old, attributes) {
      const { resource, namespace } = attributes
      if (resource.resource === 'namespaces') {
        checkLabels(object as unknown as Namespace, old as unknown as Namespace | undefined, attributes)
        return undefined
      }
      const pod = podOf(resource.resource, object as ApiObject)
      if (!pod || (old && deepEqual(podOf(resource.resource, old)?.spec, pod.spec))) return undefined
      const labels = (await objects.get<Namespace>('namespaces', namespace))?.metadata.labels
      if (!labels) return undefined
      const found = (mode: (typeof modes)[number]) => {
        const level = labels[`${prefix}${mode}`]
        if (!level || !levels.includes(level)) return undefined
        const text = violations(pod, level as Level)
        return text && `violate PodSecurity ${JSON.stringify(`${level}:${labels[`${prefix}${mode}-version`] ?? 'latest'}`)}: ${text}`
      }
      if (resource.resource === 'pods') {
        const enforced = found('enforce')
        if (enforced) throw newForbidden(resource, pod.metadata.name ?? '', enforced.replace('violate', 'violates'))
      }
      const audited = found('audit')
      if (audited) attributes.annotateAudit?.(`${prefix}audit-violations`, `would ${audited}`)
      const warned = found('warn')
      if (warned) attributes.warn(`would ${warned}`)
      return undefined
    },
  }
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

function checkLabels(namespace: Namespace, old: Namespace | undefined, { resource }: WriteAttributes): void {
  const errors: FieldError[] = []
  for (const mode of modes) {
    for (const [key, good, why] of [
      [`${prefix}${mode}`, (v: string) => levels.includes(v), `must be one of ${levels.join(', ')}`],
      [`${prefix}${mode}-version`, (v: string) => v === 'latest' || /^v1\.([0-9]|[1-9][0-9]*)$/.test(v), 'must be "latest" or "v1.x"'],
    ] as const) {
      const value = namespace.metadata.labels?.[key]
      if (value !== undefined && value !== old?.metadata.labels?.[key] && !good(value))
        errors.push(invalid(`metadata.labels[${key}]`, value, why))
    }
  }
  if (errors.length > 0) throw newInvalid(resource, namespace.metadata.name, errors)
}
