export default `
group "node.k8s.io" version v1

resource runtimeclasses runtimeclass RuntimeClass cluster: *

type Overhead
   1 podFixed map[string]Quantity

object RuntimeClass
   1 metadata   meta.v1.ObjectMeta ={}
   2 handler    string!            =""
   3 overhead   Overhead
   4 scheduling Scheduling

object RuntimeClassList
   1 metadata meta.v1.ListMeta ={}
   2 items    []RuntimeClass!  =[]

type Scheduling
   1 nodeSelector map[string]string    atomic
   2 tolerations  []core.v1.Toleration atomic
`
