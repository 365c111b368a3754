/** Prefers nodes whose resources come to be used in like shares by the pod: what counts is how much it changes that (since 1.36). */
import { maxScore, type Plugin } from '../framework.ts'
import { amountOf, createKeptScores, isScored } from '../node-resources.ts'

export interface BalancedAllocationArgs {
  readonly resources?: readonly { readonly name: string }[]
}

/** A resource of all nodes, and what the pod wants of it. */
interface Part {
  readonly wanted: number
  readonly has: Float64Array
  readonly used: Float64Array
}

export function createNodeResourcesBalancedAllocation({ resources }: BalancedAllocationArgs = {}): Plugin {
  const keptScores = createKeptScores()
  const names = (resources ?? [{ name: 'cpu' }, { name: 'memory' }]).map(({ name }) => name)
  return {
    name: 'NodeResourcesBalancedAllocation',
    preScore({ requests }, { cluster }, { indexes }) {
      const { allocatable, requested } = cluster.resources
      const scored = names.filter((name) => isScored(name, requests))
      const parts = scored.map((name) => ({ wanted: amountOf(requests, name), has: allocatable.of(name), used: requested.of(name) }))
      // A pod that requests nothing changes no balance.
      if (parts.every(({ wanted }) => wanted === 0)) return undefined
      const scoreOf = (index: number) => {
        const change = balance(parts, index, 1) - balance(parts, index, 0)
        return maxScore / 2 + Math.floor((maxScore / 2 + change) / 2)
      }
      const id = names.map((name) => amountOf(requests, name)).join()
      return { score: (scores) => keptScores(id, cluster.resources, indexes, scores, scoreOf) }
    },
  }
}

/** 100 when all shares are alike, 50 when they are as far apart as can be: by their standard deviation. With the pod once, or without. */
function balance(parts: readonly Part[], index: number, pods: 0 | 1): number {
  let known = 0
  let sum = 0
  let least = 1
  let most = 0
  for (let i = 0; i < parts.length; i++) {
    const share = shareOf(parts[i] as Part, index, pods)
    if (share < 0) continue
    known++
    sum += share
    if (share < least) least = share
    if (share > most) most = share
  }
  if (known < 2) return maxScore
  if (known === 2) return Math.floor((1 - (most - least) / 2) * maxScore)
  const mean = sum / known
  const squares = parts
    .map((part) => shareOf(part, index, pods))
    .reduce((total, share) => (share < 0 ? total : total + (share - mean) ** 2), 0)
  return Math.floor((1 - Math.sqrt(squares / known)) * maxScore)
}

/** Negative where the node has none of the resource. */
function shareOf({ wanted, has, used }: Part, index: number, pods: 0 | 1): number {
  const capacity = has[index] as number
  return capacity === 0 ? -1 : Math.min(1, ((used[index] as number) + pods * wanted) / capacity)
}
