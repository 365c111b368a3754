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
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: Lease[]
}

/** What is wanted of a Lease. */
export interface LeaseSpec {
  /** Who holds the lease. */
  holderIdentity?: string
  /** Seconds after which the lease is free unless renewed. */
  leaseDurationSeconds?: number
  /** When the holder took the lease. */
  acquireTime?: string
  /** When the holder last renewed the lease. */
  renewTime?: string
  /** How often the holder changed. */
  leaseTransitions?: number
  /** How the old is replaced by the new. */
  strategy?: string
  /** who should take the lease when its holder gives it up */
  preferredHolder?: string
}
