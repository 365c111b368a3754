/**
 * The API server without a transport: a request in, an answer out. The steps are upstream's handler chain: what is
 * asked, who asks, is there room, may they, then the operation itself, then the answer's form. Fronts (HTTP, in this
 * process) hand requests in and send answers on.
 */
import { newForbidden, newInternalError, newUnauthorized, StatusError } from '../api/errors.ts'
import { NoSpaceError } from '../store/store.ts'
import type { Auditor, AuditTrail } from './audit/audit.ts'
import type { Answer, Call, IncomingRequest } from './call.ts'
import { type Deadlines, RequestTimeout } from './deadlines.ts'
import { goPackage } from './decode-body.ts'
import { newPathNotFound, type Operations, operationOf, pageNotFound } from './dispatch.ts'
import type { Endpoint, Endpoints } from './endpoints.ts'
import type { FlowFilter, NoRoom, Room } from './flowcontrol/flow-control.ts'
import { type Form, jsonForm, negotiate, type Shape } from './negotiate.ts'
import type { Observers, Step } from './observe.ts'
import type { Authenticator, AuthorizationAttributes, Authorizer, RequestInfo, User } from './request.ts'
import { isLongRunning, parseRequestInfo } from './request-info.ts'
import type { RequestMetrics } from './request-metrics.ts'
import { header } from './rest/body.ts'
import type { Core } from './rest/core.ts'

export interface Response {
  readonly id: string
  readonly info: RequestInfo
  readonly form: Form
  /** Set on resource requests. */
  readonly endpoint?: Endpoint
  readonly user?: User
  readonly answer: Answer | { readonly kind: 'error'; readonly error: StatusError }
  readonly warnings: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** The front calls it when the answer is sent, or the connection lost; `bytes` is the size of the answer's body. */
  done(status: number, bytes?: number): void
}

export interface ServerParts {
  readonly core: Core
  readonly endpoints: Endpoints
  readonly operations: Operations
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  /** Paths that are no resource: discovery, health, metrics. */
  nonResource(request: IncomingRequest, info: RequestInfo, user: User): Answer | Promise<Answer>
  /** Waits for room, by priority and fairness. */
  readonly flowControl?: FlowFilter
  /** The user that the request wants to act as, checked; the same user when it does not ask. */
  impersonate?(request: IncomingRequest, user: User): User | Promise<User>
  /** Begins to tell of a request, once it is known who asks. */
  readonly audit?: Pick<Auditor, 'begin'>
  /** A version of a group that another server serves (API aggregation); undefined for all others. */
  delegate?(id: string, request: IncomingRequest, info: RequestInfo, user: User): Promise<Answer> | undefined
  /** Ends what takes too long. */
  readonly deadlines?: Deadlines
  readonly observers: Observers
  readonly metrics?: RequestMetrics
}

let requests = 0
const instance = Math.floor(Math.random() * 2 ** 32)
  .toString(16)
  .padStart(8, '0')
/** Unique to the request; cheaper than random bytes for each, in the shape of a UUID, as audit events carry. */
function nextId(): string {
  const n = (++requests).toString(16).padStart(12, '0')
  return `${instance}-0000-4000-8000-${n}`
}

