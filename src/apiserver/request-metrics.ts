/**
 * The figures of requests, under upstream's names (apiserver/pkg/endpoints/metrics, endpoints/filters). What every request
 * adds to is kept by the words of the request, so that adding is an addition and not the making of a label.
 */
import { exponentialBuckets, type MetricsRegistry } from '../metrics/metrics.ts'
import type { Call, IncomingRequest } from './call.ts'
import { deprecations } from './dispatch.ts'
import type { RequestInfo, User } from './request.ts'
import { header } from './rest/body.ts'

const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]
/** As upstream names those whose bodies it measures. */
const bodyVerbs: Readonly<Record<string, string>> = {
  create: 'create',
  update: 'update',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'delete_collection',
}
const accessBuckets = exponentialBuckets(0.001, 2, 15)

export interface RequestMetrics {
  /** `user` undefined: the credentials were refused. */
  authenticated(user: User | undefined, seconds: number): void
  authorized(result: 'allowed' | 'denied' | 'no-opinion' | 'error', seconds: number): void
  /** A watch, or a connection that is passed on, begins; the result ends it. */
  longRunning(info: RequestInfo): () => void
  /** Told how many events a watch sends. */
  watchEvents(info: RequestInfo): (count: number) => void
  /** A watch that begins with a list has sent it. */
  watchListed(info: RequestInfo, startedAt: number): void
  /** The server gave up. */
  terminated(info: RequestInfo, request: Pick<IncomingRequest, 'method' | 'headers'>, status: number): void
  bodyRead(call: Pick<Call, 'info'>, bytes: number): void
  /** `bytes` is the size of the answer's body, where that is known. */
  answered(
    info: RequestInfo,
    request: Pick<IncomingRequest, 'method' | 'headers'>,
    status: number,
    startedAt: number,
    bytes: number | undefined,
  ): void
}

