/**
 * Which group and version another server serves, by the APIServices that name a service, and how it is reached
 * (kube-aggregator's handler_proxy.go): TLS by the APIService's authorities, under the name that the service has in the
 * cluster, with the front proxy's certificate.
 */

import type { IncomingHttpHeaders } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { APIService } from '../../api/types/apiregistration-v1.ts'
import { readAnswer } from '../../http/read-answer.ts'
import { goError } from '../../http/webhook.ts'
import { authorityOf, type ServiceResolver } from '../service-resolver.ts'
import { aggregatorUser, identityHeaders } from './identity.ts'

export interface Route {
  /** The APIService's. */
  readonly name: string
  readonly group: string
  readonly version: string
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number }
  /** One route's connections are made and closed with it. */
  readonly agent: HttpsAgent
  readonly available: boolean
  /** Why there can be no connection. */
  readonly fault?: string
  /** What of the specification says where the server is and whom to trust there. */
  readonly place: string
}

export interface ProxyClient {
  readonly certificate: string
  readonly key: string
}

export const isAvailable = ({ status }: APIService): boolean =>
  status?.conditions?.some(({ type, status }) => type === 'Available' && status === 'True') ?? false

/** The route of an APIService with a service; the one of before where only its availability is another. */
export function routeOf(apiService: APIService, before: Route | undefined, client: ProxyClient | undefined): Route {
  const { metadata, spec } = apiService
  const { group = '', version = '', service, caBundle, insecureSkipTLSVerify = false } = spec
  const { namespace = '', name = '', port = 443 } = service ?? {}
  const place = JSON.stringify([namespace, name, port, caBundle, insecureSkipTLSVerify])
  const available = isAvailable(apiService)
  if (before?.place === place) return before.available === available ? before : { ...before, available }
  // What runs on the old connections asks somebody who is not asked any more.
  before?.agent.destroy()
  const trust = trustOf(caBundle, client)
  return {
    name: metadata.name as string,
    group,
    version,
    service: { namespace, name, port },
    agent: new HttpsAgent({
      keepAlive: true,
      maxFreeSockets: 32,
      servername: `${name}.${namespace}.svc`,
      rejectUnauthorized: !insecureSkipTLSVerify,
      ...(typeof trust === 'string' ? {} : { secureContext: trust }),
    }),
    ...(typeof trust === 'string' ? { fault: trust } : {}),
    available,
    place,
  }
}

/** What connections begin with, or what is wrong with it. */
function trustOf(caBundle: string | undefined, client: ProxyClient | undefined): SecureContext | string {
  try {
    return createSecureContext({
      ...(caBundle ? { ca: Buffer.from(caBundle, 'base64') } : {}),
      ...(client ? { cert: client.certificate, key: client.key } : {}),
    })
  } catch (error) {
    return `unable to load root certificates: ${(error as Error).message}`
  }
}

export interface Fetched {
  readonly url: string
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** What the aggregator itself asks a server; rejects in Go's words where there is no answer. */
export type Fetch = (route: Route, path: string, headers?: Readonly<Record<string, string>>) => Promise<Fetched>

/** What answers the aggregator's own questions is quick, or not well (5 s upstream, too). */
export const discoveryTimeoutMs = 5_000
/** A list of all that a server serves, with room to spare. */
const largestAnswer = 16 * 1024 * 1024

export const createFetch =
  (resolve: ServiceResolver): Fetch =>
  async ({ agent, service, fault }, path, headers) => {
    if (fault) throw new Error(fault)
    const address = await resolve(service.namespace, service.name, service.port)
    const url = `https://${authorityOf(address)}${path}`
    const deadline = AbortSignal.timeout(discoveryTimeoutMs)
    return new Promise<Fetched>((answered, failed) => {
      const request = httpsRequest(
        {
          agent,
          ...address,
          path,
          headers: { accept: 'application/json', ...headers, ...identityHeaders(aggregatorUser) },
          signal: deadline,
        },
        (answer) => {
          const { statusCode = 0 } = answer
          readAnswer(answer, largestAnswer).then((text) => answered({ url, status: statusCode, headers: answer.headers, text }), failed)
        },
      )
      request.on('error', failed)
      request.end()
    }).catch((error: NodeJS.ErrnoException) => {
      const why = deadline.aborted
        ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        : goError(error, new URL(url))
      throw new Error(`failing or missing response from ${url}: Get ${JSON.stringify(url)}: ${why}`, { cause: error })
    })
  }
