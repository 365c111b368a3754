// Written by scripts/generate-types.ts from src/api/tables/policy-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** Asks for a pod to be removed, if its budget allows. */
export interface Eviction {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** passed on to the deletion */
  deleteOptions?: meta_v1.DeleteOptions
}

/** How many pods may be missing by evictions. */
export interface PodDisruptionBudget {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: PodDisruptionBudgetSpec
  /** What was last observed of the object; written by the system. */
  status: PodDisruptionBudgetStatus
}

/** A page of PodDisruptionBudget objects, with the revision it was read at. */
export interface PodDisruptionBudgetList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: PodDisruptionBudget[]
}

/** What is wanted of a PodDisruptionBudget. */
export interface PodDisruptionBudgetSpec {
  /** How many must stay available, as number or percentage. */
  minAvailable?: number | string
  /** Which objects are meant, by their labels. */
  selector?: meta_v1.LabelSelector
  /** How many may be unavailable during an update, as number or percentage. */
  maxUnavailable?: number | string
  /** when pods that are not ready may be evicted */
  unhealthyPodEvictionPolicy?: 'AlwaysAllow' | 'IfHealthyBudget'
}

/** What was last observed of a PodDisruptionBudget. */
export interface PodDisruptionBudgetStatus {
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
  /** pods whose eviction was granted and not yet seen */
  disruptedPods?: Record<string, string>
  /** how many more pods may be evicted now */
  disruptionsAllowed: number
  /** how many pods are ready */
  currentHealthy: number
  /** how many must stay ready */
  desiredHealthy: number
  /** how many pods the budget counts */
  expectedPods: number
  /** Observations of the current state, at most one of each type. */
  conditions?: meta_v1.Condition[]
}
