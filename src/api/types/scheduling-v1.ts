// Written by scripts/generate-types.ts from src/api/tables/scheduling-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** A named priority for pods. */
export interface PriorityClass {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** The value itself. */
  value: number
  globalDefault?: boolean
  /** Text for people that explains it. */
  description?: string
  preemptionPolicy: 'Never' | 'PreemptLowerPriority'
}

/** A page of PriorityClass objects, with the revision it was read at. */
export interface PriorityClassList {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: PriorityClass[]
}
