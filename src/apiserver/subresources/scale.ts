/** /scale of deployments, replica sets, stateful sets and replication controllers: their replicas as an autoscaling/v1 Scale. */
import {
  apply,
  type ManagedFieldsEntry,
  type WriteOptions as ManagerOptions,
  parentManagedFields,
  scaleManagedFields,
  updateManagedFields,
} from '../../api/apply/field-manager.ts'
import { schemaOf } from '../../api/apply/schema.ts'
import { newNotFound } from '../../api/errors.ts'
import { labelSelectorAsSelector, selectorFromMap } from '../../api/labels.ts'
import { typeById } from '../../api/registry.ts'
import type { Json } from '../../api/shape.ts'
import type { LabelSelector } from '../../api/types/meta-v1.ts'
import { invalid, newInvalid } from '../../api/validation/field-error.ts'
import type { Answer, Call } from '../call.ts'
import type { Expected } from '../decode-body.ts'
import { parseWriteOptions, type WriteOptions } from '../options.ts'
import type { ApiObject } from '../request.ts'
import { readObject } from '../rest/body.ts'
import { type Core, groupResourceOf, keyOf, readEntry, viewOf } from '../rest/core.ts'
import { checkNamespace } from '../rest/create.ts'
import { managerOf } from '../rest/manager.ts'
import { isApply, type Patch, patched, readPatch } from '../rest/patch.ts'
import { checkName, withMetadata, writeUpdate } from '../rest/update.ts'

interface Scale extends ApiObject {
  readonly spec?: { readonly replicas?: number }
  readonly status: { readonly replicas: number; readonly selector?: string }
}
interface Scaled extends ApiObject {
  readonly spec: { readonly replicas?: number; readonly selector?: LabelSelector | Readonly<Record<string, string>> }
  readonly status?: { readonly replicas?: number }
}

const apiVersion = 'autoscaling/v1'
const expected = (): Expected => ({ group: 'autoscaling', version: 'v1', kind: 'Scale', type: typeById('autoscaling.v1.Scale') })

export async function scale(core: Core, call: Call): Promise<Answer> {
  const { info, endpoint } = call
  switch (info.verb) {
    case 'get': {
      const entry = await readEntry(core, endpoint, keyOf(endpoint, info.namespace, info.name))
      if (!entry) throw newNotFound(groupResourceOf(endpoint), info.name)
      return { kind: 'object', status: 200, object: scaleOf(viewOf(endpoint, entry) as Scaled) }
    }
    case 'update': {
      const options = parseWriteOptions('UpdateOptions', info.query)
      const sent = (await readObject(core, call, expected(), options.fieldValidation)) as Scale
      checkName(sent, info.name)
      checkNamespace(sent, info.namespace)
      return write(core, call, options, () => sent)
    }
    default: {
      const patch = await readPatch(call)
      return write(core, call, patch.options, (live) => patchScale(core, call, live, patch), isApply(patch))
    }
  }
}

async function write(core: Core, call: Call, options: WriteOptions, next: (live: Scale) => Scale, applied = false): Promise<Answer> {
  const { endpoint, info } = call
  const answer = await writeUpdate(core, call, {
    name: info.name,
    options,
    managedFields: 'keep',
    // Only who replaces a scale means the version that he read; a patch is made on the newest.
    ...(info.verb === 'update' ? { preconditions: {} } : {}),
    admitted: {
      of: (object) => scaleOf(object as Scaled),
      back: (object, scale) => withReplicas(object as Scaled, scale as Scale),
    },
    transform(existing) {
      const parent = existing as Scaled
      const entries = existing.metadata.managedFields as readonly ManagedFieldsEntry[] | undefined
      const live = withManagers(scaleOf(parent), scaleManagedFields(entries, apiVersion))
      let wanted = next(live)
      const replicas = wanted.spec?.replicas ?? 0
      if (replicas < 0) {
        const error = invalid('spec.replicas', replicas, 'must be greater than or equal to 0')
        throw newInvalid({ group: 'autoscaling', kind: 'Scale' }, info.name, [error])
      }
      if (!applied)
        wanted = updateManagedFields(live, withManagers(wanted, live.metadata.managedFields), managerOptions(core, call, options))
      const managedFields = parentManagedFields(
        entries,
        wanted.metadata.managedFields as readonly ManagedFieldsEntry[],
        endpoint.apiVersion,
      )
      const { resourceVersion } = wanted.metadata
      return withMetadata(withReplicas(parent, wanted), {
        ...existing.metadata,
        ...(applied ? {} : { resourceVersion }),
        managedFields: managedFields.length > 0 ? managedFields : undefined,
      })
    },
  })
  const object = answer.kind === 'entry' ? viewOf(endpoint, answer.entry) : (answer as Extract<Answer, { kind: 'object' }>).object
  return { kind: 'object', status: 200, object: scaleOf(object as Scaled) }
}

function patchScale(core: Core, call: Call, live: Scale, patch: Patch): Scale {
  if (!isApply(patch)) return patched(expected(), live, patch, call) as Scale
  const options = { ...managerOptions(core, call, patch.options), force: patch.options.force === true }
  return apply(live, patch.value as Json, options).object
}

const managerOptions = (core: Core, call: Call, options: WriteOptions): ManagerOptions => ({
  manager: managerOf(options.fieldManager, call),
  apiVersion,
  schema: schemaOf(typeById('autoscaling.v1.Scale')),
  subresource: 'scale',
  resetFields: ['status'],
  now: core.now(),
})

const withManagers = (object: Scale, managedFields: readonly object[] | undefined): Scale =>
  withMetadata(object, { ...object.metadata, managedFields: managedFields?.length ? managedFields : undefined }) as Scale

const withReplicas = (object: Scaled, { spec }: Scale): ApiObject =>
  ({ ...object, spec: { ...object.spec, replicas: spec?.replicas ?? 0 } }) as ApiObject

function scaleOf(object: Scaled): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const { replicas, selector } = object.spec
  return {
    kind: 'Scale',
    apiVersion,
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { ...(replicas ? { replicas } : {}) },
    status: { replicas: object.status?.replicas ?? 0, ...(selector ? { selector: selectorText(selector) } : {}) },
  }
}

/** Replication controllers select with a map, all others with a LabelSelector. */
function selectorText(selector: LabelSelector | Readonly<Record<string, string>>): string {
  const { matchLabels, matchExpressions } = selector as LabelSelector
  const structured = typeof matchLabels === 'object' || Array.isArray(matchExpressions)
  return (structured ? labelSelectorAsSelector(selector as LabelSelector) : selectorFromMap(selector as Record<string, string>)).toString()
}
