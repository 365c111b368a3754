/** Events, of the core group and of events.k8s.io, which are one kind (core/validation/events.go). */
import type { Event } from '../types/core-v1.ts'
import { semanticEqual } from './checks.ts'
import { type FieldError, invalid, required } from './field-error.ts'
import { isDNS1123Subdomain, isQualifiedName, nameIsDNSSubdomain } from './names.ts'
import { immutableMessage, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'

const legacy = (event: Event): FieldError[] => {
  const namespace = event.involvedObject.namespace
  const own = event.metadata.namespace
  // Objects of no namespace have their events in the default one.
  if (!namespace) {
    return own !== 'default' && own !== 'kube-system' ? [invalid('involvedObject.namespace', '', 'does not match event.namespace')] : []
  }
  return namespace !== own ? [invalid('involvedObject.namespace', namespace, 'does not match event.namespace')] : []
}

function common(event: Event): FieldError[] {
  const errors = [...legacy(event)]
  const { namespace } = event.metadata
  const wrongNamespace = isDNS1123Subdomain(namespace ?? '').map((m) => invalid('namespace', namespace, m))
  if (!event.eventTime) return [...errors, ...wrongNamespace]
  if (!event.reportingComponent) errors.push(required('reportingController'))
  else for (const m of isQualifiedName(event.reportingComponent)) errors.push(invalid('reportingController', event.reportingComponent, m))
  for (const [field, value, most] of [
    ['reportingInstance', event.reportingInstance, 128],
    ['action', event.action, 128],
    ['reason', event.reason, 128],
    ['message', event.message, 1024],
  ] as const) {
    if (!value && field !== 'message') errors.push(required(field))
    if ((value ?? '').length > most) errors.push(invalid(field, '', `can have at most ${most} characters`))
  }
  return [...errors, ...wrongNamespace]
}

/** Events of the core group are taken nearly as they come. */
export const validateEvent = (event: Event): FieldError[] => common(event)
export const validateEventUpdate = (event: Event): FieldError[] => common(event)

function series(event: Event): FieldError[] {
  if (!event.series) return []
  return [
    ...((event.series.count ?? 0) < 2 ? [invalid('series.count', '', 'should be at least 2')] : []),
    ...(event.series.lastObservedTime ? [] : [required('series.lastObservedTime')]),
  ]
}

/** Events of events.k8s.io, given in the core's form: they must be complete, and the fields of the old sort unset. */
export function validateNewEvent(event: Event): FieldError[] {
  const errors = [...common(event), ...validateObjectMeta(event.metadata, true, nameIsDNSSubdomain), ...series(event)]
  if (!event.eventTime) errors.push(required('eventTime'))
  if (event.type !== 'Normal' && event.type !== 'Warning') errors.push(invalid('type', '', `has invalid value: ${event.type ?? ''}`))
  for (const field of ['firstTimestamp', 'lastTimestamp', 'count'] as const)
    if (event[field]) errors.push(invalid(field, '', 'needs to be unset'))
  for (const field of ['component', 'host'] as const) if (event.source?.[field]) errors.push(invalid('source', '', 'needs to be unset'))
  return errors
}

const immutables = {
  involvedObject: 'involvedObject',
  reason: 'reason',
  message: 'message',
  source: 'source',
  firstTimestamp: 'firstTimestamp',
  lastTimestamp: 'lastTimestamp',
  count: 'count',
  type: 'type',
  eventTime: 'eventTime',
  action: 'action',
  related: 'related',
  reportingComponent: 'reportingController',
  reportingInstance: 'reportingInstance',
} as const
export function validateNewEventUpdate(event: Event, old: Event): FieldError[] {
  const errors = [...common(event), ...validateObjectMetaUpdate(event.metadata, old.metadata)]
  for (const [field, shown] of Object.entries(immutables) as [keyof typeof immutables, string][])
    if (!semanticEqual(event[field], old[field])) errors.push(invalid(shown, event[field] ?? null, immutableMessage))
  return [...errors, ...series(event)]
}
