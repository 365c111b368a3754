/** Who a request is from and whether they may (pkg/kubelet/server/auth.go): client certificates, tokens that the API server knows, and its word on access to the node. */
import type { IncomingMessage } from 'node:http'
import type { Client } from '../../client/client.ts'
import { systemClock } from '../../client/clock.ts'
import {
  anonymous,
  bearerToken,
  type Caller,
  callerOfCertificate,
  createAccessReviews,
  createTokenReviews,
} from '../../client/delegated-access.ts'
import { HttpError } from './http-error.ts'

export interface AuthOptions {
  readonly clientCA?: string
  readonly anonymous: boolean
  readonly tokenWebhook: boolean
  readonly authorization: 'AlwaysAllow' | 'Webhook'
  /** How long the API server's answers are remembered. */
  readonly cacheMs: number
  readonly allowedCacheMs: number
  readonly deniedCacheMs: number
}
/** Throws HttpError 401 or 403. */
export type Gate = (request: IncomingMessage, subresources: readonly string[]) => Promise<void>

export function createGate(client: Client, nodeName: string, options: AuthOptions): Gate {
  const review = createTokenReviews(client, { clock: systemClock, ...options })
  const authorize = createAccessReviews(client, { clock: systemClock, ...options })

  async function callerOf(request: IncomingMessage): Promise<Caller> {
    const certified = options.clientCA ? callerOfCertificate(request) : undefined
    if (certified) return certified
    const token = bearerToken(request)
    const caller = token === undefined ? options.anonymous && anonymous : options.tokenWebhook && (await review(token))
    if (!caller) throw new HttpError(401, 'Unauthorized')
    return caller
  }

  return async (request, subresources) => {
    const caller = await callerOf(request)
    if (options.authorization === 'AlwaysAllow') return
    const verb = verbs[request.method ?? ''] ?? ''
    for (const subresource of subresources) {
      const { allowed } = await authorize(caller, {
        resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: nodeName },
      })
      if (allowed) return
    }
    throw new HttpError(403, `Forbidden (user=${caller.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}])`)
  }
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }
