export default `
group "node.k8s.io" version v1

resource runtimeclasses runtimeclass RuntimeClass cluster: *

type Overhead
   1 podFixed map[string]Quantity

object RuntimeClass | A container runtime that pods can choose.
   1 metadata   meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 handler    string!            =""
   3 overhead   Overhead | Resources that running the pod itself takes.
   4 scheduling Scheduling

object RuntimeClassList | A page of RuntimeClass objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []RuntimeClass!  =[] | The objects of this page.

type Scheduling
   1 nodeSelector map[string]string    atomic | Labels that a node must carry.
   2 tolerations  []core.v1.Toleration atomic | Taints that are tolerated.
`
