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
  /** A number that a node has had at no other time: another when `changed` was told of it. */
  readonly versions: Columns<'version'>
  /** Makes a place for the node of this index, with nothing in it. */
  clear(index: number): void
  changed(index: number): void
}

/** A column for each resource by its name: `cpu` (in thousandths), `memory`, `example.com/gpu`. */
export type ResourceColumns = Columns<string>
export interface Columns<Name extends string> {
  of(name: Name): Float64Array
}

/** Of all clusters, so that what is kept by version needs to know of none. */
let lastVersion = 0

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
  const versions = columns<'version'>()
  const changed = (index: number) => {
    versions.of('version')[index] = ++lastVersion
  }
  return {
    allocatable: columns(),
    requested: columns(),
    nonZeroRequested: columns(),
    pods: columns(),
    versions,
    changed,
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
      changed(index)
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

/** Requests whose scores were asked for longest ago are dropped first. */
const keptRequests = 64

/**
 * Scores that follow from a pod's requests (`id`) and a node's numbers alone, kept until these change: pods that ask
 * alike come in numbers, and from one to the next it is one node that did.
 */
export function createKeptScores() {
  const kept = new Map<string, { values: Float64Array; versions: Float64Array }>()
  return (id: string, resources: NodeResources, indexes: Int32Array, scores: Float64Array, scoreOf: (index: number) => number) => {
    const versions = resources.versions.of('version')
    let have = kept.get(id)
    kept.delete(id)
    if (have?.values.length !== versions.length)
      have = { values: new Float64Array(versions.length), versions: new Float64Array(versions.length) }
    kept.set(id, have)
    if (kept.size > keptRequests) kept.delete(kept.keys().next().value as string)
    for (let i = 0; i < indexes.length; i++) {
      const index = indexes[i] as number
      if (have.versions[index] !== versions[index]) {
        have.versions[index] = versions[index] as number
        have.values[index] = scoreOf(index)
      }
      scores[i] = have.values[index] as number
    }
  }
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
