/** nodeSelector and node affinity: required terms filter, preferred ones score by weight. */
import type { NodeSelector } from '../../api/types/core-v1.ts'
import type { Plugin, Rejection } from '../framework.ts'
import { scaleToBest } from '../framework.ts'

const rejection: Rejection = { plugin: 'NodeAffinity', reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true }

export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  filter({ pod, nodeSelector }, { cluster }) {
    if (!nodeSelector) return undefined
    const nodes = namedNodes(pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution)
    if (nodes) return { nodes, filter: (node) => (nodeSelector.matches(node.node) ? undefined : rejection) }
    const matching = cluster.nodesMatching(nodeSelector)
    return { filter: (node) => (matching[node.index] ? undefined : rejection) }
  },
  score({ preferredNodes }) {
    if (preferredNodes.length === 0) return undefined
    return {
      score(node) {
        let sum = 0
        for (const { matches, weight } of preferredNodes) if (matches(node.node)) sum += weight
        return sum
      },
      normalize: (scores) => scaleToBest(scores, false),
    }
  },
  wakes: (pod, event) =>
    (event.kind === 'node-added' || (event.kind === 'node-updated' && event.changed.has('labels'))) &&
    (!pod.nodeSelector || pod.nodeSelector.matches(event.node.node)),
}

/** The nodes that every alternative pins by name, as a daemon set's pods are: then only those need a look. */
function namedNodes(required: NodeSelector | undefined): ReadonlySet<string> | undefined {
  if (!required?.nodeSelectorTerms.length) return undefined
  const names = new Set<string>()
  for (const term of required.nodeSelectorTerms) {
    const field = term.matchFields?.find((f) => f.key === 'metadata.name' && f.operator === 'In')
    if (!field) return undefined
    for (const name of field.values ?? []) names.add(name)
  }
  return names
}
