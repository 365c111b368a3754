/**
 * RFC 6902, as the library that upstream uses reads it: negative indices count from the end, a missing value is null,
 * and what stands before a path's first slash is ignored. Either every operation applies or none does; the input is
 * never changed.
 */
import { equalJson, isObject, type Json, setKey } from '../shape.ts'

export interface JsonPatchOperation {
  readonly op: string
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}
export class JsonPatchError extends Error {}

export const maxOperations = 10_000
/** How many bytes the copy operations of one patch may add up to: upstream's limit, against copies of copies. */
const maxCopiedBytes = 3 * 1024 * 1024

export function applyJsonPatch(document: unknown, patch: readonly JsonPatchOperation[]): unknown {
  let result = document
  const owned = new Set<object>()
  let copied = 0
  for (const operation of patch) {
    const { op, path, from, value = null } = operation
    if (typeof path !== 'string') throw new JsonPatchError(`operation, missing path field`)
    switch (op) {
      case 'add':
        result = add(result, path, value, owned, op)
        break
      case 'remove':
        result = remove(result, path, owned)
        break
      case 'replace':
        result = replace(result, path, value, owned)
        break
      case 'move': {
        const found = find(result, need(from), 'move operation does not apply: doc is missing from path: ')
        result = add(remove(result, need(from), owned), path, found, owned, op)
        break
      }
      case 'copy': {
        const found = findOrNull(result, need(from), 'copy operation does not apply: doc is missing from path: ')
        const text = JSON.stringify(found) ?? 'null'
        copied += Buffer.byteLength(text)
        if (copied > maxCopiedBytes)
          throw new JsonPatchError(
            `unable to copy, the accumulated size increase of copy is ${copied}, exceeding the limit ${maxCopiedBytes}`,
          )
        result = add(result, path, JSON.parse(text), owned, op) // a copy of its own: either may be changed later
        break
      }
      case 'test':
        if (!equalJson(findOrNull(result, path, 'test operation does not apply: is missing path: '), value))
          throw new JsonPatchError(`testing value ${path} failed: test failed`)
        break
      default:
        throw new JsonPatchError(`Unexpected kind: ${op ?? 'unknown'}`)
    }
  }
  return result
}

const need = (from: string | undefined): string => {
  if (typeof from !== 'string') throw new JsonPatchError('operation, missing from field')
  return from
}

const segments = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
/** A path without a slash at its start loses its first part, as in the library. */
const keysOf = (path: string): string[] => (path === '' ? [] : segments(path))

/** Copies the containers from the root to the path's parent once per patch and hands the parent to `change`. */
function withParent(
  root: unknown,
  path: string,
  owned: Set<object>,
  missing: string,
  change: (parent: Json | unknown[], key: string) => void,
) {
  const keys = keysOf(path)
  const last = keys.pop()
  if (last === undefined) throw new JsonPatchError(`${missing}"${path}": missing value`)
  const own = (value: unknown): Json | unknown[] => {
    if (typeof value !== 'object' || value === null) throw new JsonPatchError(`${missing}"${path}": missing value`)
    if (owned.has(value)) return value as Json | unknown[]
    const copy = Array.isArray(value) ? [...value] : { ...value }
    owned.add(copy)
    return copy as Json | unknown[]
  }
  const top = own(root)
  let parent = top
  for (const key of keys) {
    const at = Array.isArray(parent) ? String(index(key, parent.length)) : key
    if (!Object.hasOwn(parent, at)) throw new JsonPatchError(`${missing}"${path}": missing value`)
    const child = own((parent as Json)[at])
    ;(parent as Json)[at] = child
    parent = child
  }
  change(parent, last)
  return top
}

function add(root: unknown, path: string, value: unknown, owned: Set<object>, op: string): unknown {
  if (path === '') return value
  return withParent(root, path, owned, `${op} operation does not apply: doc is missing path: `, (parent, key) => {
    if (!Array.isArray(parent)) setKey(parent, key, value)
    else if (key === '-') parent.push(value)
    else parent.splice(index(key, parent.length + 1), 0, value)
  })
}

function remove(root: unknown, path: string, owned: Set<object>): unknown {
  return withParent(root, path, owned, 'remove operation does not apply: doc is missing path: ', (parent, key) => {
    if (Array.isArray(parent)) parent.splice(index(key, parent.length), 1)
    else if (Object.hasOwn(parent, key)) delete parent[key]
    else throw new JsonPatchError(`error in remove for path: '${path}': Unable to remove nonexistent key: ${key}: missing value`)
  })
}

function replace(root: unknown, path: string, value: unknown, owned: Set<object>): unknown {
  if (path === '') return value
  return withParent(root, path, owned, 'replace operation does not apply: doc is missing path: ', (parent, key) => {
    if (Array.isArray(parent)) parent[index(key, parent.length)] = value
    else setKey(parent, key, value) // the library does not mind when there was none
  })
}

function find(root: unknown, path: string, missing: string): unknown {
  let value = root
  for (const key of keysOf(path)) {
    if (typeof value !== 'object' || value === null) throw new JsonPatchError(`${missing}${path}: missing value`)
    const at = Array.isArray(value) ? String(index(key, value.length)) : key
    if (!Object.hasOwn(value, at)) throw new JsonPatchError(`${missing}${path}: missing value`)
    value = (value as Json)[at]
  }
  return value
}
/** `test` and `copy` take what is not there for null, but its parent must be. */
function findOrNull(root: unknown, path: string, missing: string): unknown {
  const parent = find(root, path.slice(0, Math.max(path.lastIndexOf('/'), 0)), missing)
  const key = keysOf(path).at(-1)
  if (key === undefined) return root
  if (isObject(parent)) return Object.hasOwn(parent, key) ? (parent[key] ?? null) : null
  return Array.isArray(parent) ? parent[index(key, parent.length)] : null
}

function index(key: string, length: number): number {
  const at = /^-?\d+$/.test(key) ? Number(key) : Number.NaN
  if (Number.isNaN(at)) throw new JsonPatchError(`strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`)
  if (at >= length || at < -length) throw new JsonPatchError(`Unable to access invalid index: ${at}: invalid index referenced`)
  return at < 0 ? at + length : at
}
