/**
 * Who calls a component's own server, and whether they may: both are asked of the API server, and remembered for a while
 * (apiserver/pkg/authentication and authorization, delegated to webhooks; options.DelegatingAuthenticationOptions).
 */
import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { newForbidden, newUnauthorized, type StatusError } from '../api/errors.ts'
import type { TokenReview } from '../api/types/authentication-v1.ts'
import type { SubjectAccessReview, SubjectAccessReviewSpec } from '../api/types/authorization-v1.ts'
import { clientCertificateOf, trustedBy } from '../http/client-certificate.ts'
import { createFrontProxy, type FrontProxyOptions } from '../http/front-proxy.ts'
import type { Client } from './client.ts'
import type { Clock } from './clock.ts'

export interface Caller {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}
export interface Access {
  readonly allowed: boolean
  readonly reason?: string
}
export type AccessAttributes = Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>

const authenticated = 'system:authenticated'
export const anonymous: Caller = { name: 'system:anonymous', groups: ['system:unauthenticated'] }

/** Whom a certificate of one of the server's authorities for clients names. */
export function callerOfCertificate({ socket }: IncomingMessage): Caller | undefined {
  const { certificate } = clientCertificateOf(socket as TLSSocket)
  if (!certificate?.commonName) return undefined
  return { name: certificate.commonName, groups: [...certificate.organizations, authenticated] }
}

/** The authorities whose certificates count: of clients, who are whom these name, and of front proxies, who speak for others. */
export interface Trust {
  readonly clientCa?: string | undefined
  readonly frontProxy?: FrontProxyOptions | undefined
}
/** Whom a connection's certificate names, by this trust. */
export function createCertificateCallers({ clientCa = '', frontProxy }: Trust): (request: IncomingMessage) => Caller | undefined {
  const isClients = trustedBy(clientCa)
  const proxied = frontProxy && createFrontProxy(frontProxy)
  return (request) => {
    const { certificate } = clientCertificateOf(request.socket as TLSSocket)
    const user = proxied?.(certificate, request.headers)
    if (user) return { ...user, groups: [...user.groups.filter((group) => group !== authenticated), authenticated] }
    return certificate && isClients(certificate) ? callerOfCertificate(request) : undefined
  }
}
export const bearerToken = ({ headers }: IncomingMessage): string | undefined => /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]

/** Whom a token names; undefined when the API server does not know it. */
export function createTokenReviews(client: Client, { clock, cacheMs }: { clock: Clock; cacheMs: number }) {
  const answers = createAnswers<Caller | undefined>(clock)
  return (token: string): Promise<Caller | undefined> =>
    answers(
      // Tokens are not kept: whoever reads the memory finds digests.
      hash('sha256', token, 'base64'),
      async () => {
        const { status } = (await client.create('tokenreviews.authentication.k8s.io', { spec: { token } })) as TokenReview
        if (!status?.authenticated || !status.user?.username) return undefined
        const { username, uid, groups, extra } = status.user
        return { name: username, ...(uid ? { uid } : {}), groups: groups ?? [], ...(extra ? { extra } : {}) }
      },
      () => cacheMs,
    )
}

/** Whether a caller may. */
export function createAccessReviews(
  client: Client,
  { clock, allowedCacheMs, deniedCacheMs }: { clock: Clock; allowedCacheMs: number; deniedCacheMs: number },
) {
  const answers = createAnswers<Access>(clock)
  return ({ name, uid, groups, extra }: Caller, attributes: AccessAttributes): Promise<Access> => {
    const spec = { user: name, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}), ...attributes } as SubjectAccessReviewSpec
    return answers(
      JSON.stringify(spec),
      async () => {
        const { status } = (await client.create('subjectaccessreviews.authorization.k8s.io', { spec })) as SubjectAccessReview
        return { allowed: status?.allowed === true, ...(status?.reason ? { reason: status.reason } : {}) }
      },
      ({ allowed }) => (allowed ? allowedCacheMs : deniedCacheMs),
    )
  }
}

/** The oldest answer goes when there are more. */
const mostAnswers = 1000

/** Answers by question, each for a time of its own. A question that is under way is not asked again; a failure is not kept. */
function createAnswers<T>(clock: Clock) {
  const known = new Map<string, { readonly answer: Promise<T>; until: number }>()
  return (key: string, ask: () => Promise<T>, lifetimeMs: (answer: T) => number): Promise<T> => {
    const have = known.get(key)
    if (have && have.until > clock.now()) return have.answer
    const entry = { answer: ask(), until: Infinity }
    known.delete(key)
    if (known.size >= mostAnswers) known.delete(known.keys().next().value as string)
    known.set(key, entry)
    entry.answer.then(
      (answer) => {
        entry.until = clock.now() + lifetimeMs(answer)
      },
      () => known.get(key) === entry && known.delete(key),
    )
    return entry.answer
  }
}

export interface AccessGateOptions {
  /** Whom the certificate of a request's connection names. */
  readonly certified: (request: IncomingMessage) => Caller | undefined
  /** Asks whom a token names; without it everybody who shows no certificate is anonymous. */
  readonly review?: ((token: string) => Promise<Caller | undefined>) | undefined
  /** Asks whether a caller may; without it nobody may what is not always allowed. */
  readonly authorize?: ((caller: Caller, attributes: AccessAttributes) => Promise<Access>) | undefined
  /** Allowed to everybody; `*` at the end stands for whatever follows. */
  readonly alwaysAllowPaths: readonly string[]
}

/** The refusal of a request to a component's server, undefined when it may go on. */
export function createAccessGate({ certified, review, authorize, alwaysAllowPaths }: AccessGateOptions) {
  const always = (path: string) =>
    alwaysAllowPaths.some((allowed) => (allowed.endsWith('*') ? path.startsWith(allowed.slice(0, -1)) : path === allowed))

  async function callerOf(request: IncomingMessage): Promise<Caller | undefined> {
    const token = bearerToken(request)
    return certified(request) ?? (token === undefined || !review ? anonymous : await review(token))
  }

  return async (request: IncomingMessage): Promise<StatusError | undefined> => {
    const caller = await callerOf(request)
    if (!caller) return newUnauthorized()
    const path = (request.url ?? '/').split('?')[0] as string
    if (always(path) || caller.groups.includes('system:masters')) return undefined
    const verb = (request.method ?? 'GET').toLowerCase()
    const { allowed, reason } = (await authorize?.(caller, { nonResourceAttributes: { verb, path } })) ?? { allowed: false }
    if (allowed) return undefined
    return newForbidden(
      { group: '', resource: '' },
      '',
      `User ${JSON.stringify(caller.name)} cannot ${verb} path ${JSON.stringify(path)}${reason ? `: ${reason}` : ''}`,
    )
  }
}
