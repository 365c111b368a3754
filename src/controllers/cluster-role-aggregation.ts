/** Writes the rules of aggregated ClusterRoles, the union of those their selectors match (pkg/controller/clusterroleaggregation). */
import { labelSelectorAsSelector } from '../api/labels.ts'
import type { ClusterRole, PolicyRule } from '../api/types/rbac-v1.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { semanticEqual } from './equal.ts'

const resource = 'clusterroles.rbac.authorization.k8s.io'

export function createClusterRoleAggregationController({ client, informers }: ControllerDeps): Controller {
  const roles = informers.of(resource)
  return {
    name: 'clusterrole-aggregation-controller',
    wake(queue) {
      const all = () => {
        for (const role of roles.list()) if (role.aggregationRule) queue.add(role.metadata.name)
      }
      roles.addHandler({
        added: all,
        updated: (now, before) =>
          !semanticEqual(
            [now.rules, now.metadata.labels, now.aggregationRule],
            [before.rules, before.metadata.labels, before.aggregationRule],
          ) && all(),
        deleted: all,
      })
      return [roles]
    },
    async reconcile(name) {
      const role = roles.get(undefined, name)
      if (!role?.aggregationRule) return
      const rules: PolicyRule[] = []
      const seen = new Set<string>()
      const add = (from: ClusterRole) => {
        for (const rule of from.rules ?? []) {
          const id = JSON.stringify(rule)
          if (!seen.has(id)) rules.push(rule)
          seen.add(id)
        }
      }
      const sorted = [...roles.list()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
        const matcher = labelSelectorAsSelector(selector)
        for (const other of sorted) if (other.metadata.name !== name && matcher.matches(other.metadata.labels)) add(other)
      }
      if (semanticEqual(role.rules, rules)) return
      await client.apply(resource, { metadata: { name }, rules }, { fieldManager: 'clusterrole-aggregation-controller', force: true })
    },
  }
}
