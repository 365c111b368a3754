export default `
group "policy" version v1

resource poddisruptionbudgets poddisruptionbudget PodDisruptionBudget namespaced short=pdb: *
  /status PodDisruptionBudget: get patch update

object Eviction
   1 metadata      meta.v1.ObjectMeta    ={}
   2 deleteOptions meta.v1.DeleteOptions

object PodDisruptionBudget
   1 metadata meta.v1.ObjectMeta        ={}
   2 spec     PodDisruptionBudgetSpec   ={}
   3 status   PodDisruptionBudgetStatus ={}

object PodDisruptionBudgetList
   1 metadata meta.v1.ListMeta       ={}
   2 items    []PodDisruptionBudget! =[]

type PodDisruptionBudgetSpec
   1 minAvailable               IntOrString
   2 selector                   meta.v1.LabelSelector                merge() replace
   3 maxUnavailable             IntOrString
   4 unhealthyPodEvictionPolicy string(AlwaysAllow|IfHealthyBudget)?

type PodDisruptionBudgetStatus
   1 observedGeneration int64
   2 disruptedPods      map[string]Time
   3 disruptionsAllowed int32               =0
   4 currentHealthy     int32               =0
   5 desiredHealthy     int32               =0
   6 expectedPods       int32               =0
   7 conditions         []meta.v1.Condition map(type) merge(type)
`
