// Written by scripts/generate-types.ts from src/api/tables/autoscaling-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

export interface CrossVersionObjectReference {
  kind: string
  name: string
  apiVersion?: string
}

export interface HorizontalPodAutoscaler {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: HorizontalPodAutoscalerSpec
  status: HorizontalPodAutoscalerStatus
}

export interface HorizontalPodAutoscalerList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: HorizontalPodAutoscaler[]
}

export interface HorizontalPodAutoscalerSpec {
  scaleTargetRef: CrossVersionObjectReference
  minReplicas: number
  maxReplicas: number
  targetCPUUtilizationPercentage?: number
}

export interface HorizontalPodAutoscalerStatus {
  observedGeneration?: number
  lastScaleTime?: string
  currentReplicas: number
  desiredReplicas: number
  currentCPUUtilizationPercentage?: number
}

export interface Scale {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: ScaleSpec
  status: ScaleStatus
}

export interface ScaleSpec {
  replicas?: number
}

export interface ScaleStatus {
  replicas: number
  selector?: string
}
