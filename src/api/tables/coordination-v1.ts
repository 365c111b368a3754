export default `
group "coordination.k8s.io" version v1

resource leases lease Lease namespaced: *

object Lease
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     LeaseSpec          ={}

object LeaseList
   1 metadata meta.v1.ListMeta ={}
   2 items    []Lease!         =[]

type LeaseSpec
   1 holderIdentity       string?
   2 leaseDurationSeconds int32?
   3 acquireTime          MicroTime
   4 renewTime            MicroTime
   5 leaseTransitions     int32?
   6 strategy             string?
   7 preferredHolder      string?
`
