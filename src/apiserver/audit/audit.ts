/** What is told of each request, at which stage (apiserver/pkg/audit, endpoints/filters/audit.go). */

import { newInternalError } from '../../api/errors.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import { userInfo } from '../authentication/reviews.ts'
import type { IncomingRequest } from '../call.ts'
import { encodeAnswer } from '../encode.ts'
import { jsonForm } from '../negotiate.ts'
import type { ApiObject, RequestInfo, User } from '../request.ts'
import { header } from '../rest/body.ts'
import type { Response } from '../server.ts'
import type { AuditBackend } from './backends.ts'
import { decide, type Level, type Policy, type Stage } from './policy.ts'

/** One request's audit, from its beginning. */
export interface AuditTrail {
  /** The request to go on with: the bodies of patches and deletions are kept where the policy wants them. */
  readonly request: IncomingRequest
  /** The request goes on when its first event is written; rejects where it is to be refused. */
  readonly begun?: Promise<void>
  /** Whether the policy wants what requests carry. */
  readonly withBodies: boolean
  actsAs(user: User): void
  /** The decoded object of the request: what it names is what the event is about. */
  sent(object: ApiObject): void
  /** A stream begins: its end may be far. */
  started(): void
  done(status: number, answer: Response['answer'], annotations: Readonly<Record<string, string>>): void
}

export interface Auditor {
  /**
   * Undefined: the policy wants nothing of this request. `user` undefined: not authenticated. Throws where the policy
   * asks for strictness and the event cannot be written.
   */
  begin(id: string, request: IncomingRequest, info: RequestInfo, user: User | undefined): AuditTrail | undefined
  /** Shows the figures of auditing under upstream's names. */
  measure(metrics: MetricsRegistry): void
  close(): Promise<void>
}

