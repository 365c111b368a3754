export default `
group "policy" version v1

resource poddisruptionbudgets poddisruptionbudget PodDisruptionBudget namespaced short=pdb: *
  /status PodDisruptionBudget: get patch update

object Eviction | Asks for a pod to be removed, if its budget allows.
   1 metadata      meta.v1.ObjectMeta    ={} | Name, labels, annotations and bookkeeping of the object.
   2 deleteOptions meta.v1.DeleteOptions | passed on to the deletion

object PodDisruptionBudget | How many pods may be missing by evictions.
   1 metadata meta.v1.ObjectMeta        ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     PodDisruptionBudgetSpec   ={} | What is wanted of the object.
   3 status   PodDisruptionBudgetStatus ={} | What was last observed of the object; written by the system.

object PodDisruptionBudgetList | A page of PodDisruptionBudget objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta       ={} | Revision of the page and how to ask for the next.
   2 items    []PodDisruptionBudget! =[] | The objects of this page.

type PodDisruptionBudgetSpec | What is wanted of a PodDisruptionBudget.
   1 minAvailable               IntOrString | How many must stay available, as number or percentage.
   2 selector                   meta.v1.LabelSelector                merge() replace | Which objects are meant, by their labels.
   3 maxUnavailable             IntOrString | How many may be unavailable during an update, as number or percentage.
   4 unhealthyPodEvictionPolicy string(AlwaysAllow|IfHealthyBudget)? | when pods that are not ready may be evicted

type PodDisruptionBudgetStatus | What was last observed of a PodDisruptionBudget.
   1 observedGeneration int64 | The generation of the spec that this status was made from.
   2 disruptedPods      map[string]Time | pods whose eviction was granted and not yet seen
   3 disruptionsAllowed int32               =0 | how many more pods may be evicted now
   4 currentHealthy     int32               =0 | how many pods are ready
   5 desiredHealthy     int32               =0 | how many must stay ready
   6 expectedPods       int32               =0 | how many pods the budget counts
   7 conditions         []meta.v1.Condition map(type) merge(type) | Observations of the current state, at most one of each type.
`
