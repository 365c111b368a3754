/** Node selector terms as functions of a node (component-helpers/scheduling/corev1/nodeaffinity). */
import type { Node, NodeSelectorRequirement, NodeSelectorTerm } from '../api/types/core-v1.ts'

export type NodeMatcher = (node: Node) => boolean

/** A term with neither expressions nor fields matches nothing. */
export function compileNodeSelectorTerm(term: NodeSelectorTerm): NodeMatcher {
  const expressions = (term.matchExpressions ?? []).map((r) => requirement(r, (node) => node.metadata.labels?.[r.key]))
  const fields = (term.matchFields ?? []).map((r) => requirement(r, (node) => (r.key === 'metadata.name' ? node.metadata.name : undefined)))
  const all = [...expressions, ...fields]
  if (all.length === 0) return () => false
  return (node) => all.every((matches) => matches(node))
}

function requirement({ operator, values = [] }: NodeSelectorRequirement, labelOf: (node: Node) => string | undefined): NodeMatcher {
  switch (operator) {
    case 'In':
      return (node) => values.includes(labelOf(node) as string)
    case 'NotIn':
      return (node) => !values.includes(labelOf(node) as string)
    case 'Exists':
      return (node) => labelOf(node) !== undefined
    case 'DoesNotExist':
      return (node) => labelOf(node) === undefined
    case 'Gt':
    case 'Lt': {
      const bound = integer(values[0])
      return (node) => {
        const value = integer(labelOf(node))
        return value !== undefined && bound !== undefined && (operator === 'Gt' ? value > bound : value < bound)
      }
    }
    default:
      return () => false
  }
}

function integer(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[+-]?\d+$/.test(text) ? BigInt(text) : undefined
}
