/**
 * Custom resources as their definition's schema sees them (apiextensions-apiserver/pkg/apiserver/schema and validation):
 * what is pruned, filled in and refused. A schema is compiled once for each version; nothing here knows of requests or
 * storage, and no object is changed: what stays as it was is shared with what is returned.
 *
 * A write goes: applyDefaults, prune, then validate (validateStatus on the status subresource), then validateExpressions
 * unless `blocksExpressions` tells of what was found. A read from storage: applyDefaults, prune with `dropInvalid`.
 */
import { type ApplySchema, schemaFromOpenApi } from '../apply/schema.ts'
import { typeById } from '../registry.ts'
import type { Json } from '../shape.ts'
import type { JSONSchemaProps } from '../types/apiextensions-v1.ts'
import { type FieldError, invalid } from '../validation/field-error.ts'
import { fillDefaults } from './defaulting.ts'
import { type CoerceOptions, coerceEmbedded, validateEmbedded } from './embedded.ts'
import { validateListTypes } from './list-types.ts'
import { pruneUnknown } from './pruning.ts'
import { compileRules, evaluateRules, type RuleNode } from './rules.ts'
import { type Structural, structuralOf } from './schema.ts'
import { compileValidator, maxErrors, runValidator, type Validator } from './validator.ts'

/** The schema of one version, compiled. */
export interface StructuralSchema {
  readonly props: JSONSchemaProps
  readonly root: Structural
  readonly validator: Validator
  /** Of the status alone, which its subresource checks by itself. */
  readonly statusValidator: Validator | undefined
  readonly rules: RuleNode | undefined
}

/** Compiles a version's `openAPIV3Schema`, which the definition's validation has let through; the caller keeps the result. `rulesCompiled` is told how long the rules took. */
export function compileSchema(props: object | undefined, rulesCompiled?: (seconds: number) => void): StructuralSchema {
  const schema = (props ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }) as JSONSchemaProps
  const status = schema.properties?.['status']
  const root = structuralOf(schema)
  const startedAt = performance.now()
  const rules = compileRules(root)
  if (rules) rulesCompiled?.((performance.now() - startedAt) / 1000)
  return {
    props: schema,
    root,
    validator: compileValidator(schema),
    statusValidator: status && compileValidator(status),
    rules,
  }
}

/**
 * Drops unknown fields and forbidden nulls, and reads the metadata of embedded resources. `unknown` are the paths that
 * field validation warns of or refuses. apiVersion, kind and metadata of the object itself are left to the caller.
 * Throws DecodeError for an embedded resource whose metadata is none.
 */
export function prune({ root }: StructuralSchema, object: Json, options: CoerceOptions = {}): { object: Json; unknown: string[] } {
  const unknown: string[] = []
  const pruned = pruneUnknown(root, object, unknown)
  const embedded: string[] = []
  const coerced = coerceEmbedded(root, pruned, '', embedded, options)
  return { object: coerced as Json, unknown: [...unknown, ...embedded.sort()] }
}

/** Fills in what is absent, and null where null is not allowed. */
export function applyDefaults({ root }: StructuralSchema, object: Json): Json {
  return fillDefaults(root, object) as Json
}

/** What the schema, embedded resources and lists of type set and map refuse. With `old` an update, which lets unchanged mistakes pass. */
export function validate(schema: StructuralSchema, object: Json, old?: Json): FieldError[] {
  const errors = runValidator(schema.validator, object, old, '')
  validateEmbedded(schema.root, object, '', errors)
  return [...errors, ...listErrors(schema, object, old)].slice(0, maxErrors)
}

/** The same for a write of the status subresource: nothing but the status is looked at, apart from the lists. */
export function validateStatus(schema: StructuralSchema, object: Json, old: Json): FieldError[] {
  const { statusValidator } = schema
  const errors =
    statusValidator && object['status'] !== undefined ? runValidator(statusValidator, object['status'], old['status'], 'status') : []
  return [...errors, ...listErrors(schema, object, old)]
}

/**
 * The rules in CEL. On an update, what unchanged values break is told through `warn` alone. Asked only where
 * `blocksExpressions` finds nothing in the way.
 */
export function validateExpressions(
  { rules }: StructuralSchema,
  object: Json,
  old?: Json,
  warn: (error: FieldError) => void = () => {},
): FieldError[] {
  return rules ? evaluateRules(rules, object, old, warn) : []
}

const blocking: ReadonlySet<FieldError['type']> = new Set(['notSupported', 'required', 'tooLong', 'tooMany', 'typeInvalid'])
/** The error that stands in for the rules, when the object is too wrong for them. */
export function blocksExpressions({ rules }: StructuralSchema, errors: readonly FieldError[]): FieldError | undefined {
  if (!rules || !errors.some((error) => blocking.has(error.type))) return undefined
  return invalid(
    '<nil>',
    null,
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  )
}

function listErrors({ root }: StructuralSchema, object: Json, old: Json | undefined): FieldError[] {
  const errors: FieldError[] = []
  validateListTypes(root, object, '', errors)
  if (errors.length === 0 || !old) return errors
  const before: FieldError[] = []
  validateListTypes(root, old, '', before)
  return before.length > 0 ? [] : errors
}

/** What server-side apply reads of the schema; `metadata` is the type of ObjectMeta. */
export const fieldSetSchema = ({ props }: StructuralSchema): ApplySchema => schemaFromOpenApi(props as Json, typeById('meta.v1.ObjectMeta'))
