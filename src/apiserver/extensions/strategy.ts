/**
 * What is special about a custom resource, as its definition says it (upstream: apiextensions'
 * registry/customresource/strategy.go): validation by the version's schema, the status subresource, the numbers of scale.
 */
import { goType } from '../../api/patch/go-value.ts'
import { equalJson } from '../../api/shape.ts'
import { type FieldError, invalid, required } from '../../api/validation/field-error.ts'
import { nameIsDNSSubdomain } from '../../api/validation/names.ts'
import { validateMeta, validateMetaUpdate } from '../../api/validation/object-meta.ts'
import type { ScalePaths } from '../endpoints.ts'
import type { Strategy } from '../registry/strategy.ts'
import type { ApiObject } from '../request.ts'
import { withGeneration } from '../rest/create.ts'
import { statusOf, withStatus } from '../rest/defaults.ts'
import { withMetadata } from '../rest/update.ts'
import { fieldAt } from './paths.ts'
import type { VersionSchema } from './schema.ts'

export interface CustomStrategyOptions {
  readonly kind: string
  readonly apiVersion: string
  readonly namespaced: boolean
  readonly hasStatus: boolean
  readonly scale: ScalePaths | undefined
  readonly selectable: readonly (readonly string[])[]
  schema(): VersionSchema
}

export function createCustomStrategy(options: CustomStrategyOptions): Strategy {
  const { namespaced, hasStatus, scale, selectable, schema } = options
  const names = selectable.map((path) => path.join('.'))
  const counted = ({ kind: _k, apiVersion: _v, metadata: _m, ...rest }: ApiObject) => {
    if (!hasStatus) return rest
    const { status: _s, ...spec } = rest as { status?: unknown }
    return spec
  }

  const validateUpdate: Strategy['validateUpdate'] = (object, old, attributes) => {
    const errors = validateTypeMeta(object, options) ?? [
      ...validateMetaUpdate(object.metadata, old.metadata),
      ...schema().validate(object, old),
      ...validateScale(object, scale),
    ]
    return schema().withRules(errors, object, old, attributes)
  }

  return {
    generation: true,
    allowUnconditionalUpdate: false,
    prepareForCreate: (object) => (hasStatus ? withStatus(object, undefined) : object),
    prepareForUpdate(object, old) {
      const prepared = hasStatus ? withStatus(object, statusOf(old)) : object
      return equalJson(counted(prepared), counted(old)) ? prepared : withGeneration(prepared, (old.metadata.generation ?? 0) + 1)
    },
    validate(object, attributes) {
      const errors = validateTypeMeta(object, options) ?? [
        ...validateMeta(object.metadata, namespaced, nameIsDNSSubdomain),
        ...schema().validate(object),
        ...validateScale(object, scale),
      ]
      return schema().withRules(errors, object, undefined, attributes)
    },
    validateUpdate,
    selectableFieldNames: names,
    ...(names.length > 0
      ? { selectableFields: (object) => Object.fromEntries(selectable.map((path, i) => [names[i], textOf(fieldAt(object, path))])) }
      : {}),
    subresources: {
      status: {
        prepareForUpdate(object, old) {
          // Of the metadata only who owns what is new.
          const { managedFields } = object.metadata
          return withMetadata(withStatus(old, statusOf(object)), {
            ...old.metadata,
            resourceVersion: object.metadata.resourceVersion,
            managedFields,
          })
        },
        validateUpdate(object, old, attributes) {
          const errors = validateTypeMeta(object, options) ?? [
            ...validateMetaUpdate(object.metadata, old.metadata),
            ...schema().validateStatus(object, old),
            ...validateScale(object, scale && { ...scale, specReplicas: undefined }),
          ]
          return schema().withRules(errors, object, old, attributes)
        },
        resetFields: ['metadata', 'spec'],
      },
      scale: {
        prepareForUpdate: (object, old) =>
          equalJson(counted(object), counted(old)) ? object : withGeneration(object, (old.metadata.generation ?? 0) + 1),
        validateUpdate,
      },
    },
  }
}

const textOf = (value: unknown): string => (value === undefined || value === null ? '' : String(value))

/** An object of another kind has nothing else that could be checked. */
function validateTypeMeta(object: ApiObject, { kind, apiVersion }: CustomStrategyOptions): FieldError[] | undefined {
  const errors: FieldError[] = []
  if (!object.kind) errors.push(required('kind', 'must not be empty'))
  else if (object.kind !== kind) errors.push(invalid('kind', object.kind, `must be ${kind}`))
  if (object.apiVersion !== apiVersion) errors.push(invalid('apiVersion', object.apiVersion, `must be ${apiVersion}`))
  return errors.length > 0 ? errors : undefined
}

const maxInt32 = 2 ** 31 - 1

function validateScale(
  object: ApiObject,
  scale: (Omit<ScalePaths, 'specReplicas'> & { readonly specReplicas: readonly string[] | undefined }) | undefined,
): FieldError[] {
  if (!scale) return []
  const errors: FieldError[] = []
  for (const path of [scale.specReplicas, scale.statusReplicas]) {
    if (!path) continue
    const replicas = fieldAt(object, path) ?? 0
    const at = `.${path.join('.')}`
    if (typeof replicas !== 'number' || !Number.isInteger(replicas))
      errors.push(invalid(at, 0, `${at} accessor error: ${JSON.stringify(replicas)} is of the type ${goType(replicas)}, expected int64`))
    else if (replicas < 0) errors.push(invalid(at, replicas, 'should be a non-negative integer'))
    else if (replicas > maxInt32) errors.push(invalid(at, replicas, `should be less than or equal to ${maxInt32}`))
  }
  const { labelSelector } = scale
  const selector = labelSelector && fieldAt(object, labelSelector)
  if (labelSelector && selector !== undefined && typeof selector !== 'string') {
    const at = `.${labelSelector.join('.')}`
    errors.push(invalid(at, '', `${at} accessor error: ${JSON.stringify(selector)} is of the type ${goType(selector)}, expected string`))
  }
  return errors
}
