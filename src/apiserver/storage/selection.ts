/** Which objects of a resource a list or a watch is about: a namespace, a name, label and field selectors. */
import type { FieldSelector } from '../../api/fields.ts'
import type { Selector } from '../../api/labels.ts'
import type { ApiObject } from '../request.ts'
import { type Entry, objectOf } from './entry.ts'

export interface Selection {
  /** Empty: all namespaces, or a resource without them. */
  readonly namespace: string
  readonly labels: Selector
  readonly fields: FieldSelector
  /** The values that `fields` are compared with, `metadata.name` and `metadata.namespace` included. */
  fieldsOf(object: ApiObject): Readonly<Record<string, string>>
}

/** The part of the key that all selected entries begin with. */
export const keyPrefix = (selection: Selection): string => (selection.namespace ? `${selection.namespace}/` : '')

/** Whether nothing but the namespace is asked for, so that no object need be decoded to answer. */
export const selectsAll = (selection: Selection): boolean => selection.labels.everything && selection.fields.everything

export function matches(selection: Selection, entry: Entry): boolean {
  if (selection.namespace && !(entry.key.startsWith(selection.namespace) && entry.key[selection.namespace.length] === '/')) return false
  if (selectsAll(selection)) return true
  const object = objectOf(entry)
  if (!selection.labels.everything && !selection.labels.matches(object.metadata.labels)) return false
  return selection.fields.everything || selection.fields.matches(selection.fieldsOf(object))
}
