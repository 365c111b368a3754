// Written by scripts/generate-types.ts from src/api/tables/scheduling-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

export interface PriorityClass {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  value: number
  globalDefault?: boolean
  description?: string
  preemptionPolicy: 'Never' | 'PreemptLowerPriority'
}

export interface PriorityClassList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: PriorityClass[]
}
