/**
 * Strategic merge patch (apimachinery/pkg/util/strategicpatch): a merge patch that knows from the type which lists are
 * merged by a key, with directives ($patch, $retainKeys, $setElementOrder/, $deleteFromPrimitiveList/). Applying is
 * copy-on-write: the parts a patch does not touch are shared with the input. Making patches is in strategic-diff.ts.
 */
import type { Field, FieldType, MessageType } from '../../schema/schema.ts'
import { elementOf, equalJson, fieldsOf, isObject, type Json, messageOf } from '../shape.ts'
import { goType, goValue } from './go-value.ts'

export const directive = '$patch'
export const retainKeysDirective = '$retainKeys'
export const deletePrefix = '$deleteFromPrimitiveList'
export const orderPrefix = '$setElementOrder'

/** What is wrong with a patch; the text is upstream's. */
export class StrategicPatchError extends Error {}

/** `undefined`: a map or value of no message type, where every key is plain. */
export type PatchType = MessageType | undefined

export interface MergeOptions {
  /** False when two patches are put together: directives are kept instead of followed. */
  readonly followDirectives: boolean
  /** A null for something that is not there is dropped. */
  readonly ignoreUnmatchedNulls: boolean
}

/** The document with the patch on it. */
export function applyStrategicMergePatch(document: Json, patch: Json, type: MessageType): Json {
  return mergeMap(document, patch, type, { followDirectives: true, ignoreUnmatchedNulls: true })
}

/** How a field of a type is patched: what it holds, by which key its items merge, and by which strategy. */
export interface PatchMeta {
  readonly type: PatchType
  readonly mergeKey: string
  readonly merge: boolean
  readonly replace: boolean
  readonly retainKeys: boolean
}
const plain: PatchMeta = { type: undefined, mergeKey: '', merge: false, replace: false, retainKeys: false }
const metas = new WeakMap<Field, PatchMeta>()

/** Throws when the type has no such field, as upstream does for a value that is to be merged. */
export function patchMeta(type: PatchType, key: string): PatchMeta {
  if (!type) return plain
  const field = fieldsOf(type).get(key)
  if (!field) throw new StrategicPatchError(`unable to find api field in struct ${type.name} for the json field ${JSON.stringify(key)}`)
  const have = metas.get(field)
  if (have) return have
  const strategies = field.patchStrategy ?? []
  const made = {
    type: inner(field.type),
    mergeKey: field.patchMergeKey ?? '',
    merge: strategies.includes('merge'),
    replace: strategies.includes('replace'),
    retainKeys: strategies.includes('retainKeys'),
  }
  metas.set(field, made)
  return made
}
/** A union is whatever its one member is: nothing in it merges by the type. */
function inner(type: FieldType): PatchType {
  const message = messageOf(type) ?? elementOf(type)
  return message?.union ? undefined : message
}

export function mergeMap(original: Json, given: Json, type: PatchType, options: MergeOptions): Json {
  if (directive in given) {
    const { [directive]: what, ...rest } = given
    if (what === 'replace') return rest
    if (what === 'delete') return {}
    throw new StrategicPatchError(`unknown patch type: ${goValue(what)} in map: ${goValue(given)}`)
  }
  const result: Json = { ...original }
  const patch: Json = { ...given }
  retainKeys(result, patch, options)
  mergeOrderedLists(result, patch, type, options)
  for (const [name, value] of Object.entries(patch)) {
    let key = name
    const isDeleteList = name.startsWith(deletePrefix)
    if (isDeleteList) {
      if (!options.followDirectives) {
        result[key] = value
        continue
      }
      key = directiveKey(name, 'primitive list')
    }
    if (value === null && !isDeleteList) {
      if (!options.ignoreUnmatchedNulls) result[key] = null
      else delete result[key]
      continue
    }
    const before = result[key]
    if (before === undefined || before === null || kindOf(before) !== kindOf(value)) {
      if (isDeleteList) continue
      const added = options.followDirectives ? withoutDirectives(value, options.ignoreUnmatchedNulls) : value
      if (added === undefined) delete result[key]
      else result[key] = added
    } else if (isObject(before)) {
      const meta = patchMeta(type, key)
      result[key] = meta.replace ? value : mergeMap(before, value as Json, meta.type, options)
    } else if (Array.isArray(before)) {
      const meta = patchMeta(type, key)
      result[key] =
        meta.merge || isDeleteList
          ? mergeList(before, value as unknown[], meta.type, meta.mergeKey, isDeleteList, options)
          : (value as unknown[])
    } else result[key] = value
  }
  return result
}

