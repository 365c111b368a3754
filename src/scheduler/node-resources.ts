/**
 * What every node has, and what its pods ask of it, by NodeInfo.index: a cycle compares hundreds of nodes, and numbers
 * side by side are read several times as fast as those inside of objects. A column is another array once a node has
 * made it grow, so nobody keeps one beyond a cycle.
 */
import type { Resources } from './resources.ts'

export interface NodeResources {
  readonly allocatable: ResourceColumns
  readonly requested: ResourceColumns
  /** With the floor for pods that request nothing (PodInfo.nonZeroRequests). */
  readonly nonZeroRequested: ResourceColumns
  readonly pods: Columns<'count' | 'allowed'>
  /** Makes a place for the node of this index, with nothing in it. */
  clear(index: number): void
}

/** A column for each resource by its name: `cpu` (in thousandths), `memory`, `example.com/gpu`. */
export type ResourceColumns = Columns<string>
export interface Columns<Name extends string> {
  of(name: Name): Float64Array
}

export function createNodeResources(): NodeResources {
  let length = 64
  const all: Map<string, Float64Array>[] = []
  function columns<Name extends string>(): Columns<Name> {
    const byName = new Map<string, Float64Array>()
    all.push(byName)
    return {
      of(name) {
        let column = byName.get(name)
        if (!column) {
          column = new Float64Array(length)
          byName.set(name, column)
        }
        return column
      },
    }
  }
  return {
    allocatable: columns(),
    requested: columns(),
    nonZeroRequested: columns(),
    pods: columns(),
    clear(index) {
      const isFull = index >= length
      if (isFull) length = index * 2
      for (const byName of all)
        for (const [name, column] of byName) {
          if (!isFull) column[index] = 0
          else {
            const longer = new Float64Array(length)
            longer.set(column)
            byName.set(name, longer)
          }
        }
    },
  }
}

/** Adds `sign` times the resources to a node's. */
export function addToColumns(columns: ResourceColumns, index: number, resources: Resources, sign: number): void {
  columns.of('cpu')[index]! += sign * resources.milliCpu
  columns.of('memory')[index]! += sign * resources.memory
  if (resources.ephemeralStorage) columns.of('ephemeral-storage')[index]! += sign * resources.ephemeralStorage
  for (const name in resources.scalar) columns.of(name)[index]! += sign * (resources.scalar[name] as number)
}

/** What a pod requests of a resource by its name. */
export function amountOf(resources: Resources, name: string): number {
  switch (name) {
    case 'cpu':
      return resources.milliCpu
    case 'memory':
      return resources.memory
    case 'ephemeral-storage':
      return resources.ephemeralStorage
    default:
      return resources.scalar[name] ?? 0
  }
}

/** An extended resource counts in scores only for pods that request it. */
export function isScored(name: string, requests: Resources): boolean {
  return name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || amountOf(requests, name) > 0
}
