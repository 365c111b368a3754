/** Writes as all commands make them: the field manager, --dry-run=server and --validate become the request's query. */
import type { FlagTable } from '../flags/flags.ts'
import type { Factory, KubeObject } from './factory.ts'
import type { DryRun } from './print/object.ts'
import { pathOf, type ResourceType } from './resources.ts'
import { queryOf } from './select.ts'

export interface WriteOptions {
  readonly dryRun?: DryRun
  readonly fieldManager?: string
  readonly fieldValidation?: string
  readonly subresource?: string
}
export const patchMediaTypes = {
  strategic: 'application/strategic-merge-patch+json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

const query = ({ dryRun, fieldManager, fieldValidation }: WriteOptions, more: Parameters<typeof queryOf>[0] = {}): string =>
  queryOf({ dryRun: dryRun === 'server' ? 'All' : undefined, fieldManager, fieldValidation, ...more })

export const create = (
  factory: Factory,
  type: ResourceType,
  namespace: string,
  object: unknown,
  options: WriteOptions = {},
): Promise<KubeObject> => factory.request({ method: 'POST', path: pathOf(type, namespace) + query(options), body: object })

export const replace = (
  factory: Factory,
  type: ResourceType,
  namespace: string,
  name: string,
  object: unknown,
  options: WriteOptions = {},
): Promise<KubeObject> =>
  factory.request({ method: 'PUT', path: pathOf(type, namespace, name, options.subresource) + query(options), body: object })

export function patch(
  factory: Factory,
  type: ResourceType,
  at: { namespace: string; name: string },
  body: unknown,
  kind: keyof typeof patchMediaTypes,
  options: WriteOptions & { force?: boolean } = {},
): Promise<KubeObject> {
  return factory.request({
    method: 'PATCH',
    path: pathOf(type, at.namespace, at.name, options.subresource) + query(options, { force: options.force || undefined }),
    body,
    contentType: patchMediaTypes[kind],
  })
}

export const validateFlag: FlagTable = {
  validate: { type: 'string', default: 'strict', bare: 'strict', doc: 'strict, warn or ignore: what unknown fields in the input do.' },
}
/** `--validate` as the server's fieldValidation. */
export function validationOf(factory: Factory): 'Strict' | 'Warn' | 'Ignore' {
  const text = factory.text('validate')
  if (text === 'strict' || text === 'true') return 'Strict'
  if (text === 'warn') return 'Warn'
  if (text === 'ignore' || text === 'false') return 'Ignore'
  throw new Error(`invalid - validate option ${JSON.stringify(text)}; must be one of: strict (or true), warn, ignore (or false)`)
}

/** Asks for JSON of a patch kind: strategic where the built-in type is known, merge for the rest. */
export async function builtInType(type: ResourceType): Promise<import('../schema/schema.ts').MessageType | undefined> {
  const { allTables } = await import('../api/registry.ts')
  const table = allTables().find(
    (t) => t.group === type.group && t.version === type.version && t.resources.some((r) => r.resource === type.resource),
  )
  return table?.types.get(type.kind)
}
