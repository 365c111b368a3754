/** Sets of completion indexes in the form that a Job's status has: `1,3-5`. */

export interface IndexSet {
  has(index: number): boolean
  readonly size: number
  values(): IterableIterator<number>
  toString(): string
}

export function indexSet(values: Iterable<number>): IndexSet {
  const set = new Set(values)
  return {
    has: (index) => set.has(index),
    get size() {
      return set.size
    },
    values: () => set.values(),
    toString() {
      const sorted = [...set].sort((a, b) => a - b)
      const parts: string[] = []
      for (let i = 0; i < sorted.length; ) {
        let end = i
        while (sorted[end + 1] === (sorted[end] as number) + 1) end++
        parts.push(end === i ? `${sorted[i]}` : end === i + 1 ? `${sorted[i]},${sorted[end]}` : `${sorted[i]}-${sorted[end]}`)
        i = end + 1
      }
      return parts.join(',')
    },
  }
}

/** Reads `1,3-5`; what lies at or beyond `below`, or cannot be read, is left out. */
export function parseIndexes(text: string | undefined, below: number): IndexSet {
  const values: number[] = []
  for (const part of (text ?? '').split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part)
    if (!match) continue
    const last = Math.min(Number(match[2] ?? match[1]), below - 1)
    for (let i = Number(match[1]); i <= last; i++) values.push(i)
  }
  return indexSet(values)
}

export const union = (a: IndexSet, more: Iterable<number>): IndexSet => indexSet([...a.values(), ...more])
