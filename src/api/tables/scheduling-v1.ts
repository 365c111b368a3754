export default `
group "scheduling.k8s.io" version v1

resource priorityclasses priorityclass PriorityClass cluster short=pc: *

object PriorityClass | A named priority for pods.
   1 metadata         meta.v1.ObjectMeta                  ={} | Name, labels, annotations and bookkeeping of the object.
   2 value            int32                               =0 | The value itself.
   3 globalDefault    bool | Whether pods without a class get this priority.
   4 description      string | Text for people that explains it.
   5 preemptionPolicy string(Never|PreemptLowerPriority)? ="PreemptLowerPriority" | Whether others may be removed to make room.

object PriorityClassList | A page of PriorityClass objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []PriorityClass! =[] | The objects of this page.
`
