// Written by scripts/generate-types.ts from src/api/tables/policy-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

export interface Eviction {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  deleteOptions?: meta_v1.DeleteOptions
}

export interface PodDisruptionBudget {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: PodDisruptionBudgetSpec
  status: PodDisruptionBudgetStatus
}

export interface PodDisruptionBudgetList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: PodDisruptionBudget[]
}

export interface PodDisruptionBudgetSpec {
  minAvailable?: number | string
  selector?: meta_v1.LabelSelector
  maxUnavailable?: number | string
  unhealthyPodEvictionPolicy?: 'AlwaysAllow' | 'IfHealthyBudget'
}

export interface PodDisruptionBudgetStatus {
  observedGeneration?: number
  disruptedPods?: Record<string, string>
  disruptionsAllowed: number
  currentHealthy: number
  desiredHealthy: number
  expectedPods: number
  conditions?: meta_v1.Condition[]
}
