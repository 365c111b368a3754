// Written by scripts/generate-types.ts from src/api/tables/events-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

export interface Event {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  eventTime: string
  series?: EventSeries
  reportingController?: string
  reportingInstance?: string
  action?: string
  reason?: string
  regarding: core_v1.ObjectReference
  related?: core_v1.ObjectReference
  note?: string
  type?: string
  deprecatedSource: core_v1.EventSource
  deprecatedFirstTimestamp?: string | null
  deprecatedLastTimestamp?: string | null
  deprecatedCount?: number
}

export interface EventList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: Event[]
}

export interface EventSeries {
  count: number
  lastObservedTime: string
}
