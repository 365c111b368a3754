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
  /** set when the event goes on happening */
  series?: EventSeries
  /** who reports, such as kubernetes.io/kubelet */
  reportingController?: string
  /** which instance reports, such as a node's name */
  reportingInstance?: string
  /** What is done when it matches, or was done. */
  action?: string
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** the object the event is about */
  regarding: core_v1.ObjectReference
  /** a second object that has to do with it */
  related?: core_v1.ObjectReference
  /** what happened, for people */
  note?: string
  /** Which of the known sorts this is. */
  type?: string
  /** who reported, in the older API */
  deprecatedSource: core_v1.EventSource
  /** when it happened first, in the older API */
  deprecatedFirstTimestamp?: string | null
  /** when it happened last, in the older API */
  deprecatedLastTimestamp?: string | null
  /** how often it happened, in the older API */
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
  /** when the series was last seen */
  lastObservedTime: string
}
