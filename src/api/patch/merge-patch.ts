/** RFC 7396: applying a merge patch, and making one from two or three states (apimachinery/pkg/util/jsonmergepatch). */
import { equalJson, isObject, type Json, ownKey, setKey } from '../shape.ts'

/** The document with the patch on it. Both stay as they are; parts that do not change are shared. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Json = isObject(document) ? { ...document } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else setKey(result, key, isObject(value) ? applyMergePatch(ownKey(result, key), value) : value)
  }
  return result
}

/** The patch that turns `original` into `modified`. */
export function createMergePatch(original: Json, modified: Json): Json {
  const patch: Json = {}
  for (const [key, value] of Object.entries(modified)) {
    const before = ownKey(original, key)
    if (value === undefined || equalJson(before, value)) continue
    setKey(patch, key, isObject(before) && isObject(value) ? createMergePatch(before, value) : value)
  }
  for (const key of Object.keys(original)) if (ownKey(modified, key) === undefined && original[key] !== undefined) setKey(patch, key, null)
  return patch
}

/**
 * What `kubectl apply` sends where there is no schema: changes and additions are what separates the live object from
 * the wanted one; deletions are what the last applied state had and the wanted one has not.
 */
export function createThreeWayMergePatch(original: Json, modified: Json, current: Json): Json {
  const changes = keepNulls(createMergePatch(current, modified), false)
  const deletions = keepNulls(createMergePatch(original, modified), true)
  return mergeMergePatches(deletions, changes)
}

/** Only what a patch deletes, or only the rest. */
function keepNulls(patch: Json, nulls: boolean): Json {
  const kept: Json = {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      if (nulls) kept[key] = null
    } else if (isObject(value)) {
      const inner = keepNulls(value, nulls)
      if (Object.keys(inner).length > 0 || (!nulls && Object.keys(value).length === 0)) kept[key] = inner
    } else if (!nulls) kept[key] = value
  }
  return kept
}

/** One patch with the effect of two. */
function mergeMergePatches(first: Json, second: Json): Json {
  const merged: Json = { ...first }
  for (const [key, value] of Object.entries(second)) {
    const before = merged[key]
    merged[key] = isObject(before) && isObject(value) ? mergeMergePatches(before, value) : value
  }
  return merged
}
