/** One version's schema at the places of a request where upstream asks it: a body, what is stored, a write. */
import type { ApplySchema } from '../../api/apply/schema.ts'
import type { Decoded } from '../../api/decode.ts'
import { equalJson, type Json } from '../../api/shape.ts'
import { coerceMeta } from '../../api/structural/embedded.ts'
import {
  applyDefaults,
  blocksExpressions,
  compileSchema,
  fieldSetSchema,
  prune,
  validate,
  validateExpressions,
  validateStatus,
} from '../../api/structural/index.ts'
import { causeMessage, type FieldError } from '../../api/validation/field-error.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import type { RuleMetrics } from './rule-metrics.ts'

export interface VersionSchema {
  readonly applySchema: ApplySchema
  /** An object as it is sent: `strict` names what was dropped. Throws DecodeError for a metadata that is none. */
  decode(object: Json): Decoded
  /** An object as it was stored, maybe under another schema. The same object where nothing differs. */
  read(object: ApiObject): ApiObject
  prune(object: ApiObject): ApiObject
  validate(object: ApiObject, old?: ApiObject): FieldError[]
  validateStatus(object: ApiObject, old: ApiObject): FieldError[]
  /** The errors with those of the rules, unless what is there makes rules useless. */
  withRules(errors: FieldError[], object: ApiObject, old: ApiObject | undefined, attributes: WriteAttributes): FieldError[]
}

export function createVersionSchema(props: object | undefined, figures: RuleMetrics): VersionSchema {
  const schema = compileSchema(props, figures.compiled)
  const json = (object: ApiObject) => object as unknown as Json
  return {
    applySchema: fieldSetSchema(schema),
    decode(object) {
      const unknown: string[] = []
      const metadata = coerceMeta(object['metadata'] ?? {}, 'metadata', unknown)
      const pruned = prune(schema, applyDefaults(schema, { ...object, metadata }))
      return { object: pruned.object, strict: [...pruned.unknown, ...unknown].map((path) => `unknown field "${path}"`) }
    },
    read(object) {
      const { object: pruned } = prune(schema, applyDefaults(schema, json(object)), { dropInvalid: true })
      const metadata = readMeta(object.metadata)
      return (metadata === object.metadata ? pruned : { ...pruned, metadata }) as unknown as ApiObject
    },
    prune: (object) => prune(schema, json(object), { dropInvalid: true }).object as unknown as ApiObject,
    validate: (object, old) => validate(schema, json(object), old && json(old)),
    validateStatus: (object, old) => validateStatus(schema, json(object), json(old)),
    withRules(errors, object, old, { warn }) {
      const blocked = blocksExpressions(schema, errors)
      if (blocked) return [...errors, blocked]
      const startedAt = performance.now()
      const broken = validateExpressions(schema, json(object), old && json(old), (error) => warn(`${error.field}: ${causeMessage(error)}`))
      if (schema.rules) figures.evaluated((performance.now() - startedAt) / 1000)
      return [...errors, ...broken]
    },
  }
}

/** Metadata of before there were rules for it, and of before generations were counted. */
function readMeta(metadata: ApiObject['metadata']): ApiObject['metadata'] {
  const coerced = coerceMeta(metadata, 'metadata', [], true) as unknown as ApiObject['metadata']
  const read = equalJson(coerced, metadata) ? metadata : coerced
  return read.generation ? read : { ...read, generation: 1 }
}
