/** What is told of each request, at which stage (apiserver/pkg/audit, endpoints/filters/audit.go). */

import { userInfo } from '../authentication/reviews.ts'
import type { IncomingRequest } from '../call.ts'
import { encodeAnswer } from '../encode.ts'
import { jsonForm } from '../negotiate.ts'
import type { RequestInfo, User } from '../request.ts'
import { header } from '../rest/body.ts'
import type { Response } from '../server.ts'
import type { AuditBackend } from './backends.ts'
import { decide, type Policy, type Stage } from './policy.ts'

/** One request's audit, from its beginning. */
export interface AuditTrail {
  /** The request to go on with: its body is kept where the policy wants it. */
  readonly request: IncomingRequest
  actsAs(user: User): void
  done(status: number, answer: Response['answer'], annotations: Readonly<Record<string, string>>): void
}

export interface Auditor {
  /** Undefined: the policy wants nothing of this request. `user` undefined: not authenticated. */
  begin(id: string, request: IncomingRequest, info: RequestInfo, user: User | undefined): AuditTrail | undefined
  close(): Promise<void>
}

/** Objects larger than this are told of as too large. */
const maxObject = 1024 * 1024

export function createAuditor(policy: Policy, backends: readonly AuditBackend[], now: () => Date): Auditor {
  return {
    begin(id, request, info, user) {
      const { level, omitStages, omitManagedFields } = decide(policy, info, user)
      if (level === 'None') return undefined
      const received = micro(now())
      let sent: Buffer | undefined
      let impersonated: User | undefined
      const emit = (stage: Stage, more: object) => {
        if (omitStages.has(stage)) return
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
          ...(info.isResourceRequest ? { objectRef: objectRef(info) } : {}),
          ...more,
          requestReceivedTimestamp: received,
          stageTimestamp: micro(now()),
        }
        for (const backend of backends) backend.write(event)
      }
      emit('RequestReceived', {})
      const withBodies = level === 'Request' || level === 'RequestResponse'
      return {
        request: withBodies ? keepingBody(request, (bytes) => (sent = bytes)) : request,
        actsAs(other) {
          impersonated = other
        },
        done(status, answer, annotations) {
          const strip = (object: unknown) => (omitManagedFields ? withoutManagedFields(object) : object)
          const body = withBodies ? (parse(sent) ?? request.object) : undefined
          const answered = level === 'RequestResponse' ? responseObject(answer, info) : undefined
          const error = answer.kind === 'error' ? answer.error.status : undefined
          emit('ResponseComplete', {
            responseStatus: error
              ? { metadata: {}, status: 'Failure', message: error.message, ...(error.reason ? { reason: error.reason } : {}), code: status }
              : { metadata: {}, code: status },
            ...(body !== undefined ? { requestObject: strip(body) } : {}),
            ...(answered !== undefined ? { responseObject: strip(answered) } : {}),
            ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
          })
        },
      }
    },
    async close() {
      await Promise.all(backends.map((b) => b.close()))
    },
  }
}

const micro = (date: Date): string => date.toISOString().replace('Z', '000Z')

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
  const forwarded =
    header(headers['x-forwarded-for'])
      ?.split(',')
      .map((s) => s.trim()) ?? []
  const real = header(headers['x-real-ip'])
  return [...new Set([...forwarded, ...(real ? [real] : []), credentials.remoteAddress])].filter(Boolean)
}

const objectRef = ({ resource, namespace, name, apiGroup, apiVersion, subresource }: RequestInfo) => ({
  resource,
  ...(namespace ? { namespace } : {}),
  ...(name ? { name } : {}),
  ...(apiGroup ? { apiGroup } : {}),
  apiVersion,
  ...(subresource ? { subresource } : {}),
})

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
  if (answer.kind === 'watch' || answer.kind === 'proxy') return undefined
  return parse(encodeAnswer(answer, jsonForm, info.query).bytes)
}

function withoutManagedFields(object: unknown): unknown {
  if (typeof object !== 'object' || object === null) return object
  const { metadata, items, ...rest } = object as { metadata?: { managedFields?: unknown }; items?: unknown[] }
  const { managedFields: _m, ...meta } = metadata ?? {}
  return { ...rest, ...(metadata ? { metadata: meta } : {}), ...(items ? { items: items.map(withoutManagedFields) } : {}) }
}
