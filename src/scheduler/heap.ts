/** A binary heap of keyed items: the least is popped first, any can be taken out or moved by its key. */
export interface Heap<T> {
  /** Adds the item, or puts it where it belongs now. */
  push(key: string, item: T): void
  pop(): T | undefined
  get(key: string): T | undefined
  remove(key: string): T | undefined
  readonly size: number
}

export function createHeap<T>(compare: (a: T, b: T) => number): Heap<T> {
  const entries: { key: string; item: T }[] = []
  const positions = new Map<string, number>()

  function put(at: number, entry: { key: string; item: T }): void {
    entries[at] = entry
    positions.set(entry.key, at)
  }
  function up(at: number): void {
    const entry = entries[at] as { key: string; item: T }
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = entries[parent] as { key: string; item: T }
      if (compare(entry.item, above.item) >= 0) break
      put(at, above)
      at = parent
    }
    put(at, entry)
  }
  function down(at: number): void {
    const entry = entries[at] as { key: string; item: T }
    for (;;) {
      let child = 2 * at + 1
      if (child >= entries.length) break
      const right = entries[child + 1]
      if (right && compare(right.item, (entries[child] as { item: T }).item) < 0) child++
      const below = entries[child] as { key: string; item: T }
      if (compare(below.item, entry.item) >= 0) break
      put(at, below)
      at = child
    }
    put(at, entry)
  }
  function removeAt(at: number): T {
    const { key, item } = entries[at] as { key: string; item: T }
    positions.delete(key)
    const last = entries.pop() as { key: string; item: T }
    if (at < entries.length) {
      put(at, last)
      up(at)
      down(positions.get(last.key) as number)
    }
    return item
  }

  return {
    push(key, item) {
      const at = positions.get(key)
      if (at === undefined) {
        entries.push({ key, item })
        up(entries.length - 1)
        return
      }
      put(at, { key, item })
      up(at)
      down(positions.get(key) as number)
    },
    pop: () => (entries.length ? removeAt(0) : undefined),
    get: (key) => {
      const at = positions.get(key)
      return at === undefined ? undefined : entries[at]?.item
    },
    remove(key) {
      const at = positions.get(key)
      return at === undefined ? undefined : removeAt(at)
    },
    get size() {
      return entries.length
    },
  }
}
