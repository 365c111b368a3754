/** /scale of deployments, replica sets, stateful sets, replication controllers and custom resources: their replicas as an autoscaling/v1 Scale. */
import {
  apply,
  type ManagedFieldsEntry,
  type WriteOptions as ManagerOptions,
  parentManagedFields,
  scaleManagedFields,
  updateManagedFields,
} from '../../api/apply/field-manager.ts'
import type { FieldSet } from '../../api/apply/field-set.ts'
import { schemaOf } from '../../api/apply/schema.ts'
import { newInternalError, newNotFound } from '../../api/errors.ts'
import { labelSelectorAsSelector, selectorFromMap } from '../../api/labels.ts'
import { typeById } from '../../api/registry.ts'
import type { Json } from '../../api/shape.ts'
import type { LabelSelector } from '../../api/types/meta-v1.ts'
import { invalid, newInvalid } from '../../api/validation/field-error.ts'
import type { Answer, Call } from '../call.ts'
import type { Expected } from '../decode-body.ts'
import type { Endpoint, ScalePaths } from '../endpoints.ts'
import { fieldAt, withFieldAt } from '../extensions/paths.ts'
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

/** Where a resource has the numbers of its Scale. */
interface Places {
  readonly paths: ScalePaths
  /** The replicas in a set of fields. */
  readonly owned: FieldSet
  selector(object: ApiObject): string | undefined
}
const builtIn: Places = {
  paths: { specReplicas: ['spec', 'replicas'], statusReplicas: ['status', 'replicas'] },
  owned: { 'f:spec': { 'f:replicas': {} } },
  selector(object) {
    const { selector } = (object as ApiObject & { spec: { selector?: LabelSelector | Readonly<Record<string, string>> } }).spec
    return selector && selectorText(selector)
  },
}
const placesOf = ({ custom }: Endpoint): Places => (custom?.scale ? customPlaces(custom.scale) : builtIn)

function customPlaces(paths: ScalePaths): Places {
  return {
    paths,
    owned: paths.specReplicas.reduceRight<FieldSet>((below, name) => ({ [`f:${name}`]: below }), {}),
    selector: (object) => paths.labelSelector && (fieldAt(object, paths.labelSelector) as string | undefined),
  }
}

const apiVersion = 'autoscaling/v1'
const expected = (): Expected => ({ group: 'autoscaling', version: 'v1', kind: 'Scale', type: typeById('autoscaling.v1.Scale') })

export async function scale(core: Core, call: Call): Promise<Answer> {
  const { info, endpoint } = call
  switch (info.verb) {
    case 'get': {
      const entry = await readEntry(core, endpoint, keyOf(endpoint, info.namespace, info.name))
      if (!entry) throw newNotFound(groupResourceOf(endpoint), info.name)
      return { kind: 'object', status: 200, object: scaleOf(endpoint, viewOf(endpoint, entry)) }
    }
    case 'update': {
      const options = parseWriteOptions('UpdateOptions', info.query)
      const sent = (await readObject(core, call, expected(), options.fieldValidation)) as Scale
      checkName(sent, info.name)
      checkNamespace(sent, info.namespace)
      return write(core, call, options, () => sent)
    }
    default: {
      const patch = await readPatch(core, call)
      return write(core, call, patch.options, (live) => patchScale(core, call, live, patch), isApply(patch))
    }
  }
}

async function write(core: Core, call: Call, options: WriteOptions, next: (live: Scale) => Scale, applied = false): Promise<Answer> {
  const { endpoint, info } = call
  const { owned } = placesOf(endpoint)
  const answer = await writeUpdate(core, call, {
    name: info.name,
    options,
    managedFields: 'keep',
    // Only who replaces a scale means the version that he read; a patch is made on the newest.
    ...(info.verb === 'update' ? { preconditions: {} } : {}),
    admitted: {
      of: (object) => scaleOf(endpoint, object),
      back: (object, scale) => withReplicas(endpoint, object, scale as Scale),
    },
    transform(existing) {
      const entries = existing.metadata.managedFields as readonly ManagedFieldsEntry[] | undefined
      const live = withManagers(scaleOf(endpoint, existing), scaleManagedFields(entries, apiVersion, owned))
      let wanted = next(live)
      const replicas = wanted.spec?.replicas ?? 0
      // Custom resources are checked by their own rules.
      if (replicas < 0 && !endpoint.custom) {
        const error = invalid('spec.replicas', replicas, 'must be greater than or equal to 0')
        throw newInvalid({ group: 'autoscaling', kind: 'Scale' }, info.name, [error])
      }
      if (!applied)
        wanted = updateManagedFields(live, withManagers(wanted, live.metadata.managedFields), managerOptions(core, call, options))
      const managedFields = parentManagedFields(
        entries,
        wanted.metadata.managedFields as readonly ManagedFieldsEntry[],
        endpoint.apiVersion,
        owned,
      )
      const { resourceVersion } = wanted.metadata
      return withMetadata(withReplicas(endpoint, existing, wanted), {
        ...existing.metadata,
        ...(applied ? {} : { resourceVersion }),
        managedFields: managedFields.length > 0 ? managedFields : undefined,
      })
    },
  })
  const object = answer.kind === 'entry' ? viewOf(endpoint, answer.entry) : (answer as Extract<Answer, { kind: 'object' }>).object
  return { kind: 'object', status: 200, object: scaleOf(endpoint, object as ApiObject) }
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

const withReplicas = (endpoint: Endpoint, object: ApiObject, { spec }: Scale): ApiObject =>
  withFieldAt(object as unknown as Json, placesOf(endpoint).paths.specReplicas, spec?.replicas ?? 0) as unknown as ApiObject

function scaleOf(endpoint: Endpoint, object: ApiObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const { paths, selector: selectorOf } = placesOf(endpoint)
  const replicas = fieldAt(object, paths.specReplicas) as number | undefined
  if (replicas === undefined && endpoint.custom)
    throw newInternalError(new Error(`the spec replicas field ".${paths.specReplicas.join('.')}" does not exist`))
  const selector = selectorOf(object)
  return {
    kind: 'Scale',
    apiVersion,
    metadata: { name, ...(namespace ? { namespace } : {}), uid, resourceVersion, creationTimestamp } as ApiObject['metadata'],
    spec: { ...(replicas ? { replicas } : {}) },
    status: { replicas: (fieldAt(object, paths.statusReplicas) as number | undefined) ?? 0, ...(selector ? { selector } : {}) },
  }
}

/** Replication controllers select with a map, all others with a LabelSelector. */
function selectorText(selector: LabelSelector | Readonly<Record<string, string>>): string {
  const { matchLabels, matchExpressions } = selector as LabelSelector
  const structured = typeof matchLabels === 'object' || Array.isArray(matchExpressions)
  return (structured ? labelSelectorAsSelector(selector as LabelSelector) : selectorFromMap(selector as Record<string, string>)).toString()
}
