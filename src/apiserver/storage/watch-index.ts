/**
 * The watchers of one resource, found by what they select: a change is shown only to those whose name, indexed field,
 * label or namespace it touches, so that a thousand kubelets cost what they receive and not what exists.
 */
import type { ApiObject } from '../request.ts'
import type { Change } from './changes.ts'
import { type Entry, objectOf } from './entry.ts'
import type { Selection } from './selection.ts'

export interface IndexedWatcher {
  readonly selection: Selection
}

export interface WatchIndex<W extends IndexedWatcher> {
  readonly size: number
  add(watcher: W): void
  remove(watcher: W): void
  /** Calls `visit` for each watcher that the change may concern, once. */
  candidates(change: Change, visit: (watcher: W) => void): void
  /** About how many watchers a change to an object concerns: of those that select by a value, as many as have the same on average. */
  interested(namespace: string, name: string): number
  has(watcher: W): boolean
  all(): Iterable<W>
}

/** Fields that many clients select one value of. */
const indexedFields = ['spec.nodeName'] as const

export function createWatchIndex<W extends IndexedWatcher>(): WatchIndex<W> {
  const watchers = new Map<W, string>()
  const buckets = new Map<string, Set<W>>()
  const labelKeys = new Map<string, number>()
  const fieldNames = new Map<string, number>()
  /** Those that select by a label or a field. */
  const byValue = { watchers: 0, buckets: 0 }
  let fieldsOf: Selection['fieldsOf'] | undefined

  const visitBucket = (bucket: string, visit: (watcher: W) => void) => {
    const set = buckets.get(bucket)
    if (set) for (const watcher of set) visit(watcher)
  }
  /** The buckets beside name, namespace and all that an entry is in. */
  const valuesOf = (entry: Entry, into: Set<string>) => {
    const object = objectOf(entry)
    for (const key of labelKeys.keys()) {
      const value = object.metadata.labels?.[key]
      if (value !== undefined) into.add(`l:${key}=${value}`)
    }
    if (fieldNames.size > 0) {
      const fields = (fieldsOf as (object: ApiObject) => Readonly<Record<string, string>>)(object)
      for (const name of fieldNames.keys()) into.add(`f:${name}=${fields[name] ?? ''}`)
    }
  }

  return {
    get size() {
      return watchers.size
    },
    add(watcher) {
      const bucket = bucketOf(watcher.selection)
      watchers.set(watcher, bucket)
      const set = buckets.get(bucket)
      if (set) set.add(watcher)
      else {
        buckets.set(bucket, new Set([watcher]))
        if (isByValue(bucket)) byValue.buckets++
      }
      count(bucket, 1)
      fieldsOf = watcher.selection.fieldsOf
    },
    remove(watcher) {
      const bucket = watchers.get(watcher)
      if (bucket === undefined) return
      watchers.delete(watcher)
      const set = buckets.get(bucket) as Set<W>
      set.delete(watcher)
      if (set.size === 0) {
        buckets.delete(bucket)
        if (isByValue(bucket)) byValue.buckets--
      }
      count(bucket, -1)
    },
    candidates(change, visit) {
      if (watchers.size === 0) return
      const key = (change.entry ?? (change.old as Entry)).key
      visitBucket('*', visit)
      visitBucket(`n:${key}`, visit)
      const slash = key.indexOf('/')
      if (slash > 0) visitBucket(`s:${key.slice(0, slash)}`, visit)
      if (labelKeys.size === 0 && fieldNames.size === 0) return
      const values = new Set<string>()
      if (change.entry) valuesOf(change.entry, values)
      if (change.old) valuesOf(change.old, values)
      for (const bucket of values) visitBucket(bucket, visit)
    },
    interested(namespace, name) {
      if (watchers.size === 0) return 0
      const inBucket = (bucket: string) => buckets.get(bucket)?.size ?? 0
      const known = inBucket('*') + (namespace ? inBucket(`s:${namespace}`) + inBucket(`n:${namespace}/${name}`) : inBucket(`n:${name}`))
      return known + (byValue.buckets > 0 ? Math.round(byValue.watchers / byValue.buckets) : 0)
    },
    has: (watcher) => watchers.has(watcher),
    all: () => watchers.keys(),
  }

  function count(bucket: string, by: number) {
    if (!isByValue(bucket)) return
    byValue.watchers += by
    const counts = bucket.startsWith('l') ? labelKeys : fieldNames
    const name = bucket.slice(2, bucket.indexOf('='))
    const now = (counts.get(name) ?? 0) + by
    if (now === 0) counts.delete(name)
    else counts.set(name, now)
  }
}

const isByValue = (bucket: string): boolean => bucket.startsWith('l:') || bucket.startsWith('f:')

/** The one bucket a watcher sits in: the narrowest thing that all it selects has in common. */
function bucketOf({ namespace, labels, fields }: Selection): string {
  const name = fields.exact('metadata.name')
  if (name !== undefined && namespace) return `n:${namespace}/${name}`
  for (const field of indexedFields) {
    const value = fields.exact(field)
    if (value !== undefined) return `f:${field}=${value}`
  }
  const equality = labels.requirements.find(
    (r) => r.operator === '=' || r.operator === '==' || (r.operator === 'in' && r.values.length === 1),
  )
  if (equality) return `l:${equality.key}=${equality.values[0]}`
  return namespace ? `s:${namespace}` : '*'
}