export function createRequestMetrics(metrics: MetricsRegistry): RequestMetrics {
  const of = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component']
  const total = metrics.counter(
    'apiserver_request_total',
    '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
    [...of, 'dry_run', 'code'],
  )
  const duration = metrics.histogram(
    'apiserver_request_duration_seconds',
    '[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
    [...of, 'dry_run'],
    buckets,
  )
  const sizes = metrics.histogram(
    'apiserver_response_sizes',
    '[STABLE] Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.',
    of,
    exponentialBuckets(1000, 10, 7),
  )
  const longRunning = metrics.gauge(
    'apiserver_longrunning_requests',
    '[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
    of,
  )
  const deprecated = metrics.gauge(
    'apiserver_requested_deprecated_apis',
    '[STABLE] Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.',
    ['group', 'version', 'resource', 'subresource', 'removed_release'],
  )
  const events = metrics.counter('apiserver_watch_events_total', '[ALPHA] Number of events sent in watch clients', [
    'group',
    'version',
    'resource',
  ])
  const terminations = metrics.counter(
    'apiserver_request_terminations_total',
    '[ALPHA] Number of requests which apiserver terminated in self-defense.',
    [...of, 'code'],
  )
  const bodies = metrics.histogram(
    'apiserver_request_body_size_bytes',
    '[ALPHA] Apiserver request body size in bytes broken out by resource and verb.',
    ['resource', 'verb'],
    Array.from({ length: 31 }, (_, i) => 50_000 + 100_000 * i),
  )
  const watchLists = metrics.histogram(
    'apiserver_watch_list_duration_seconds',
    '[BETA] Response latency distribution in seconds for watch list requests broken by group, version, resource and scope.',
    ['group', 'version', 'resource', 'scope'],
    [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 15, 20, 30, 45, 60],
  )
  const users = metrics.counter('authenticated_user_requests', '[ALPHA] Counter of authenticated requests broken out by username.', [
    'username',
  ])
  const attempts = metrics.counter('authentication_attempts', '[ALPHA] Counter of authenticated attempts.', ['result'])
  const took = metrics.histogram(
    'authentication_duration_seconds',
    '[ALPHA] Authentication duration in seconds broken out by result.',
    ['result'],
    accessBuckets,
  )
  const authentication = { success: took.row(['success']), failure: took.row(['failure']) }
  const decisions = metrics.counter(
    'authorization_attempts_total',
    "[ALPHA] Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'.",
    ['result'],
  )
  const decided = metrics.histogram(
    'authorization_duration_seconds',
    '[ALPHA] Authorization duration in seconds broken out by result.',
    ['result'],
    accessBuckets,
  )

  const labelsOf = (info: RequestInfo, verb: string) => {
    const { apiGroup, apiVersion, resource, isResourceRequest } = info
    // What is no resource is told apart by its path (InstrumentHandlerFunc).
    const subresource = isResourceRequest ? info.subresource : known(info.path)
    return [verb, apiGroup, apiVersion, resource, subresource, scopeOf(info), 'apiserver']
  }
  return {
    authenticated(user, seconds) {
      const result = user ? 'success' : 'failure'
      attempts.add([result])
      authentication[result].observe(seconds)
      if (user) users.add([compressed(user.name)])
    },
    authorized(result, seconds) {
      decisions.add([result])
      decided.row([result]).observe(seconds)
    },
    longRunning(info) {
      const labels = labelsOf(info, info.verb === 'watch' ? 'WATCH' : 'CONNECT')
      longRunning.add(1, labels)
      return () => longRunning.add(-1, labels)
    },
    watchEvents({ apiGroup, apiVersion, resource }) {
      const labels = [apiGroup, apiVersion, resource]
      return (count) => events.add(labels, count)
    },
    watchListed(info, startedAt) {
      const { apiGroup, apiVersion, resource } = info
      watchLists.observe((performance.now() - startedAt) / 1000, [apiGroup, apiVersion, resource, scopeOf(info)])
    },
    terminated(info, request, status) {
      terminations.add([...labelsOf(info, verbOf(info, request)), String(status)])
    },
    bodyRead({ info: { apiGroup, resource, verb } }, bytes) {
      const of = bodyVerbs[verb]
      if (of) bodies.observe(bytes, [apiGroup ? `${resource}.${apiGroup}` : resource, of])
    },
    answered(info, request, status, startedAt, bytes) {
      const verb = verbOf(info, request)
      const labels = labelsOf(info, verb)
      const dryRun = info.query.size > 0 ? dryRunOf(info.query.getAll('dryRun')) : ''
      total.add([...labels, dryRun, String(status)])
      if (verb !== 'WATCH') duration.observe((performance.now() - startedAt) / 1000, [...labels, dryRun])
      if (bytes !== undefined && (verb === 'GET' || verb === 'LIST')) sizes.observe(bytes, labels)
      if (info.isResourceRequest && info.apiGroup === '' && info.resource in deprecations)
        deprecated.set(1, ['', 'v1', info.resource, info.subresource, ''])
    },
  }
}

/** metrics.CleanVerb: as HTTP names it, but for what HTTP does not tell apart. */
function verbOf(
  { verb, isResourceRequest, subresource }: RequestInfo,
  { method, headers }: Pick<IncomingRequest, 'method' | 'headers'>,
): string {
  if (!isResourceRequest) return methods.has(method) ? method : 'OTHER'
  if (connected.has(subresource)) return 'CONNECT'
  switch (verb) {
    case 'list':
    case 'watch':
    case 'deletecollection':
      return verb.toUpperCase()
    case 'patch':
      return header(headers['content-type'])?.startsWith('application/apply-patch') ? 'APPLY' : 'PATCH'
    case 'get':
      return 'GET'
    default:
      return methods.has(method) ? method : 'OTHER'
  }
}
const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'CONNECT'])
const connected = new Set(['exec', 'attach', 'portforward', 'proxy', 'log'])

/** metrics.CleanScope */
const scopeOf = ({ name, verb, namespace, isResourceRequest }: RequestInfo): string =>
  name !== '' || verb === 'create' ? 'resource' : namespace !== '' ? 'namespace' : isResourceRequest ? 'cluster' : ''

const known = (path: string): string => /^\/(healthz|livez|readyz|metrics|version|openapi|apis?|\.well-known)(?=\/|$)/.exec(path)?.[0] ?? ''

const dryRunOf = (values: readonly string[]): string =>
  values.length === 0 ? '' : values.every((value) => value === 'All') ? 'All' : 'invalid'

/** Names of people and service accounts are not told (filters.compressUsername). */
const compressed = (name: string): string => (plainNames.has(name) ? name : name.includes('@') ? 'email_id' : 'other')
const plainNames = new Set(['admin', 'client', 'kube_proxy', 'kubelet', 'system:serviceaccount:kube-system:default'])
