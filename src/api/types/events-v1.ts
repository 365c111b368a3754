// Written by scripts/generate-types.ts from src/api/tables/events-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

/** A note that something happened to an object. */
export interface Event {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** When it was first seen. */
  eventTime: string
  series?: EventSeries
  reportingController?: string
  reportingInstance?: string
  /** What is done when it matches, or was done. */
  action?: string
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  regarding: core_v1.ObjectReference
  related?: core_v1.ObjectReference
  note?: string
  /** Which of the known sorts this is. */
  type?: string
  deprecatedSource: core_v1.EventSource
  deprecatedFirstTimestamp?: string | null
  deprecatedLastTimestamp?: string | null
  deprecatedCount?: number
}

/** A page of Event objects, with the revision it was read at. */
export interface EventList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: Event[]
}

/** How often an event was repeated, and when last. */
export interface EventSeries {
  /** How many there are or are wanted. */
  count: number
  lastObservedTime: string
}
