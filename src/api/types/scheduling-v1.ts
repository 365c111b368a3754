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
  /** Whether pods without a class get this priority. */
  globalDefault?: boolean
  /** Text for people that explains it. */
  description?: string
  /** Whether others may be removed to make room. */
  preemptionPolicy: 'Never' | 'PreemptLowerPriority'
}

/** A page of PriorityClass objects, with the revision it was read at. */
export interface PriorityClassList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: PriorityClass[]
}
