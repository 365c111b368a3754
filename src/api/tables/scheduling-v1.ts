export default `
group "scheduling.k8s.io" version v1

resource priorityclasses priorityclass PriorityClass cluster short=pc: *

object PriorityClass | A named priority for pods.
   1 metadata         meta.v1.ObjectMeta                  ={} | Name, labels, annotations and bookkeeping of the object.
   2 value            int32                               =0 | The value itself.
   3 globalDefault    bool
   4 description      string | Text for people that explains it.
   5 preemptionPolicy string(Never|PreemptLowerPriority)? ="PreemptLowerPriority"

object PriorityClassList | A page of PriorityClass objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 items    []PriorityClass! =[] | Keys to take and the file names to give them; all when empty.
`
