/** Events, of the core group and of events.k8s.io, which are one kind (core/validation/events.go). */
import type { Event } from '../types/core-v1.ts'
import { semanticEqual } from './checks.ts'
import { type FieldError, invalid, required } from './field-error.ts'
import { isDNS1123Label, isQualifiedName, nameIsDNSSubdomain } from './names.ts'
import { immutableMessage, validateObjectMeta } from './object-meta.ts'

const legacy = (event: Event): FieldError[] => {
  const namespace = event.involvedObject.namespace
  const own = event.metadata.namespace
  // Objects of no namespace have their events in the default one.
  if (!namespace) {
    return own !== 'default' && own !== 'kube-system' ? [invalid('involvedObject.namespace', '', 'does not match event.namespace')] : []
  }
  return namespace !== own ? [invalid('involvedObject.namespace', namespace, 'does not match event.namespace')] : []
}

export function validateEvent(event: Event): FieldError[] {
  const errors = [...legacy(event)]
  if (!event.eventTime) {
    for (const m of isDNS1123Label(event.metadata.namespace)) errors.push(invalid('namespace', event.metadata.namespace, m))
    return event.apiVersion === 'events.k8s.io/v1'
      ? [...validateObjectMeta(event.metadata, true, nameIsDNSSubdomain), ...errors, required('eventTime')]
      : errors
  }
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
  for (const m of isDNS1123Label(event.metadata.namespace)) errors.push(invalid('namespace', event.metadata.namespace, m))
  return errors
}

const immutables = [
  'involvedObject',
  'reason',
  'message',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'reportingComponent',
  'reportingInstance',
  'type',
  'action',
  'related',
] as const
export function validateEventUpdate(event: Event, old: Event): FieldError[] {
  const errors = validateEvent(event)
  // Events of the old sort count on; those with a time of their own only have a series.
  if (event.apiVersion === 'events.k8s.io/v1')
    for (const field of immutables)
      if (!semanticEqual(event[field], old[field])) errors.push(invalid(field, event[field] ?? null, immutableMessage))
  return errors
}
