/** Keeps pods off nodes whose taints they do not tolerate; nodes with fewer PreferNoSchedule taints rank higher. */
import { type Plugin, type Rejection, scaleToBest, scoreEach } from '../framework.ts'
import { tolerates } from '../tolerations.ts'

const rejection: Rejection = { plugin: 'TaintToleration', reasons: ['node(s) had untolerated taint(s)'], unresolvable: true }

export const taintToleration: Plugin = {
  name: 'TaintToleration',
  preFilter({ pod }, { cluster }) {
    if (!cluster.has.hardTaints) return undefined
    const { tolerations } = pod.spec
    return {
      filter: (node) =>
        node.hardTaints.length === 0 || node.hardTaints.every((taint) => tolerates(tolerations, taint)) ? undefined : rejection,
    }
  },
  preScore({ pod }, { cluster }, candidates) {
    if (!cluster.has.softTaints) return undefined
    const soft = (pod.spec.tolerations ?? []).filter((t) => !t.effect || t.effect === 'PreferNoSchedule')
    return {
      score: scoreEach(candidates, (node) => node.softTaints.filter((taint) => !tolerates(soft, taint)).length),
      normalizeScore: (scores) => scaleToBest(scores, true),
    }
  },
  wakes: ({ pod }, event) =>
    (event.kind === 'node-added' || (event.kind === 'node-updated' && event.changed.has('taints'))) &&
    event.node.hardTaints.every((taint) => tolerates(pod.spec.tolerations, taint)),
}
