export default `
group "autoscaling" version v2

resource horizontalpodautoscalers horizontalpodautoscaler HorizontalPodAutoscaler namespaced short=hpa in=all: *
  /status HorizontalPodAutoscaler: get patch update

type ContainerResourceMetricSource
   1 name      string!       =""
   2 target    MetricTarget! ={}
   3 container string!       =""

type ContainerResourceMetricStatus
   1 name      string!            =""
   2 current   MetricValueStatus! ={}
   3 container string!            =""

type CrossVersionObjectReference
   1 kind       string! =""
   2 name       string! =""
   3 apiVersion string

type ExternalMetricSource
   1 metric MetricIdentifier! ={}
   2 target MetricTarget!     ={}

type ExternalMetricStatus
   1 metric  MetricIdentifier!  ={}
   2 current MetricValueStatus! ={}

type HPAScalingPolicy
   1 type          string! =""
   2 value         int32!  =0
   3 periodSeconds int32!  =0

type HPAScalingRules
   1 selectPolicy               string?
   2 policies                   []HPAScalingPolicy atomic
   3 stabilizationWindowSeconds int32?
   4 tolerance                  Quantity

object HorizontalPodAutoscaler
   1 metadata meta.v1.ObjectMeta            ={}
   2 spec     HorizontalPodAutoscalerSpec!  ={}
   3 status   HorizontalPodAutoscalerStatus ={}

type HorizontalPodAutoscalerBehavior
   1 scaleUp   HPAScalingRules
   2 scaleDown HPAScalingRules

type HorizontalPodAutoscalerCondition
   1 type               string! =""
   2 status             string! =""
   3 lastTransitionTime Time    =null
   4 reason             string
   5 message            string

object HorizontalPodAutoscalerList
   1 metadata meta.v1.ListMeta           ={}
   2 items    []HorizontalPodAutoscaler! =[]

type HorizontalPodAutoscalerSpec
   1 scaleTargetRef CrossVersionObjectReference!    ={}
   2 minReplicas    int32?                          =1
   3 maxReplicas    int32!                          =0
   4 metrics        []MetricSpec                    atomic
   5 behavior       HorizontalPodAutoscalerBehavior

type HorizontalPodAutoscalerStatus
   1 observedGeneration int64?
   2 lastScaleTime      Time
   3 currentReplicas    int32
   4 desiredReplicas    int32!                             =0
   5 currentMetrics     []MetricStatus                     =null atomic
   6 conditions         []HorizontalPodAutoscalerCondition map(type) merge(type)

type MetricIdentifier
   1 name     string!               =""
   2 selector meta.v1.LabelSelector

type MetricSpec
   1 type              string!                       =""
   2 object            ObjectMetricSource
   3 pods              PodsMetricSource
   4 resource          ResourceMetricSource
   5 external          ExternalMetricSource
   7 containerResource ContainerResourceMetricSource

type MetricStatus
   1 type              string!                       =""
   2 object            ObjectMetricStatus
   3 pods              PodsMetricStatus
   4 resource          ResourceMetricStatus
   5 external          ExternalMetricStatus
   7 containerResource ContainerResourceMetricStatus

type MetricTarget
   1 type               string!  =""
   2 value              Quantity
   3 averageValue       Quantity
   4 averageUtilization int32?

type MetricValueStatus
   1 value              Quantity
   2 averageValue       Quantity
   3 averageUtilization int32?

type ObjectMetricSource
   1 describedObject CrossVersionObjectReference! ={}
   2 target          MetricTarget!                ={}
   3 metric          MetricIdentifier!            ={}

type ObjectMetricStatus
   1 metric          MetricIdentifier!            ={}
   2 current         MetricValueStatus!           ={}
   3 describedObject CrossVersionObjectReference! ={}

type PodsMetricSource
   1 metric MetricIdentifier! ={}
   2 target MetricTarget!     ={}

type PodsMetricStatus
   1 metric  MetricIdentifier!  ={}
   2 current MetricValueStatus! ={}

type ResourceMetricSource
   1 name   string!       =""
   2 target MetricTarget! ={}

type ResourceMetricStatus
   1 name    string!            =""
   2 current MetricValueStatus! ={}
`
