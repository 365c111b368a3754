// Written by scripts/generate-types.ts from src/api/tables/autoscaling-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** Points to an object by kind and name. */
export interface CrossVersionObjectReference {
  /** Kind of the object that is referred to. */
  kind: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** API group and version of the object that is referred to. */
  apiVersion?: string
}

/** Changes the number of replicas to follow metrics. */
export interface HorizontalPodAutoscaler {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: HorizontalPodAutoscalerSpec
  /** What was last observed of the object; written by the system. */
  status: HorizontalPodAutoscalerStatus
}

/** A page of HorizontalPodAutoscaler objects, with the revision it was read at. */
export interface HorizontalPodAutoscalerList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: HorizontalPodAutoscaler[]
}

/** What is wanted of a HorizontalPodAutoscaler. */
export interface HorizontalPodAutoscalerSpec {
  /** What is scaled. */
  scaleTargetRef: CrossVersionObjectReference
  /** The fewest replicas to scale down to. */
  minReplicas: number
  /** The most replicas to scale up to. */
  maxReplicas: number
  /** the average CPU use aimed at, in percent of the requests */
  targetCPUUtilizationPercentage?: number
}

/** What was last observed of a HorizontalPodAutoscaler. */
export interface HorizontalPodAutoscalerStatus {
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
  /** When the number of replicas was last changed. */
  lastScaleTime?: string
  /** How many pods there are now, or are of the current revision. */
  currentReplicas: number
  /** How many pods the controller last decided on. */
  desiredReplicas: number
  /** the average CPU use seen, in percent of the requests */
  currentCPUUtilizationPercentage?: number
}

/** How many replicas something has and should have. */
export interface Scale {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: ScaleSpec
  /** What was last observed of the object; written by the system. */
  status: ScaleStatus
}

/** What is wanted of a Scale. */
export interface ScaleSpec {
  /** How many pods are wanted, or were counted in a status. */
  replicas?: number
}

/** What was last observed of a Scale. */
export interface ScaleStatus {
  /** How many pods are wanted, or were counted in a status. */
  replicas: number
  /** Which objects are meant, by their labels. */
  selector?: string
}