/** `$retainKeys`: fields of the document that the list does not name go; used where a union's members exclude each other. */
function retainKeys(result: Json, patch: Json, options: MergeOptions): void {
  const list = patch[retainKeysDirective]
  if (list === undefined) return
  delete patch[retainKeysDirective]
  if (!options.followDirectives) {
    result[retainKeysDirective] = list
    return
  }
  if (!Array.isArray(list)) throw new StrategicPatchError('invalid patch format of retainKeys')
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || key.startsWith(deletePrefix) || key.startsWith(orderPrefix)) continue
    if (!list.includes(key)) throw new StrategicPatchError('invalid patch format of retainKeys')
  }
  for (const key of Object.keys(result)) if (!list.includes(key)) delete result[key]
}

/** `$setElementOrder/list` with the list it orders; what it handles leaves the patch. */
function mergeOrderedLists(result: Json, patch: Json, type: PatchType, options: MergeOptions): void {
  for (const name of Object.keys(patch)) {
    if (!name.startsWith(orderPrefix)) continue
    const order = patch[name]
    delete patch[name]
    if (!Array.isArray(order)) throw new StrategicPatchError(`expected a []interface {}, but received a ${goType(order)}`)
    if (!options.followDirectives) result[name] = order
    const key = directiveKey(name, 'setElementOrder list')
    const before = result[key] ?? undefined
    const change = patch[key] ?? undefined
    for (const list of [before, change])
      if (list !== undefined && !Array.isArray(list))
        throw new StrategicPatchError(`expected a []interface {}, but received a ${goType(list)}`)
    const meta = patchMeta(type, key)
    const original = (before ?? []) as unknown[]
    const patched = (change ?? []) as unknown[]
    checkOrder(patched, order, meta.mergeKey)
    if (before === undefined && change === undefined) continue
    let merged = original
    if (before === undefined)
      merged = options.followDirectives ? (withoutDirectives(patched, options.ignoreUnmatchedNulls) as unknown[]) : patched
    else if (change !== undefined) merged = meta.merge ? mergeList(original, patched, meta.type, meta.mergeKey, false, options) : patched
    const [named, others] = partition(merged, order, meta.mergeKey)
    result[key] = inOrder(named, others, order, original, meta.mergeKey)
    delete patch[key]
  }
}

/** What the patch adds or changes must stand in the order list, in its order. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  const kept = patch.filter((item) => !(isObject(item) && item[directive] === 'delete'))
  let at = 0
  for (const item of order) if (at < kept.length && same(kept[at], item, mergeKey)) at++
  if (at < kept.length)
    throw new StrategicPatchError(`The order in patch list:\n${goValue(patch)}\n doesn't match ${orderPrefix} list:\n${goValue(order)}\n`)
}

function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  type: PatchType,
  mergeKey: string,
  isDeleteList: boolean,
  options: MergeOptions,
): unknown[] {
  if (original.length === 0 && patch.length === 0) return original as unknown[]
  const maps = [...original, ...patch].some(isObject)
  if (!maps) {
    if (isDeleteList) return original.filter((item) => !patch.includes(item))
    const merged = [...new Set([...original, ...patch])]
    const [named, others] = partition(merged, patch, '')
    return inOrder(named, others, patch, original, '')
  }
  if (mergeKey === '') throw new StrategicPatchError(`cannot merge lists without merge key for ${type?.name ?? ''}`)
  let base = original
  let replaced = false
  const changes: Json[] = []
  for (const item of patch) {
    if (!isObject(item)) throw new StrategicPatchError(`expected a map[string]interface {}, but received a ${goType(item)}`)
    const what = item[directive]
    if (what === undefined) changes.push(item)
    else if (what === 'delete') {
      if (item[mergeKey] === undefined) noMergeKey(item, mergeKey)
      // A deletion that no item matches is kept when patches are put together, for it may match what they are put on.
      base = base.filter((other) => !same(other, item, mergeKey))
      if (!options.followDirectives) base = [...base, item]
    } else if (what === 'replace') replaced = true
    else if (what === 'merge') throw new StrategicPatchError('merging lists cannot yet be specified in the patch')
    else throw new StrategicPatchError(`unknown patch type: ${goValue(what)} in map: ${goValue(item)}`)
  }
  if (replaced) return changes.map((item) => withoutDirectives(item, options.ignoreUnmatchedNulls))
  const merged = [...base]
  for (const change of changes) {
    if (change[mergeKey] === undefined) noMergeKey(change, mergeKey)
    const at = merged.findIndex((item) => same(item, change, mergeKey))
    if (at >= 0) merged[at] = mergeMap(merged[at] as Json, change, type, options)
    else merged.push(options.followDirectives ? withoutDirectives(change, options.ignoreUnmatchedNulls) : change)
  }
  const [named, others] = partition(merged, changes, mergeKey)
  return inOrder(named, others, changes, base, mergeKey)
}

function noMergeKey(item: Json, mergeKey: string): never {
  throw new StrategicPatchError(`map: ${goValue(item)} does not contain declared merge key: ${mergeKey}`)
}

/** Items that `order` names, and the rest. */
function partition(items: readonly unknown[], order: readonly unknown[], mergeKey: string): [unknown[], unknown[]] {
  const named: unknown[] = []
  const others: unknown[] = []
  for (const item of items) (order.some((o) => same(o, item, mergeKey)) ? named : others).push(item)
  return [named, others]
}

