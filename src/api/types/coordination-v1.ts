// Written by scripts/generate-types.ts from src/api/tables/coordination-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

export interface Lease {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: LeaseSpec
}

export interface LeaseList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: Lease[]
}

export interface LeaseSpec {
  holderIdentity?: string
  leaseDurationSeconds?: number
  acquireTime?: string
  renewTime?: string
  leaseTransitions?: number
  strategy?: string
  preferredHolder?: string
}
