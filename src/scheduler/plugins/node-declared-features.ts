/** A pod that needs a feature of the kubelet which is new goes to nodes that say they have it (KEP-5328). */
import type { PodSpec } from '../../api/types/core-v1.ts'
import type { Plugin } from '../framework.ts'

const name = 'NodeDeclaredFeatures'

/** What a pod shows that it needs, of the features of this release (component-helpers/nodedeclaredfeatures). */
const inferred: readonly (readonly [feature: string, isNeeded: (spec: PodSpec) => boolean])[] = [
  [
    'RestartAllContainersOnContainerExits',
    (spec) =>
      [...spec.containers, ...(spec.initContainers ?? [])].some((c) =>
        c.restartPolicyRules?.some((r) => r.action === 'RestartAllContainers'),
      ),
  ],
  ['UserNamespacesHostNetworkSupport', (spec) => spec.hostNetwork === true && spec.hostUsers === false],
]
const needs = (spec: PodSpec): string[] => inferred.filter(([, isNeeded]) => isNeeded(spec)).map(([feature]) => feature)

export const nodeDeclaredFeatures: Plugin = {
  name,
  preFilter({ pod }) {
    const wanted = needs(pod.spec)
    if (wanted.length === 0) return undefined
    return {
      filter({ node }) {
        const missing = wanted.filter((feature) => !node.status.declaredFeatures?.includes(feature))
        if (missing.length === 0) return undefined
        return {
          plugin: name,
          reasons: [`node declared features check failed - unsatisfied requirements: ${missing.join(', ')}`],
          unresolvable: true,
        }
      },
    }
  },
  wakes: (_, event) => event.kind === 'node-added' || (event.kind === 'node-updated' && event.changed.has('declaredFeatures')),
}
