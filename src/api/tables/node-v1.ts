export default `
group "node.k8s.io" version v1

resource runtimeclasses runtimeclass RuntimeClass cluster: *

type Overhead | what running a pod costs besides its containers
   1 podFixed map[string]Quantity | the resources, the same for every pod

object RuntimeClass | A container runtime that pods can choose.
   1 metadata   meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 handler    string!            ="" | the runtime's own name for this way of running
   3 overhead   Overhead | Resources that running the pod itself takes.
   4 scheduling Scheduling | which nodes can run such pods

object RuntimeClassList | A page of RuntimeClass objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []RuntimeClass!  =[] | The objects of this page.

type Scheduling | where pods of a runtime class may go
   1 nodeSelector map[string]string    atomic | Labels that a node must carry.
   2 tolerations  []core.v1.Toleration atomic | Taints that are tolerated.
`
