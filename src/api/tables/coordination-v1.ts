export default `
group "coordination.k8s.io" version v1

resource leases lease Lease namespaced: *

object Lease | A claim of a holder that must be renewed.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     LeaseSpec          ={} | What is wanted of the object.

object LeaseList | A page of Lease objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 items    []Lease!         =[] | Keys to take and the file names to give them; all when empty.

type LeaseSpec | What is wanted of a Lease.
   1 holderIdentity       string?
   2 leaseDurationSeconds int32?
   3 acquireTime          MicroTime
   4 renewTime            MicroTime
   5 leaseTransitions     int32?
   6 strategy             string?
   7 preferredHolder      string?
`
