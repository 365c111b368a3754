/** core/v1 and events.k8s.io/v1 Events: the same object under older and newer names, stored once. */
import type { Event as CoreEvent } from '../types/core-v1.ts'
import type { Event } from '../types/events-v1.ts'

export function eventFromCore(event: CoreEvent): Event {
  return dropAbsent({
    ...identity(event, 'events.k8s.io/v1'),
    metadata: event.metadata,
    eventTime: event.eventTime ?? null,
    series: event.series && { count: event.series.count ?? 0, lastObservedTime: event.series.lastObservedTime ?? null },
    reportingController: event.reportingComponent || undefined,
    reportingInstance: event.reportingInstance || undefined,
    action: event.action,
    reason: event.reason,
    regarding: event.involvedObject,
    related: event.related,
    note: event.message,
    type: event.type,
    deprecatedSource: event.source,
    deprecatedFirstTimestamp: event.firstTimestamp ?? null,
    deprecatedLastTimestamp: event.lastTimestamp ?? null,
    deprecatedCount: event.count,
  }) as Event
}

export function eventToCore(event: Event): CoreEvent {
  return dropAbsent({
    ...identity(event, 'v1'),
    metadata: event.metadata,
    involvedObject: event.regarding,
    reason: event.reason,
    message: event.note,
    source: event.deprecatedSource,
    firstTimestamp: event.deprecatedFirstTimestamp ?? null,
    lastTimestamp: event.deprecatedLastTimestamp ?? null,
    count: event.deprecatedCount,
    type: event.type,
    eventTime: event.eventTime ?? null,
    series: event.series && {
      ...(event.series.count ? { count: event.series.count } : {}),
      lastObservedTime: event.series.lastObservedTime ?? null,
    },
    action: event.action,
    related: event.related,
    reportingComponent: event.reportingController ?? '',
    reportingInstance: event.reportingInstance ?? '',
  }) as CoreEvent
}

function identity(event: { kind?: string; apiVersion?: string }, apiVersion: string): { kind?: string; apiVersion?: string } {
  return event.kind === undefined ? {} : { kind: event.kind, apiVersion }
}
function dropAbsent(object: Record<string, unknown>): object {
  for (const key of Object.keys(object)) if (object[key] === undefined) delete object[key]
  return object
}
