// Written by scripts/generate-types.ts from src/api/tables/rbac-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

export interface AggregationRule {
  clusterRoleSelectors?: meta_v1.LabelSelector[]
}

export interface ClusterRole {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  rules?: PolicyRule[] | null
  aggregationRule?: AggregationRule
}

export interface ClusterRoleBinding {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  subjects?: Subject[]
  roleRef: RoleRef
}

export interface ClusterRoleBindingList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: ClusterRoleBinding[]
}

export interface ClusterRoleList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: ClusterRole[]
}

export interface PolicyRule {
  verbs: string[]
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
  nonResourceURLs?: string[]
}

export interface Role {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  rules?: PolicyRule[] | null
}

export interface RoleBinding {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  subjects?: Subject[]
  roleRef: RoleRef
}

export interface RoleBindingList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: RoleBinding[]
}

export interface RoleList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: Role[]
}

export interface RoleRef {
  apiGroup: string
  kind: string
  name: string
}

export interface Subject {
  kind: string
  apiGroup?: string
  name: string
  namespace?: string
}
