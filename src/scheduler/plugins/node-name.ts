/** A pod that names its node goes nowhere else. */
import type { Plugin, Rejection } from '../framework.ts'

const rejection: Rejection = { plugin: 'NodeName', reasons: ["node(s) didn't match the requested node name"], unresolvable: true }

export const nodeName: Plugin = {
  name: 'NodeName',
  preFilter({ pod }) {
    const wanted = pod.spec.nodeName
    return wanted ? { filter: (node) => (node.name === wanted ? undefined : rejection) } : undefined
  },
  wakes: ({ pod }, event) => event.kind === 'node-added' && event.node.name === pod.spec.nodeName,
}
