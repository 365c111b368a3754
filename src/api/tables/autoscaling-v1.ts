export default `
group "autoscaling" version v1

resource horizontalpodautoscalers horizontalpodautoscaler HorizontalPodAutoscaler namespaced short=hpa in=all: *
  /status HorizontalPodAutoscaler: get patch update

type CrossVersionObjectReference atomic | Points to an object by kind and name.
   1 kind       string! ="" | Kind of the object that is referred to.
   2 name       string! ="" | Name of the thing meant, as its owner knows it.
   3 apiVersion string | API group and version of the object that is referred to.

object HorizontalPodAutoscaler | Changes the number of replicas to follow metrics.
   1 metadata meta.v1.ObjectMeta            ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     HorizontalPodAutoscalerSpec!  ={} | What is wanted of the object.
   3 status   HorizontalPodAutoscalerStatus ={} | What was last observed of the object; written by the system.

object HorizontalPodAutoscalerList | A page of HorizontalPodAutoscaler objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta           ={} | Revision of the page and how to ask for the next.
   2 items    []HorizontalPodAutoscaler! =[] | The objects of this page.

type HorizontalPodAutoscalerSpec | What is wanted of a HorizontalPodAutoscaler.
   1 scaleTargetRef                 CrossVersionObjectReference! ={} | What is scaled.
   2 minReplicas                    int32?                       =1 | The fewest replicas to scale down to.
   3 maxReplicas                    int32!                       =0 | The most replicas to scale up to.
   4 targetCPUUtilizationPercentage int32? | the average CPU use aimed at, in percent of the requests

type HorizontalPodAutoscalerStatus | What was last observed of a HorizontalPodAutoscaler.
   1 observedGeneration              int64? | The generation of the spec that this status was made from.
   2 lastScaleTime                   Time | When the number of replicas was last changed.
   3 currentReplicas                 int32! =0 | How many pods there are now, or are of the current revision.
   4 desiredReplicas                 int32! =0 | How many pods the controller last decided on.
   5 currentCPUUtilizationPercentage int32? | the average CPU use seen, in percent of the requests

object Scale | How many replicas something has and should have.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     ScaleSpec          ={} | What is wanted of the object.
   3 status   ScaleStatus        ={} | What was last observed of the object; written by the system.

type ScaleSpec | What is wanted of a Scale.
   1 replicas int32 | How many pods are wanted, or were counted in a status.

type ScaleStatus | What was last observed of a Scale.
   1 replicas int32! =0 | How many pods are wanted, or were counted in a status.
   2 selector string | Which objects are meant, by their labels.
`
