/**
 * Entries by key and in key order, as etcd orders them. Kept in chunks of a few hundred, so that an insertion among
 * 100,000 moves hundreds of pointers and not all of them, and a list walks plain arrays.
 */
import type { Entry } from './entry.ts'

export interface SortedEntries {
  readonly size: number
  /** Of all entries together. */
  readonly bytes: number
  get(key: string): Entry | undefined
  set(entry: Entry): void
  delete(key: string): void
  /** Calls `visit` with the entries whose key begins with `prefix` and is greater than `after`, until it returns false. */
  scan(prefix: string, after: string | undefined, visit: (entry: Entry) => boolean | undefined): void
  count(prefix: string, after?: string): number
  clear(): void
}

const chunkSize = 512

export function createSortedEntries(): SortedEntries {
  const byKey = new Map<string, Entry>()
  let chunks: string[][] = [[]]
  let bytes = 0

  /** The chunk that holds `key` or would: the last one whose first key is not greater. */
  const chunkOf = (key: string): number => {
    let low = 0
    let high = chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((chunks[middle] as string[])[0]! <= key) low = middle
      else high = middle - 1
    }
    return low
  }
  const walk = (prefix: string, after: string | undefined, visit: (key: string) => boolean | undefined) => {
    const from = after !== undefined && after > prefix ? after : prefix
    let at = chunkOf(from)
    let i = position(chunks[at] as string[], from)
    for (; at < chunks.length; at++, i = 0) {
      const chunk = chunks[at] as string[]
      for (; i < chunk.length; i++) {
        const key = chunk[i] as string
        if (key === after) continue
        if (!key.startsWith(prefix)) return
        if (visit(key) === false) return
      }
    }
  }

  return {
    get size() {
      return byKey.size
    },
    get bytes() {
      return bytes
    },
    get: (key) => byKey.get(key),
    set(entry) {
      const known = byKey.size
      bytes += entry.bytes.length - (byKey.get(entry.key)?.bytes.length ?? 0)
      byKey.set(entry.key, entry)
      if (byKey.size === known) return
      const at = chunkOf(entry.key)
      const chunk = chunks[at] as string[]
      chunk.splice(position(chunk, entry.key), 0, entry.key)
      if (chunk.length > chunkSize) chunks.splice(at + 1, 0, chunk.splice(chunkSize >> 1))
    },
    delete(key) {
      const entry = byKey.get(key)
      if (!entry) return
      bytes -= entry.bytes.length
      byKey.delete(key)
      const at = chunkOf(key)
      const chunk = chunks[at] as string[]
      chunk.splice(position(chunk, key), 1)
      if (chunk.length === 0 && chunks.length > 1) chunks.splice(at, 1)
    },
    scan: (prefix, after, visit) => walk(prefix, after, (key) => visit(byKey.get(key) as Entry)),
    count(prefix, after) {
      if (prefix === '' && after === undefined) return byKey.size
      let count = 0
      walk(prefix, after, () => {
        count++
        return true
      })
      return count
    },
    clear() {
      byKey.clear()
      bytes = 0
      chunks = [[]]
    },
  }
}

/** Where `key` is or belongs. */
function position(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}
