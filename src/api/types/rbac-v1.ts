// Written by scripts/generate-types.ts from src/api/tables/rbac-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** Selects cluster roles whose rules are added. */
export interface AggregationRule {
  /** roles that match any of these give their rules */
  clusterRoleSelectors?: meta_v1.LabelSelector[]
}

/** Permissions in the whole cluster, or to grant in namespaces. */
export interface ClusterRole {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** Rules of which any may match. */
  rules?: PolicyRule[] | null
  /** Which roles' rules are added. */
  aggregationRule?: AggregationRule
}

/** Grants a cluster role in the whole cluster. */
export interface ClusterRoleBinding {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** Who is meant. */
  subjects?: Subject[]
  /** The role that is granted. */
  roleRef: RoleRef
}

/** A page of ClusterRoleBinding objects, with the revision it was read at. */
export interface ClusterRoleBindingList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ClusterRoleBinding[]
}

/** A page of ClusterRole objects, with the revision it was read at. */
export interface ClusterRoleList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ClusterRole[]
}

/** Verbs that are allowed on resources or paths. */
export interface PolicyRule {
  /** Verbs that are matched or allowed; * is every one. */
  verbs: string[]
  /** API groups that are matched; * is every one. */
  apiGroups?: string[]
  /** Compute resources that are asked for and limited. */
  resources?: string[]
  /** Names that are matched; all when empty. */
  resourceNames?: string[]
  /** Paths outside the resources that are matched. */
  nonResourceURLs?: string[]
}

/** Permissions within a namespace. */
export interface Role {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** Rules of which any may match. */
  rules?: PolicyRule[] | null
}

/** Grants a role to subjects within a namespace. */
export interface RoleBinding {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** Who is meant. */
  subjects?: Subject[]
  /** The role that is granted. */
  roleRef: RoleRef
}

/** A page of RoleBinding objects, with the revision it was read at. */
export interface RoleBindingList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: RoleBinding[]
}

/** A page of Role objects, with the revision it was read at. */
export interface RoleList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: Role[]
}

/** The role that is granted. */
export interface RoleRef {
  /** API group of the object that is referred to; empty means core. */
  apiGroup: string
  /** Kind of the object that is referred to. */
  kind: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

/** Who is meant: a user, a group or a service account. */
export interface Subject {
  /** Kind of the object that is referred to. */
  kind: string
  /** API group of the object that is referred to; empty means core. */
  apiGroup?: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Namespace that the object meant lives in. */
  namespace?: string
}
