/** Defaults of role bindings. */
import type { ClusterRoleBinding, RoleBinding } from '../types/rbac-v1.ts'
import type { Defaults } from './index.ts'

export const rbacDefaults = {
  'rbac.v1.ClusterRoleBinding': defaultSubjects,
  'rbac.v1.RoleBinding': defaultSubjects,
} satisfies Defaults

function defaultSubjects(binding: ClusterRoleBinding | RoleBinding): void {
  for (const subject of binding.subjects ?? [])
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ??= 'rbac.authorization.k8s.io'
}
