export default `
group "coordination.k8s.io" version v1

resource leases lease Lease namespaced: *

object Lease | A claim of a holder that must be renewed.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     LeaseSpec          ={} | What is wanted of the object.

object LeaseList | A page of Lease objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Lease!         =[] | The objects of this page.

type LeaseSpec | What is wanted of a Lease.
   1 holderIdentity       string? | Who holds the lease.
   2 leaseDurationSeconds int32? | Seconds after which the lease is free unless renewed.
   3 acquireTime          MicroTime | When the holder took the lease.
   4 renewTime            MicroTime | When the holder last renewed the lease.
   5 leaseTransitions     int32? | How often the holder changed.
   6 strategy             string? | How the old is replaced by the new.
   7 preferredHolder      string? | who should take the lease when its holder gives it up
`
