/** Reading from a cache: the narrow face of an informer that most code needs. What it returns is shared and must never be changed. */
import { objectKey } from '../api/meta.ts'

export interface Lister<T> {
  get(namespace: string | undefined, name: string): T | undefined
  /** Everything, or everything in a namespace. In no order. */
  list(namespace?: string): readonly T[]
  /** Everything that the index files under `value`. */
  byIndex(index: string, value: string): readonly T[]
}

/** `namespace/name`, or the name alone of what is cluster-scoped: the key of caches and work queues. */
export const keyOf = (namespace: string | undefined, name: string): string => (namespace ? `${namespace}/${name}` : name)

export type IndexFunction<T> = (object: T) => readonly string[]

/** The index that every cache of namespaced objects has. */
export const namespaceIndex = 'namespace'

export interface Cache<T> extends Lister<T> {
  set(object: T): T | undefined
  remove(key: string): T | undefined
  addIndex(name: string, index: IndexFunction<T>): void
  keys(): IterableIterator<string>
  readonly size: number
}

/** A map by key with indexes kept as it changes. */
export function createCache<T extends { metadata: { namespace?: string; name: string } }>(): Cache<T> {
  const objects = new Map<string, T>()
  const indexes = new Map<string, { index: IndexFunction<T>; entries: Map<string, Map<string, T>> }>()

  function file(key: string, object: T, before: T | undefined): void {
    for (const { index, entries } of indexes.values()) {
      const values = index(object)
      if (before) for (const value of index(before)) if (!values.includes(value)) unfile(entries, value, key)
      for (const value of values) {
        const entry = entries.get(value)
        if (entry) entry.set(key, object)
        else entries.set(value, new Map([[key, object]]))
      }
    }
  }
  function unfile(entries: Map<string, Map<string, T>>, value: string, key: string): void {
    const entry = entries.get(value)
    if (entry?.delete(key) && entry.size === 0) entries.delete(value)
  }
  function addIndex(name: string, index: IndexFunction<T>): void {
    if (indexes.has(name)) return
    const entries = new Map<string, Map<string, T>>()
    indexes.set(name, { index, entries })
    for (const [key, object] of objects)
      for (const value of index(object)) {
        const entry = entries.get(value)
        if (entry) entry.set(key, object)
        else entries.set(value, new Map([[key, object]]))
      }
  }

  return {
    get: (namespace, name) => objects.get(keyOf(namespace, name)),
    list(namespace) {
      if (!namespace) return [...objects.values()]
      addIndex(namespaceIndex, (object) => [object.metadata.namespace ?? ''])
      return [...(indexes.get(namespaceIndex)?.entries.get(namespace)?.values() ?? [])]
    },
    byIndex(name, value) {
      const have = indexes.get(name)
      if (!have) throw new Error(`the cache has no index ${name}`)
      return [...(have.entries.get(value)?.values() ?? [])]
    },
    set(object) {
      const key = objectKey(object)
      const before = objects.get(key)
      objects.set(key, object)
      file(key, object, before)
      return before
    },
    remove(key) {
      const before = objects.get(key)
      if (!before) return undefined
      objects.delete(key)
      for (const { index, entries } of indexes.values()) for (const value of index(before)) unfile(entries, value, key)
      return before
    },
    addIndex,
    keys: () => objects.keys(),
    get size() {
      return objects.size
    },
  }
}
