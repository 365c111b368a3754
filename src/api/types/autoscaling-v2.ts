// Written by scripts/generate-types.ts from src/api/tables/autoscaling-v2.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** the use of a resource by one container of each pod */
export interface ContainerResourceMetricSource {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** What is aimed at. */
  target: MetricTarget
  /** Name of the container meant. */
  container: string
}

/** What was last observed of a ContainerResourceMetric. */
export interface ContainerResourceMetricStatus {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** What was measured last. */
  current: MetricValueStatus
  /** Name of the container meant. */
  container: string
}

/** Points to an object by kind and name. */
export interface CrossVersionObjectReference {
  /** Kind of the object that is referred to. */
  kind: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** API group and version of the object that is referred to. */
  apiVersion?: string
}

/** a figure from outside the cluster, such as a queue's length */
export interface ExternalMetricSource {
  /** Which metric, by name and selector. */
  metric: MetricIdentifier
  /** What is aimed at. */
  target: MetricTarget
}

/** What was last observed of a ExternalMetric. */
export interface ExternalMetricStatus {
  /** Which metric, by name and selector. */
  metric: MetricIdentifier
  /** What was measured last. */
  current: MetricValueStatus
}

/** How much may change within some seconds. */
export interface HPAScalingPolicy {
  /** Which of the known sorts this is. */
  type: string
  /** The value itself. */
  value: number
  /** Seconds between two runs, or the window a policy looks at. */
  periodSeconds: number
}

/** How fast scaling goes in one direction. */
export interface HPAScalingRules {
  /** which policy counts where several apply: Max, Min or Disabled */
  selectPolicy?: string
  /** how much may change within how long */
  policies?: HPAScalingPolicy[]
  /** how far back recommendations are looked at, so that the number does not flap */
  stabilizationWindowSeconds?: number
  /** how far from the target a figure may be without scaling */
  tolerance?: string
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

/** the pace of scaling up and down */
export interface HorizontalPodAutoscalerBehavior {
  /** rules for adding pods */
  scaleUp?: HPAScalingRules
  /** rules for removing pods */
  scaleDown?: HPAScalingRules
}

/** One observation of the state of a HorizontalPodAutoscaler. */
export interface HorizontalPodAutoscalerCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
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
  /** What the number of replicas follows. */
  metrics?: MetricSpec[]
  /** How fast scaling goes up and down. */
  behavior?: HorizontalPodAutoscalerBehavior
}

/** What was last observed of a HorizontalPodAutoscaler. */
export interface HorizontalPodAutoscalerStatus {
  /** The generation of the spec that this status was made from. */
  observedGeneration?: number
  /** When the number of replicas was last changed. */
  lastScaleTime?: string
  /** How many pods there are now, or are of the current revision. */
  currentReplicas?: number
  /** How many pods the controller last decided on. */
  desiredReplicas: number
  /** the figures last read */
  currentMetrics?: MetricStatus[] | null
  /** Observations of the current state, at most one of each type. */
  conditions?: HorizontalPodAutoscalerCondition[]
}

/** A metric by name and selector. */
export interface MetricIdentifier {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Which objects are meant, by their labels. */
  selector?: meta_v1.LabelSelector
}

/** A metric and the value to aim at. */
export interface MetricSpec {
  /** Which of the known sorts this is. */
  type: string
  /** a figure of one object, such as an ingress */
  object?: ObjectMetricSource
  /** a figure of each pod, averaged */
  pods?: PodsMetricSource
  /** Resource that is meant, in the plural. */
  resource?: ResourceMetricSource
  /** a figure from outside the cluster */
  external?: ExternalMetricSource
  /** the use of a resource by one container of each pod */
  containerResource?: ContainerResourceMetricSource
}

/** What was last observed of a Metric. */
export interface MetricStatus {
  /** Which of the known sorts this is. */
  type: string
  /** the figure of the object */
  object?: ObjectMetricStatus
  /** the pods' average */
  pods?: PodsMetricStatus
  /** Resource that is meant, in the plural. */
  resource?: ResourceMetricStatus
  /** the figure from outside */
  external?: ExternalMetricStatus
  /** the container's use */
  containerResource?: ContainerResourceMetricStatus
}

/** The value that is aimed at. */
export interface MetricTarget {
  /** Which of the known sorts this is. */
  type: string
  /** The value itself. */
  value?: string
  /** Value averaged over the pods. */
  averageValue?: string
  /** Percentage of what the pods asked for, averaged. */
  averageUtilization?: number
}

/** What was last observed of a MetricValue. */
export interface MetricValueStatus {
  /** The value itself. */
  value?: string
  /** Value averaged over the pods. */
  averageValue?: string
  /** Percentage of what the pods asked for, averaged. */
  averageUtilization?: number
}

/** a figure that describes one object */
export interface ObjectMetricSource {
  /** Object that the metric describes. */
  describedObject: CrossVersionObjectReference
  /** What is aimed at. */
  target: MetricTarget
  /** Which metric, by name and selector. */
  metric: MetricIdentifier
}

/** What was last observed of a ObjectMetric. */
export interface ObjectMetricStatus {
  /** Which metric, by name and selector. */
  metric: MetricIdentifier
  /** What was measured last. */
  current: MetricValueStatus
  /** Object that the metric describes. */
  describedObject: CrossVersionObjectReference
}

/** a figure that each pod has */
export interface PodsMetricSource {
  /** Which metric, by name and selector. */
  metric: MetricIdentifier
  /** What is aimed at. */
  target: MetricTarget
}

/** What was last observed of a PodsMetric. */
export interface PodsMetricStatus {
  /** Which metric, by name and selector. */
  metric: MetricIdentifier
  /** What was measured last. */
  current: MetricValueStatus
}

/** the use of cpu or memory by the pods */
export interface ResourceMetricSource {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** What is aimed at. */
  target: MetricTarget
}

/** What was last observed of a ResourceMetric. */
export interface ResourceMetricStatus {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** What was measured last. */
  current: MetricValueStatus
}