/** audit.k8s.io/v1 Event, as far as backends look into it. */
export interface AuditEvent {
  readonly auditID: string
  readonly stage: Stage
  readonly level: Level
  readonly requestURI: string
  readonly verb: string
  readonly user: ReturnType<typeof userInfo>
  readonly impersonatedUser?: ReturnType<typeof userInfo>
  readonly sourceIPs: readonly string[]
  readonly userAgent?: string
  readonly objectRef?: Readonly<Record<string, string>>
  readonly responseStatus?: Readonly<Record<string, unknown>>
  readonly requestObject?: unknown
  readonly responseObject?: unknown
  readonly requestReceivedTimestamp: string
  readonly stageTimestamp: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** Bodies larger than this are told of by their size: they are not decoded a second time. */
const maxObject = 1024 * 1024

export function createAuditor(policy: Policy, backends: readonly AuditBackend[], now: () => Date): Auditor {
  let written = 0
  const decided = new Map<Level, number>()
  let refused = 0
  const refuse = (cause: unknown): never => {
    refused++
    throw newInternalError(new Error('failed to store audit event', { cause }))
  }
  return {
    begin(id, request, info, user) {
      const { level, omitStages, omitManagedFields } = decide(policy, info, user)
      decided.set(level, (decided.get(level) ?? 0) + 1)
      if (level === 'None') return undefined
      const received = micro(now())
      let body: Buffer | undefined
      let object: ApiObject | undefined
      let impersonated: User | undefined
      let streams = false
      const emit = (stage: Stage, more: object): Promise<unknown> | undefined => {
        if (omitStages.has(stage)) return undefined
        written++
        const { annotations, ...rest } = more as { annotations?: object }
        const event = {
          kind: 'Event',
          apiVersion: 'audit.k8s.io/v1',
          level,
          auditID: id,
          stage,
          requestURI: request.target,
          verb: info.verb,
          user: user ? userInfo(user) : {},
          ...(impersonated ? { impersonatedUser: userInfo(impersonated) } : {}),
          sourceIPs: sourcesOf(request),
          ...(request.headers['user-agent'] ? { userAgent: header(request.headers['user-agent']) } : {}),
          ...(info.isResourceRequest ? { objectRef: objectRef(info, object) } : {}),
          ...rest,
          requestReceivedTimestamp: received,
          stageTimestamp: micro(now()),
          ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
        } as unknown as AuditEvent
        const waits = backends.map((backend) => backend.write(event)).filter((wait) => wait !== undefined)
        return waits.length > 0 ? Promise.all(waits) : undefined
      }
      const first = () => {
        try {
          return emit('RequestReceived', {})?.then(() => {}, refuse)
        } catch (error) {
          return refuse(error)
        }
      }
      const begun = user && first()
      const withBodies = level === 'Request' || level === 'RequestResponse'
      const raw = info.verb === 'patch' || info.verb === 'delete' || info.verb === 'deletecollection'
      return {
        request: withBodies && raw ? keepingBody(request, (bytes) => (body = bytes)) : request,
        withBodies,
        ...(begun ? { begun } : {}),
        actsAs(other) {
          impersonated = other
        },
        sent(given) {
          object = given
        },
        started() {
          streams = true
          emit('ResponseStarted', { responseStatus: { metadata: {}, code: 200 } })
        },
        done(status, answer, annotations) {
          // Upstream tells of refused credentials before their answer goes out, and then no more.
          if (!user) {
            emit('ResponseStarted', { responseStatus: { metadata: {}, message: attempted(request), code: status }, annotations })
            return
          }
          const strip = (o: unknown) => (omitManagedFields ? withoutManagedFields(o) : o)
          const asked = withBodies ? (object ?? parse(body) ?? (raw ? request.object : undefined)) : undefined
          const answered = level === 'RequestResponse' ? responseObject(answer, info) : undefined
          const failed = answer.kind === 'error' ? answer.error : undefined
          // A fault of our own, where upstream's handler would have panicked.
          const stage = failed?.cause instanceof Error ? 'Panic' : 'ResponseComplete'
          emit(stage, {
            responseStatus: failed
              ? { metadata: {}, status: 'Failure', ...bounded(failed.status), code: status }
              : {
                  metadata: {},
                  ...(streams ? { status: 'Success', message: 'Connection closed early' } : bounded(statusOf(answer))),
                  code: status,
                },
            ...(asked !== undefined ? { requestObject: strip(asked) } : {}),
            ...(answered !== undefined ? { responseObject: strip(answered) } : {}),
            annotations,
          })
        },
      }
    },
    measure(metrics) {
      metrics.collect(
        'apiserver_audit_event_total',
        '[ALPHA] Counter of audit events generated and sent to the audit backend.',
        [],
        () => [[[], written]],
        'counter',
      )
      metrics.collect(
        'apiserver_audit_level_total',
        '[ALPHA] Counter of policy levels for audit events (1 per request).',
        ['level'],
        function* () {
          for (const [level, count] of decided) yield [[level], count]
        },
        'counter',
      )
      metrics.collect(
        'apiserver_audit_requests_rejected_total',
        '[ALPHA] Counter of apiserver requests rejected due to an error in audit logging backend.',
        [],
        () => [[[], refused]],
        'counter',
      )
      metrics.collect(
        'apiserver_audit_error_total',
        '[ALPHA] Counter of audit events that failed to be audited properly.',
        ['plugin'],
        function* () {
          for (const backend of backends) yield [[backend.name], backend.errors]
        },
        'counter',
      )
    },
    async close() {
      await Promise.all(backends.map((b) => b.close()))
    },
  }
}

/** MicroTime. The text of a millisecond is made once: under load several events share it. */
const micro = (date: Date): string => {
  const ms = date.getTime()
  if (ms !== made.ms) made = { ms, text: date.toISOString().replace('Z', '000Z') }
  return made.text
}
let made = { ms: Number.NaN, text: '' }

function keepingBody(request: IncomingRequest, keep: (bytes: Buffer) => void): IncomingRequest {
  // Its signal is made only when it is asked for: the request stays the prototype.
  return Object.create(request, {
    body: {
      value: async (limit: number) => {
        const bytes = await request.body(limit)
        keep(bytes)
        return bytes
      },
    },
  }) as IncomingRequest
}

function sourcesOf({ headers, credentials }: IncomingRequest): string[] {
  const forwarded = header(headers['x-forwarded-for'])
  const real = header(headers['x-real-ip'])
  if (!forwarded && !real) return credentials.remoteAddress ? [credentials.remoteAddress] : []
  const hops = forwarded?.split(',').map((s) => s.trim()) ?? []
  return [...new Set([...hops, ...(real ? [real] : []), credentials.remoteAddress])].filter(Boolean)
}

/** What the path leaves open, the object says: the name of what is created. */
function objectRef({ resource, namespace, name, apiGroup, apiVersion, subresource }: RequestInfo, object: ApiObject | undefined) {
  const meta: Partial<ApiObject['metadata']> = object?.metadata ?? {}
  const all: Record<string, string | undefined> = {
    resource,
    namespace: namespace || meta.namespace,
    name: name || meta.name,
    uid: meta.uid,
    apiGroup,
    apiVersion,
    resourceVersion: meta.resourceVersion,
    subresource,
  }
  // Not by `delete`: events wait in numbers, and objects that lost a property are several times as large.
  const ref: Record<string, string> = {}
  for (const key in all) if (all[key]) ref[key] = all[key]
  return ref
}

function attempted({ credentials }: IncomingRequest): string {
  const scheme = credentials.authorization?.split(' ')[0]?.toLowerCase()
  const tried = [scheme === 'basic' || scheme === 'bearer' ? scheme : undefined, credentials.certificate && 'x509'].filter(Boolean)
  return tried.length > 0 ? `Authentication failed, attempted: ${tried.join(', ')}` : 'Authentication failed, no credentials provided'
}

/** JSON as it is; what came in another form is named by its length. */
function parse(bytes: Buffer | undefined): unknown {
  if (!bytes || bytes.length === 0) return undefined
  if (bytes.length > maxObject) return { omitted: `${bytes.length} bytes` }
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return { omitted: `${bytes.length} bytes that are no JSON` }
  }
}

function responseObject(answer: Response['answer'], info: RequestInfo): unknown {
  if (answer.kind === 'error') return answer.error.status
  if (answer.kind === 'watch' || answer.kind === 'proxy' || !info.isResourceRequest) return undefined
  return parse(encodeAnswer(answer, jsonForm, info.query).bytes)
}

type Status = { readonly status?: string; readonly message?: string; readonly reason?: string; readonly details?: object }

const statusOf = (answer: Response['answer']): Status =>
  answer.kind === 'object' && (answer.object as { kind?: string }).kind === 'Status' ? (answer.object as Status) : {}

/** Of a Status, what is told at every level. */
const bounded = ({ status, message, reason, details }: Status): Status => ({
  ...(status ? { status } : {}),
  ...(message ? { message } : {}),
  ...(reason ? { reason } : {}),
  ...(details ? { details } : {}),
})

function withoutManagedFields(object: unknown): unknown {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return object
  const { metadata, items, ...rest } = object as { metadata?: { managedFields?: unknown }; items?: unknown[] }
  const { managedFields: _m, ...meta } = metadata ?? {}
  return { ...rest, ...(metadata ? { metadata: meta } : {}), ...(items ? { items: items.map(withoutManagedFields) } : {}) }
}
