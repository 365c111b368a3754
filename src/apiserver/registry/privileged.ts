/** --allow-privileged=false: no container of a pod, or of what makes pods, is privileged (upstream: pkg/capabilities, core validation). */
import type { PodSpec } from '../../api/types/core-v1.ts'
import { type FieldError, forbidden } from '../../api/validation/field-error.ts'
import type { ApiObject } from '../request.ts'
import type { Strategy } from './strategy.ts'

/** Where each kind has its pod's spec. */
const podSpecs: Readonly<Record<string, string>> = {
  pods: 'spec',
  podtemplates: 'template.spec',
  replicationcontrollers: 'spec.template.spec',
  'deployments.apps': 'spec.template.spec',
  'replicasets.apps': 'spec.template.spec',
  'daemonsets.apps': 'spec.template.spec',
  'statefulsets.apps': 'spec.template.spec',
  'jobs.batch': 'spec.template.spec',
  'cronjobs.batch': 'spec.jobTemplate.spec.template.spec',
}

export function withoutPrivileged(strategies: Readonly<Record<string, Strategy>>): Readonly<Record<string, Strategy>> {
  const held = Object.entries(podSpecs).map(([resource, path]) => {
    const strategy = strategies[resource] as Strategy
    const errors = (object: ApiObject) => privileged(object, path)
    const { subresources } = strategy
    const made: Strategy = {
      ...strategy,
      validate: (object, attributes) => [...(strategy.validate?.(object, attributes) ?? []), ...errors(object)],
      validateUpdate: (object, old, attributes) => [...(strategy.validateUpdate?.(object, old, attributes) ?? []), ...errors(object)],
      ...(subresources?.['ephemeralcontainers']
        ? {
            subresources: {
              ...subresources,
              ephemeralcontainers: {
                ...subresources['ephemeralcontainers'],
                validateUpdate: (object, old, attributes) => [
                  ...(subresources['ephemeralcontainers']?.validateUpdate?.(object, old, attributes) ?? []),
                  ...errors(object),
                ],
              },
            },
          }
        : {}),
    }
    return [resource, made] as const
  })
  return { ...strategies, ...Object.fromEntries(held) }
}

function privileged(object: ApiObject, path: string): FieldError[] {
  const spec = path.split('.').reduce<unknown>((at, field) => (at as Record<string, unknown> | undefined)?.[field], object) as
    | PodSpec
    | undefined
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((kind) =>
    (spec?.[kind] ?? []).flatMap(({ securityContext }, i) =>
      securityContext?.privileged ? [forbidden(`${path}.${kind}[${i}].securityContext.privileged`, 'disallowed by cluster policy')] : [],
    ),
  )
}
