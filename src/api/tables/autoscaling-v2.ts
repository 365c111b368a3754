export default `
group "autoscaling" version v2

resource horizontalpodautoscalers horizontalpodautoscaler HorizontalPodAutoscaler namespaced short=hpa in=all: *
  /status HorizontalPodAutoscaler: get patch update

type ContainerResourceMetricSource | the use of a resource by one container of each pod
   1 name      string!       ="" | Name of the thing meant, as its owner knows it.
   2 target    MetricTarget! ={} | What is aimed at.
   3 container string!       ="" | Name of the container meant.

type ContainerResourceMetricStatus | What was last observed of a ContainerResourceMetric.
   1 name      string!            ="" | Name of the thing meant, as its owner knows it.
   2 current   MetricValueStatus! ={} | What was measured last.
   3 container string!            ="" | Name of the container meant.

type CrossVersionObjectReference | Points to an object by kind and name.
   1 kind       string! ="" | Kind of the object that is referred to.
   2 name       string! ="" | Name of the thing meant, as its owner knows it.
   3 apiVersion string | API group and version of the object that is referred to.

type ExternalMetricSource | a figure from outside the cluster, such as a queue's length
   1 metric MetricIdentifier! ={} | Which metric, by name and selector.
   2 target MetricTarget!     ={} | What is aimed at.

type ExternalMetricStatus | What was last observed of a ExternalMetric.
   1 metric  MetricIdentifier!  ={} | Which metric, by name and selector.
   2 current MetricValueStatus! ={} | What was measured last.

type HPAScalingPolicy | How much may change within some seconds.
   1 type          string! ="" | Which of the known sorts this is.
   2 value         int32!  =0 | The value itself.
   3 periodSeconds int32!  =0 | Seconds between two runs, or the window a policy looks at.

type HPAScalingRules | How fast scaling goes in one direction.
   1 selectPolicy               string? | which policy counts where several apply: Max, Min or Disabled
   2 policies                   []HPAScalingPolicy? atomic | how much may change within how long
   3 stabilizationWindowSeconds int32? | how far back recommendations are looked at, so that the number does not flap
   4 tolerance                  Quantity | how far from the target a figure may be without scaling

object HorizontalPodAutoscaler | Changes the number of replicas to follow metrics.
   1 metadata meta.v1.ObjectMeta            ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     HorizontalPodAutoscalerSpec!  ={} | What is wanted of the object.
   3 status   HorizontalPodAutoscalerStatus ={} | What was last observed of the object; written by the system.

type HorizontalPodAutoscalerBehavior | the pace of scaling up and down
   1 scaleUp   HPAScalingRules | rules for adding pods
   2 scaleDown HPAScalingRules | rules for removing pods

type HorizontalPodAutoscalerCondition | One observation of the state of a HorizontalPodAutoscaler.
   1 type               string! ="" | Which of the known sorts this is.
   2 status             string! ="" | What was last observed of the object; written by the system.
   3 lastTransitionTime Time    =null | When the condition last changed from one status to another.
   4 reason             string | One word in CamelCase that says why, for programs to read.
   5 message            string | A sentence for people that explains the state.

object HorizontalPodAutoscalerList | A page of HorizontalPodAutoscaler objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta           ={} | Revision of the page and how to ask for the next.
   2 items    []HorizontalPodAutoscaler! =[] | The objects of this page.

type HorizontalPodAutoscalerSpec | What is wanted of a HorizontalPodAutoscaler.
   1 scaleTargetRef CrossVersionObjectReference!    ={} | What is scaled.
   2 minReplicas    int32?                          =1 | The fewest replicas to scale down to.
   3 maxReplicas    int32!                          =0 | The most replicas to scale up to.
   4 metrics        []MetricSpec                    atomic | What the number of replicas follows.
   5 behavior       HorizontalPodAutoscalerBehavior | How fast scaling goes up and down.

type HorizontalPodAutoscalerStatus | What was last observed of a HorizontalPodAutoscaler.
   1 observedGeneration int64? | The generation of the spec that this status was made from.
   2 lastScaleTime      Time | When the number of replicas was last changed.
   3 currentReplicas    int32 | How many pods there are now, or are of the current revision.
   4 desiredReplicas    int32!                             =0 | How many pods the controller last decided on.
   5 currentMetrics     []MetricStatus                     =null atomic | the figures last read
   6 conditions         []HorizontalPodAutoscalerCondition map(type) merge(type) | Observations of the current state, at most one of each type.

type MetricIdentifier | A metric by name and selector.
   1 name     string!               ="" | Name of the thing meant, as its owner knows it.
   2 selector meta.v1.LabelSelector | Which objects are meant, by their labels.

type MetricSpec | A metric and the value to aim at.
   1 type              string!                       ="" | Which of the known sorts this is.
   2 object            ObjectMetricSource | a figure of one object, such as an ingress
   3 pods              PodsMetricSource | a figure of each pod, averaged
   4 resource          ResourceMetricSource | Resource that is meant, in the plural.
   5 external          ExternalMetricSource | a figure from outside the cluster
   7 containerResource ContainerResourceMetricSource | the use of a resource by one container of each pod

type MetricStatus | What was last observed of a Metric.
   1 type              string!                       ="" | Which of the known sorts this is.
   2 object            ObjectMetricStatus | the figure of the object
   3 pods              PodsMetricStatus | the pods' average
   4 resource          ResourceMetricStatus | Resource that is meant, in the plural.
   5 external          ExternalMetricStatus | the figure from outside
   7 containerResource ContainerResourceMetricStatus | the container's use

type MetricTarget | The value that is aimed at.
   1 type               string!  ="" | Which of the known sorts this is.
   2 value              Quantity | The value itself.
   3 averageValue       Quantity | Value averaged over the pods.
   4 averageUtilization int32? | Percentage of what the pods asked for, averaged.

type MetricValueStatus | What was last observed of a MetricValue.
   1 value              Quantity | The value itself.
   2 averageValue       Quantity | Value averaged over the pods.
   3 averageUtilization int32? | Percentage of what the pods asked for, averaged.

type ObjectMetricSource | a figure that describes one object
   1 describedObject CrossVersionObjectReference! ={} | Object that the metric describes.
   2 target          MetricTarget!                ={} | What is aimed at.
   3 metric          MetricIdentifier!            ={} | Which metric, by name and selector.

type ObjectMetricStatus | What was last observed of a ObjectMetric.
   1 metric          MetricIdentifier!            ={} | Which metric, by name and selector.
   2 current         MetricValueStatus!           ={} | What was measured last.
   3 describedObject CrossVersionObjectReference! ={} | Object that the metric describes.

type PodsMetricSource | a figure that each pod has
   1 metric MetricIdentifier! ={} | Which metric, by name and selector.
   2 target MetricTarget!     ={} | What is aimed at.

type PodsMetricStatus | What was last observed of a PodsMetric.
   1 metric  MetricIdentifier!  ={} | Which metric, by name and selector.
   2 current MetricValueStatus! ={} | What was measured last.

type ResourceMetricSource | the use of cpu or memory by the pods
   1 name   string!       ="" | Name of the thing meant, as its owner knows it.
   2 target MetricTarget! ={} | What is aimed at.

type ResourceMetricStatus | What was last observed of a ResourceMetric.
   1 name    string!            ="" | Name of the thing meant, as its owner knows it.
   2 current MetricValueStatus! ={} | What was measured last.
`
