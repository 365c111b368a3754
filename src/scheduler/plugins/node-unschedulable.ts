/** Keeps pods off cordoned nodes, unless they tolerate it as daemons do. */
import type { Plugin, Rejection } from '../framework.ts'
import { tolerates } from '../tolerations.ts'

const rejection: Rejection = { plugin: 'NodeUnschedulable', reasons: ['node(s) were unschedulable'], unresolvable: true }
const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' as const }

export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  preFilter({ pod }, { cluster }) {
    if (!cluster.has.cordons || tolerates(pod.spec.tolerations, taint)) return undefined
    return { filter: (node) => (node.unschedulable ? rejection : undefined) }
  },
  wakes: (_, event) =>
    (event.kind === 'node-added' || (event.kind === 'node-updated' && event.changed.has('unschedulable'))) && !event.node.unschedulable,
}
