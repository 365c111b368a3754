/**
 * A structural schema (apiextensions-apiserver/pkg/apiserver/schema): the part of a version's OpenAPI schema that says
 * which fields there are. Value validations stay in `props`, for validator.ts. Each node knows what lies below it, so that
 * a walk leaves alone what it has no business with.
 */
import { type Json, setKey } from '../shape.ts'
import type { JSONSchemaProps } from '../types/apiextensions-v1.ts'

export interface Structural {
  readonly props: JSONSchemaProps
  readonly properties: ReadonlyMap<string, Structural>
  /** Of fields that are not named: `true` allows them and says nothing of them. */
  readonly additional: Structural | true | undefined
  readonly items: Structural | undefined
  readonly preserve: boolean
  readonly embedded: boolean
  readonly below: Below
}

/** Whether this node, or one below it, has something of the sort. */
export interface Below {
  readonly defaults: boolean
  readonly embedded: boolean
  readonly listTypes: boolean
  readonly rules: boolean
}

export function structuralOf(props: JSONSchemaProps): Structural {
  const properties = new Map(Object.entries(props.properties ?? {}).map(([name, property]) => [name, structuralOf(property)]))
  const { additionalProperties } = props
  const additional = typeof additionalProperties === 'object' ? structuralOf(additionalProperties) : additionalProperties || undefined
  const items = props.items && !Array.isArray(props.items) ? structuralOf(props.items) : undefined
  const children = [...properties.values(), ...(typeof additional === 'object' ? [additional] : []), ...(items ? [items] : [])]
  const embedded = props['x-kubernetes-embedded-resource'] === true
  const listType = props['x-kubernetes-list-type']
  return {
    props,
    properties,
    additional,
    items,
    preserve: props['x-kubernetes-preserve-unknown-fields'] === true,
    embedded,
    below: {
      defaults: props.default !== undefined || children.some((c) => c.below.defaults),
      embedded: embedded || children.some((c) => c.below.embedded),
      listTypes: listType === 'set' || listType === 'map' || children.some((c) => c.below.listTypes),
      rules: Boolean(props['x-kubernetes-validations']?.length) || children.some((c) => c.below.rules),
    },
  }
}

/** The schema of a field: named, or any. `true` where nothing is known of it, undefined where there is no such field. */
export const fieldOf = (node: Structural, name: string): Structural | true | undefined => node.properties.get(name) ?? node.additional

/** A copy of an object or list that is made when the first of its members changes; walks share what stays as it was. */
export function replaceFields(object: Json, change: (key: string, value: unknown) => unknown): Json {
  let made: Json | undefined
  for (const key in object) {
    const value = object[key]
    const next = change(key, value)
    if (next === value) continue
    made ??= { ...object }
    if (next === undefined) delete made[key]
    else setKey(made, key, next)
  }
  return made ?? object
}
export function replaceItems(list: readonly unknown[], change: (value: unknown, index: number) => unknown): readonly unknown[] {
  let made: unknown[] | undefined
  for (let i = 0; i < list.length; i++) {
    const value = list[i]
    const next = change(value, i)
    if (next === value) continue
    made ??= list.slice()
    made[i] = next
  }
  return made ?? list
}
