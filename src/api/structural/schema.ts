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
  /** Of the named fields. */
  readonly defaults: readonly (readonly [name: string, value: unknown])[]
  readonly preserve: boolean
  readonly embedded: boolean
  readonly below: Readonly<Below>
}

/** Whether this node, or one below it, has something of the sort. */
export interface Below {
  defaults: boolean
  embedded: boolean
  listTypes: boolean
  rules: boolean
}

/** Schemas may be large, and walks see little of them: what is below a node is made when it is first looked at. */
export function structuralOf(props: JSONSchemaProps): Structural {
  let properties: ReadonlyMap<string, Structural> | undefined
  let below: Below | undefined
  let defaults: Structural['defaults'] | undefined
  const { additionalProperties, items } = props
  return {
    props,
    get properties() {
      properties ??= new Map(Object.entries(props.properties ?? {}).map(([name, property]) => [name, structuralOf(property)]))
      return properties
    },
    additional: typeof additionalProperties === 'object' ? structuralOf(additionalProperties) : additionalProperties || undefined,
    items: items && !Array.isArray(items) ? structuralOf(items) : undefined,
    preserve: props['x-kubernetes-preserve-unknown-fields'] === true,
    embedded: props['x-kubernetes-embedded-resource'] === true,
    get defaults() {
      defaults ??= Object.entries(props.properties ?? {}).flatMap(([name, property]) =>
        property.default === undefined ? [] : [[name, property.default] as const],
      )
      return defaults
    },
    get below() {
      if (!below) {
        below = { defaults: false, embedded: false, listTypes: false, rules: false }
        look(props, below)
      }
      return below
    },
  }
}

function look(props: JSONSchemaProps, below: Below): void {
  const listType = props['x-kubernetes-list-type']
  if (props.default !== undefined) below.defaults = true
  if (props['x-kubernetes-embedded-resource']) below.embedded = true
  if (listType === 'set' || listType === 'map') below.listTypes = true
  if (props['x-kubernetes-validations']?.length) below.rules = true
  const { properties, additionalProperties, items } = props
  if (properties) for (const property of Object.values(properties)) look(property, below)
  if (typeof additionalProperties === 'object') look(additionalProperties, below)
  if (items && !Array.isArray(items)) look(items, below)
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
