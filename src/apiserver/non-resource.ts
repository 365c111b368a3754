/** The paths that are no resource: health, version, metrics and, from the tables, discovery and OpenAPI. */
import type { OpenApi } from '../api/openapi/documents.ts'
import type { HealthMetrics } from '../metrics/health.ts'
import { metricsContentType } from '../metrics/metrics.ts'
import type { AggregatedDiscovery } from './aggregator/discovery.ts'
import type { Answer, IncomingRequest } from './call.ts'
import type { Discovery } from './discovery.ts'
import { newMethodNotAllowed, newPathNotFound, pageNotFound } from './dispatch.ts'
import { encodeValue } from './encode.ts'
import type { Endpoints } from './endpoints.ts'
import { type HealthCheck, health } from './health.ts'
import { jsonForm, negotiate } from './negotiate.ts'
import { answerOpenApi } from './openapi.ts'
import type { RequestInfo } from './request.ts'
import { header } from './rest/body.ts'
import { serverVersion } from './version.ts'

export interface NonResourceParts {
  readonly endpoints: Endpoints
  readonly checks: readonly HealthCheck[]
  readonly health: HealthMetrics
  readonly metrics: { render(): Promise<string> }
  readonly discovery: Discovery
  readonly openApi: OpenApi
  readonly aggregated: Pick<AggregatedDiscovery, 'openApi'>
  /** More exact paths, such as /openid/v1/jwks. */
  readonly paths?: Readonly<Record<string, (request: IncomingRequest) => Answer | Promise<Answer>>>
}

export function createNonResource(parts: NonResourceParts): (request: IncomingRequest, info: RequestInfo) => Answer | Promise<Answer> {
  const figures = async (): Promise<Answer> => ({
    kind: 'bytes',
    status: 200,
    type: metricsContentType,
    bytes: Buffer.from(await parts.metrics.render()),
  })
  return (request, info) => {
    const { path } = info
    const more = parts.paths?.[path]
    if (more) return more(request)
    if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return health(parts.checks, info, parts.health)
    const trimmed = path.replace(/\/+$/, '')
    if (trimmed === '/version') return json(request, info, serverVersion)
    if (trimmed === '/metrics') return figures()
    if (trimmed.startsWith('/openapi/')) {
      parts.endpoints.refresh()
      return answerOpenApi(parts.openApi, parts.aggregated, request, info) ?? pageNotFound()
    }
    const found = parts.discovery.answer(trimmed, header(request.headers['accept']))
    if (found) return found
    const [, root, group, version] = trimmed.split('/')
    if (root === 'api' || (root === 'apis' && group && version && parts.endpoints.isBuiltIn(group))) throw newPathNotFound()
    return pageNotFound()
  }
}

const json = (request: IncomingRequest, info: RequestInfo, object: object): Answer => {
  if (request.method === 'POST') throw newMethodNotAllowed()
  const form = { ...jsonForm, pretty: negotiate(undefined, info.query.get('pretty'), { forms: 'none' }).pretty || info.path === '/version' }
  return { kind: 'bytes', status: 200, ...encodeValue(object, form) }
}
