export default `
group "autoscaling" version v1

resource horizontalpodautoscalers horizontalpodautoscaler HorizontalPodAutoscaler namespaced short=hpa in=all: *
  /status HorizontalPodAutoscaler: get patch update

type CrossVersionObjectReference atomic
   1 kind       string! =""
   2 name       string! =""
   3 apiVersion string

object HorizontalPodAutoscaler
   1 metadata meta.v1.ObjectMeta            ={}
   2 spec     HorizontalPodAutoscalerSpec!  ={}
   3 status   HorizontalPodAutoscalerStatus ={}

object HorizontalPodAutoscalerList
   1 metadata meta.v1.ListMeta           ={}
   2 items    []HorizontalPodAutoscaler! =[]

type HorizontalPodAutoscalerSpec
   1 scaleTargetRef                 CrossVersionObjectReference! ={}
   2 minReplicas                    int32?                       =1
   3 maxReplicas                    int32!                       =0
   4 targetCPUUtilizationPercentage int32?

type HorizontalPodAutoscalerStatus
   1 observedGeneration              int64?
   2 lastScaleTime                   Time
   3 currentReplicas                 int32! =0
   4 desiredReplicas                 int32! =0
   5 currentCPUUtilizationPercentage int32?

object Scale
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     ScaleSpec          ={}
   3 status   ScaleStatus        ={}

type ScaleSpec
   1 replicas int32

type ScaleStatus
   1 replicas int32! =0
   2 selector string
`
