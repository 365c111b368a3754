/**
 * Making strategic merge patches: from two states (kubectl edit, controllers) and from three (kubectl apply), as
 * apimachinery/pkg/util/strategicpatch does.
 */
import type { MessageType } from '../../schema/schema.ts'
import { equalJson, isObject, type Json } from '../shape.ts'
import {
  deletePrefix,
  directive,
  mergeMap,
  orderPrefix,
  type PatchType,
  patchMeta,
  retainKeysDirective,
  StrategicPatchError,
  same,
} from './strategic-merge-patch.ts'

interface DiffOptions {
  readonly deletions: boolean
  readonly changes: boolean
  /** Say where a merged list's items stand. */
  readonly setElementOrder: boolean
  readonly retainKeys: boolean
}

/** The patch that turns `original` into `modified`. */
export function createTwoWayMergePatch(original: Json, modified: Json, type: MessageType): Json {
  return diffMaps(original, modified, type, { deletions: true, changes: true, setElementOrder: true, retainKeys: false })
}

/**
 * The patch from `current` to `modified`, with only those deletions that stand between `original` (what was last
 * applied) and `modified`: what others added to the live object stays. With `overwrite` false, a field that both the
 * live object's writers and `modified` changed is an error.
 */
export function createThreeWayMergePatch(original: Json, modified: Json, current: Json, type: MessageType, overwrite = true): Json {
  const changes = diffMaps(current, modified, type, { deletions: false, changes: true, setElementOrder: true, retainKeys: false })
  const deletions = diffMaps(original, modified, type, { deletions: true, changes: false, setElementOrder: true, retainKeys: false })
  const patch = mergeMap(deletions, changes, type, { followDirectives: false, ignoreUnmatchedNulls: false })
  if (!overwrite) {
    const others = diffMaps(original, current, type, { deletions: true, changes: true, setElementOrder: false, retainKeys: false })
    if (haveConflict(patch, others))
      throw new StrategicPatchError(
        `patch:\n${JSON.stringify(patch)}\nconflicts with changes made from original to current:\n${JSON.stringify(others)}\n`,
      )
  }
  return patch
}

function diffMaps(original: Json, modified: Json, type: PatchType, options: DiffOptions): Json {
  const patch: Json = {}
  const kept: string[] = []
  let added = false
  for (const [key, before] of Object.entries(original)) {
    if (before === undefined) continue
    const after = modified[key]
    if (after === undefined) {
      if (options.deletions) patch[key] = null
      continue
    }
    kept.push(key)
    if (isObject(before) && isObject(after)) {
      const meta = patchMeta(type, key)
      if (meta.replace) {
        if (options.changes && !equalJson(before, after)) patch[key] = after
      } else {
        const inner = diffMaps(before, after, meta.type, { ...options, retainKeys: meta.retainKeys })
        if (Object.keys(inner).length > 0) patch[key] = inner
      }
    } else if (Array.isArray(before) && Array.isArray(after)) {
      const meta = patchMeta(type, key)
      if (meta.merge) diffLists(patch, key, before, after, meta.type, meta.mergeKey, options)
      else if (options.changes && !equalJson(before, after)) patch[key] = after
    } else if (options.changes && !equalJson(before, after)) patch[key] = after
  }
  for (const [key, after] of Object.entries(modified)) {
    if (after === undefined || original[key] !== undefined) continue
    kept.push(key)
    added = true
    if (options.changes) patch[key] = after
  }
  if (options.retainKeys && kept.length > 0 && (Object.keys(patch).length > 0 || added)) patch[retainKeysDirective] = kept.sort()
  return patch
}

function diffLists(
  patch: Json,
  key: string,
  before: readonly unknown[],
  after: readonly unknown[],
  type: PatchType,
  mergeKey: string,
  options: DiffOptions,
): void {
  if (before.length === 0) {
    if (after.length > 0 && options.changes) patch[key] = after
    return
  }
  const maps = [...before, ...after].some(isObject)
  if (maps && mergeKey === '') throw new StrategicPatchError(`cannot merge lists without merge key for ${type?.name ?? ''}`)
  const by = maps ? mergeKey : ''
  const changes: unknown[] = []
  const deletions: unknown[] = []
  for (const item of after) {
    if (maps && (!isObject(item) || item[mergeKey] === undefined))
      throw new StrategicPatchError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`)
    const old = before.find((other) => same(other, item, by))
    if (old === undefined) {
      if (options.changes) changes.push(item)
    } else if (maps) {
      const inner = diffMaps(old as Json, item as Json, type, { ...options, retainKeys: false })
      if (Object.keys(inner).length > 0) changes.push({ ...inner, [mergeKey]: (item as Json)[mergeKey] })
    }
  }
  if (options.deletions)
    for (const item of before)
      if (!after.some((other) => same(other, item, by)))
        deletions.push(maps ? { [directive]: 'delete', [mergeKey]: (item as Json)[mergeKey] } : item)
  const list = maps ? [...changes, ...deletions] : changes
  if (list.length > 0) patch[key] = list
  if (!maps && deletions.length > 0) patch[`${deletePrefix}/${key}`] = deletions
  const moved = !equalJson(
    before.filter((item) => after.some((other) => same(other, item, by))).map((item) => identity(item, by)),
    after.filter((item) => before.some((other) => same(other, item, by))).map((item) => identity(item, by)),
  )
  const changed = list.length > 0 || deletions.length > 0
  if (options.setElementOrder && after.length > 0 && (changed || (moved && options.changes)))
    patch[`${orderPrefix}/${key}`] = maps ? after.map((item) => ({ [mergeKey]: (item as Json)[mergeKey] })) : after
}
const identity = (item: unknown, mergeKey: string): unknown => (mergeKey === '' ? item : (item as Json)[mergeKey])

/** Whether two patches set the same field to different values. */
function haveConflict(a: unknown, b: unknown): boolean {
  if (isObject(a) && isObject(b)) {
    for (const [key, value] of Object.entries(a))
      if (!key.startsWith('$') && b[key] !== undefined && haveConflict(value, b[key])) return true
    return false
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    // Items of merged lists meet by their whole content less the parts that differ; a differing length is no conflict.
    if (a.every(isObject) && b.every(isObject)) return false
    return !equalJson(a, b)
  }
  return !equalJson(a, b)
}