export function createHandler(parts: ServerParts): (request: IncomingRequest) => Promise<Response> {
  const { core, endpoints, observers } = parts

  const handle = async (received: IncomingRequest): Promise<Response> => {
    let request = received
    let trail: AuditTrail | undefined
    const startedAt = performance.now()
    const id = header(request.headers['audit-id']) ?? nextId()
    const warnings: string[] = []
    const annotations: Record<string, string> = {}
    let info: RequestInfo = unknownInfo
    let user: User | undefined
    let form = jsonForm
    let endpoint: Endpoint | undefined
    let room: Room | undefined
    const step = (stage: Step['stage'], status?: number) => {
      if (!observers.active) return
      const { verb, resource, namespace, name } = info
      observers.emit({
        request: id,
        stage,
        verb,
        resource,
        namespace,
        name,
        at: performance.now() - startedAt,
        ...(status ? { status } : {}),
      })
    }
    const respond = (given: Response['answer']): Response => {
      let answer = given
      let ended: (() => void) | undefined
      if (answer.kind === 'watch' || (answer.kind === 'proxy' && isLongRunning(info))) {
        trail?.started()
        ended = parts.metrics?.longRunning(info)
      }
      // The server that it is passed on to has limits of its own for watches.
      if (answer.kind === 'proxy' && info.verb === 'watch') room?.release()
      // A watch has its room only until what exists was sent.
      const mine = room
      if (answer.kind === 'watch') {
        const sent = parts.metrics?.watchEvents(info)
        const listed = answer.initialEventsEnd
        const begun = () => {
          mine?.release()
          if (listed) parts.metrics?.watchListed(info, startedAt)
        }
        answer = { ...answer, begun, ...(sent ? { sent } : {}) }
      }
      return {
        id,
        info,
        form,
        ...(endpoint ? { endpoint } : {}),
        ...(user ? { user } : {}),
        answer,
        warnings,
        ...(room?.headers ? { headers: room.headers } : {}),
        done(status, bytes) {
          room?.release()
          step('answered', status)
          ended?.()
          parts.metrics?.answered(info, request, status, startedAt, bytes)
          trail?.done(status, answer, annotations)
        },
      }
    }

    try {
      info = parseRequestInfo(request.method, request.target)
      step('received')
      user = request.user
      if (!user) {
        const found = parts.authenticator.authenticate(request.credentials, info.path)
        user = found instanceof Promise ? await found : found
        if (!user) throw newUnauthorized()
        parts.metrics?.authenticated(user, (performance.now() - startedAt) / 1000)
      }
      if (parts.audit) {
        trail = parts.audit.begin(id, request, info, user)
        if (trail?.begun) await trail.begun
        if (trail) request = trail.request
      }
      step('authenticate')
      if (parts.impersonate) {
        const other = parts.impersonate(request, user)
        const acting = other instanceof Promise ? await other : other
        if (acting !== user) trail?.actsAs(acting)
        user = acting
      }
      if (parts.flowControl) {
        const granted = parts.flowControl(request, user, info)
        const found = granted instanceof Promise ? await granted : granted
        if ('retryAfterSeconds' in found) return respond(tooManyRequests(found))
        room = found
        step('flow-control')
      }
      const attributes = attributesOf(info, user)
      const asked = performance.now()
      const decision = parts.authorizer.authorize(attributes)
      const { decision: verdict, reason, error: unknown } = decision instanceof Promise ? await decision : decision
      parts.metrics?.authorized(
        verdict === 'allow' ? 'allowed' : unknown ? 'error' : verdict === 'deny' ? 'denied' : 'no-opinion',
        (performance.now() - asked) / 1000,
      )
      if (trail) {
        annotations['authorization.k8s.io/decision'] = verdict === 'allow' ? 'allow' : 'forbid'
        annotations['authorization.k8s.io/reason'] = reason
      }
      if (verdict !== 'allow' && unknown) throw newInternalError(unknown)
      if (verdict !== 'allow') throw newForbiddenTo(attributes, user, reason)
      step('authorize')

      const elsewhere = parts.delegate?.(id, request, info, user)
      if (elsewhere) {
        const answer = await elsewhere
        if (answer.kind === 'bytes') parts.metrics?.terminated(info, request, answer.status)
        return respond(answer)
      }
      if (!info.isResourceRequest) return respond(await parts.nonResource(request, info, user))
      endpoint = endpoints.get(info.apiGroup, info.apiVersion, info.resource)
      if (!endpoint && !endpoints.isBuiltIn(info.apiGroup)) {
        // Another server over the same store may just have established it.
        const fresh = core.storage.fresh()
        if (fresh) await fresh
        endpoint = endpoints.get(info.apiGroup, info.apiVersion, info.resource)
      }
      if (!endpoint) {
        if (!endpoints.isBuiltIn(info.apiGroup)) return respond(pageNotFound())
        throw newPathNotFound()
      }
      if (endpoint.resource.namespaced && info.namespace === '' && info.path.includes('/namespaces//'))
        throw new StatusError({ code: 400, reason: 'BadRequest', message: 'Namespace parameter required.' })
      const call: Call = {
        id,
        request,
        info,
        user,
        endpoint,
        startedAt,
        warnings,
        warn: (text) => void warnings.push(text),
        annotateAudit: (key, value, level) => {
          if (level === undefined || trail?.withBodies) annotations[key] = value
        },
        ...(trail ? { audited: trail.sent } : {}),
      }
      const operation = operationOf(call, parts.operations)
      form = negotiate(header(request.headers['accept']), info.query.size > 0 ? info.query.get('pretty') : null, shapeOf(info, endpoint))
      const done = operation(core, call)
      return respond(await (parts.deadlines && !isLongRunning(info) ? parts.deadlines.within(done, info.query) : done))
    } catch (error) {
      // Credentials that were refused are told of too.
      if (!user) {
        trail = parts.audit?.begin(id, request, info, undefined)
        parts.metrics?.authenticated(undefined, (performance.now() - startedAt) / 1000)
      }
      if (error instanceof RequestTimeout) parts.metrics?.terminated(info, request, error.code)
      return respond({ kind: 'error', error: toStatusError(error) })
    }
  }
  return together(handle)
}

