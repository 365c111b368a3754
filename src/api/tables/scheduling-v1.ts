export default `
group "scheduling.k8s.io" version v1

resource priorityclasses priorityclass PriorityClass cluster short=pc: *

object PriorityClass
   1 metadata         meta.v1.ObjectMeta                  ={}
   2 value            int32                               =0
   3 globalDefault    bool
   4 description      string
   5 preemptionPolicy string(Never|PreemptLowerPriority)? ="PreemptLowerPriority"

object PriorityClassList
   1 metadata meta.v1.ListMeta ={}
   2 items    []PriorityClass! =[]
`
