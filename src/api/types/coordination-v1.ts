// Written by scripts/generate-types.ts from src/api/tables/coordination-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** A claim of a holder that must be renewed. */
export interface Lease {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: LeaseSpec
}

/** A page of Lease objects, with the revision it was read at. */
export interface LeaseList {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: Lease[]
}

/** What is wanted of a Lease. */
export interface LeaseSpec {
  holderIdentity?: string
  leaseDurationSeconds?: number
  acquireTime?: string
  renewTime?: string
  leaseTransitions?: number
  strategy?: string
  preferredHolder?: string
}