/**
 * The named items as `order` has them, and between them the others as near to where the document had them as that
 * allows: an other goes first only where the document had it before the next named one.
 */
function inOrder(named: unknown[], others: unknown[], order: readonly unknown[], before: readonly unknown[], mergeKey: string): unknown[] {
  const sorted = order.flatMap((o) => {
    const found = named.find((item) => same(item, o, mergeKey))
    return found === undefined ? [] : [found]
  })
  const right = [...new Set(sorted)]
  const place = (item: unknown) => before.findIndex((b) => same(b, item, mergeKey))
  const left = others.map((item) => ({ item, at: place(item) })).sort((a, b) => a.at - b.at)
  const result: unknown[] = []
  let i = 0
  for (const item of right) {
    const at = place(item)
    while (i < left.length && at >= 0 && (left[i] as { at: number }).at >= 0 && (left[i] as { at: number }).at < at)
      result.push((left[i++] as { item: unknown }).item)
    result.push(item)
  }
  while (i < left.length) result.push((left[i++] as { item: unknown }).item)
  return result
}

export function same(a: unknown, b: unknown, mergeKey: string): boolean {
  if (mergeKey === '') return a === b
  return isObject(a) && isObject(b) && a[mergeKey] !== undefined && equalJson(a[mergeKey], b[mergeKey])
}

/**
 * What a patch adds, without directives and, if asked, without nulls. A map with $patch had nothing to act on and is
 * nothing, whatever else it holds.
 */
function withoutDirectives(value: unknown, dropNulls: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutDirectives(item, dropNulls)).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  if (directive in value) return undefined
  const result: Json = {}
  for (const [key, item] of Object.entries(value)) {
    if (key === retainKeysDirective || key.startsWith(orderPrefix) || key.startsWith(deletePrefix)) continue
    if (dropNulls && item === null) continue
    const kept = withoutDirectives(item, dropNulls)
    if (kept !== undefined) result[key] = kept
  }
  return result
}

function directiveKey(name: string, what: string): string {
  const slash = name.indexOf('/')
  if (slash < 0) throw new StrategicPatchError(`invalid patch format of ${what}`)
  return name.slice(slash + 1)
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value)

/**
 * The first place where a patched document is not of its type, in the words of upstream's converter; undefined when it
 * fits. Only what the patch holds has to be looked at: the rest was decoded before.
 */
export function shapeError(value: unknown, type: FieldType | MessageType): string | undefined {
  if (value === null || value === undefined) return undefined
  if ('fields' in type || type.kind === 'message') {
    const message = 'fields' in type ? type : (messageOf(type) as MessageType)
    if (message.union) return undefined
    if (!isObject(value)) return `cannot restore struct from: ${goKind(value)}`
    const fields = fieldsOf(message)
    for (const [key, item] of Object.entries(value)) {
      const field = fields.get(key)
      const wrong = field && shapeError(item, field.type)
      if (wrong) return wrong
    }
    return undefined
  }
  if (type.kind === 'list') {
    if (!Array.isArray(value)) return `cannot restore slice from ${goKind(value)}`
    for (const item of value) {
      if (isObject(item) && directive in item) continue
      const wrong = shapeError(item, type.of)
      if (wrong) return wrong
    }
    return undefined
  }
  if (type.kind === 'map') {
    if (!isObject(value)) return `cannot restore map from ${goKind(value)}`
    for (const [key, item] of Object.entries(value)) {
      const wrong = key.startsWith('$') ? undefined : shapeError(item, type.of)
      if (wrong) return wrong
    }
    return undefined
  }
  switch (type.name) {
    case 'string':
      return typeof value === 'string' ? undefined : 'unrecognized type: string'
    case 'bool':
      return typeof value === 'boolean' ? undefined : 'unrecognized type: bool'
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
    case 'double':
    case 'float':
      return typeof value === 'number' ? undefined : `unrecognized type: ${goNumber[type.name]}`
    default:
      return undefined // these have decoders of their own, and errors of their own
  }
}
const goNumber = { int32: 'int32', int64: 'int64', uint32: 'uint32', uint64: 'uint64', double: 'float64', float: 'float32' } as const
const goKind = (value: unknown): string => (Array.isArray(value) ? 'slice' : isObject(value) ? 'map' : goType(value))