/**
 * Begins the calls of one turn of the loop together, at its end. Each step, which ends where something is awaited, then
 * runs for all of them before the next begins, and its code is in the processor's caches for all but the first: one
 * request after the other takes half as long again (bench/README.md).
 */
function together<Request, Response>(handle: (request: Request) => Promise<Response>): (request: Request) => Promise<Response> {
  let arrived: (() => void)[] = []
  const beginAll = () => {
    const begins = arrived
    arrived = []
    for (const begin of begins) begin()
  }
  return (request) =>
    new Promise((resolve) => {
      if (arrived.length === 0) setImmediate(beginAll)
      arrived.push(() => resolve(handle(request)))
    })
}

const unknownInfo: RequestInfo = {
  isResourceRequest: false,
  path: '',
  verb: '',
  apiGroup: '',
  apiVersion: '',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
  query: new URLSearchParams(),
}

/** Which transformations make sense: a list's, an object's, or none (a Scale is no Table). */
function shapeOf(info: RequestInfo, { cache, resource, custom }: Endpoint): Shape {
  const { verb, subresource } = info
  const watchable = verb === 'list' || verb === 'watch'
  if (custom) {
    const forms = subresource === 'scale' ? 'none' : verb === 'list' || verb === 'deletecollection' ? 'list' : 'object'
    return { forms, type: 'unstructured.Unstructured', custom: true }
  }
  if ((!cache && !resource.verbs.includes('list')) || (subresource && subresource !== 'status')) return { forms: 'none', watchable }
  const type = `${goPackage(resource.group)}.${resource.kind}`
  return { forms: verb === 'list' || verb === 'deletecollection' ? 'list' : 'object', type, watchable }
}

/** As upstream's filter answers, before anything is known of the form that the client wants. */
const tooManyRequests = ({ retryAfterSeconds, headers }: NoRoom): Answer => ({
  kind: 'bytes',
  status: 429,
  type: 'text/plain; charset=utf-8',
  bytes: Buffer.from('Too many requests, please try again later.\n'),
  headers: { 'retry-after': String(retryAfterSeconds), 'x-content-type-options': 'nosniff', ...headers },
})

const oneName = /(?:^|,)metadata\.name==?([^,=\\]+)(?:,|$)/

function attributesOf(info: RequestInfo, user: User): AuthorizationAttributes {
  const { query, ...rest } = info
  const fieldSelector = query.size > 0 ? query.get('fieldSelector') : null
  const labelSelector = query.size > 0 ? query.get('labelSelector') : null
  // One name selected is authorized as if it stood in the path.
  const named = fieldSelector && !rest.name ? oneName.exec(fieldSelector)?.[1] : undefined
  return {
    ...rest,
    ...(named ? { name: named } : {}),
    user,
    ...(fieldSelector ? { fieldSelector } : {}),
    ...(labelSelector ? { labelSelector } : {}),
  }
}

/** As handlers/responsewriters/errors.go words it. */
export function newForbiddenTo(info: Omit<RequestInfo, 'query'>, user: User, reason: string): StatusError {
  const who = `User ${JSON.stringify(user.name)} cannot ${info.verb} `
  const why = reason ? `: ${reason}` : ''
  if (!info.isResourceRequest) return newForbidden({ group: '', resource: '' }, '', `${who}path ${JSON.stringify(info.path)}${why}`)
  const resource = info.subresource ? `${info.resource}/${info.subresource}` : info.resource
  const where = info.namespace ? `in the namespace ${JSON.stringify(info.namespace)}` : 'at the cluster scope'
  return newForbidden(
    { group: info.apiGroup, resource: info.resource },
    info.name,
    `${who}resource ${JSON.stringify(resource)} in API group ${JSON.stringify(info.apiGroup)} ${where}${why}`,
  )
}

export function toStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error
  if (error instanceof NoSpaceError) return new StatusError({ code: 500, message: error.message })
  return Object.assign(newInternalError(error), { cause: error })
}
