/** nodeSelector and node affinity: required terms filter, preferred ones score by weight; a profile can add terms for all of its pods. */
import type { NodeAffinity, NodeSelector } from '../../api/types/core-v1.ts'
import { type Plugin, type Rejection, scaleToBest, scoreEach } from '../framework.ts'
import { preferredNodes, requiredNodes } from '../pod-info.ts'

const because = (reason: string): Rejection => ({ plugin: 'NodeAffinity', reasons: [reason], unresolvable: true })
const rejection = because("node(s) didn't match Pod's node affinity/selector")
/** Upstream's words, though they are about nodes: each term asks for nodes of different names. */
const conflict = because('pod affinity terms conflict')
const addedRejection = because("node(s) didn't match scheduler-enforced node affinity")

export interface NodeAffinityArgs {
  readonly addedAffinity?: NodeAffinity
}

export function createNodeAffinity({ addedAffinity }: NodeAffinityArgs = {}): Plugin {
  const added = requiredNodes(undefined, addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution)
  const addedPreferred = preferredNodes(addedAffinity)
  return {
    name: 'NodeAffinity',
    preFilter({ pod, nodeSelector }, { cluster }) {
      if (!nodeSelector && !added) return undefined
      const enforced = added && cluster.nodesMatching(added)
      const nodes = namedNodes(pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution)
      if (nodes?.size === 0) return { reject: conflict }
      // A selector that names nodes is one pod's own: nothing is kept of it.
      const matching = nodes || !nodeSelector ? undefined : cluster.nodesMatching(nodeSelector)
      return {
        ...(nodes ? { nodes } : {}),
        filter(node) {
          if (enforced?.[node.index] === 0) return addedRejection
          if (matching) return matching[node.index] ? undefined : rejection
          return !nodeSelector || nodeSelector.matches(node.node) ? undefined : rejection
        },
      }
    },
    preScore(pod, _cycle, candidates) {
      const preferred = [...addedPreferred, ...pod.preferredNodes]
      if (preferred.length === 0) return undefined
      return {
        score: scoreEach(candidates, ({ node }) => {
          let sum = 0
          for (const { matches, weight } of preferred) if (matches(node)) sum += weight
          return sum
        }),
        normalizeScore: (scores) => scaleToBest(scores, false),
      }
    },
    wakes: (pod, event) =>
      (event.kind === 'node-added' || (event.kind === 'node-updated' && event.changed.has('labels'))) &&
      (!added || added.matches(event.node.node)) &&
      (!pod.nodeSelector || pod.nodeSelector.matches(event.node.node)),
  }
}

/** The nodes that every alternative pins by name, as a daemon set's pods are: then only those need a look. */
function namedNodes(required: NodeSelector | undefined): ReadonlySet<string> | undefined {
  if (!required?.nodeSelectorTerms.length) return undefined
  const names = new Set<string>()
  for (const term of required.nodeSelectorTerms) {
    const fields = (term.matchFields ?? []).filter((f) => f.key === 'metadata.name' && f.operator === 'In')
    const [first, ...others] = fields.map(({ values }) => new Set(values))
    if (!first) return undefined
    for (const name of first) if (others.every((other) => other.has(name))) names.add(name)
  }
  return names
}
