/**
 * The keys of a token issuer (OpenID Connect Discovery 1.0, RFC 7517): its discovery document is fetched once, its key
 * set again when a token names a key that is not in it, and not more often than a bucket of attempts allows, so that
 * forged tokens do not become a flood of requests to the issuer.
 */
import { createPublicKey } from 'node:crypto'
import { request as httpsRequest } from 'node:https'
import { readAnswer } from '../../http/read-answer.ts'
import { isObject, type Token, type VerificationKey, verifyToken } from './jwt.ts'

export interface Issuer {
  readonly url: string
  /** Where the discovery document is, when not below the issuer's own URL. */
  readonly discoveryURL?: string
  /** PEM; without it the machine's authorities count. */
  readonly certificateAuthority?: string
}

export interface KeySet {
  /** Whether one of the issuer's keys signed the token. Rejects when the keys cannot be had. */
  verify(token: Token): Promise<boolean>
  /** Fetches the keys, if the bucket allows it. */
  refresh(): Promise<void>
}

const attemptsAtOnce = 5
const attemptEveryMs = 10_000
const timeoutMs = 30_000
const largestAnswer = 1024 * 1024

export function createKeySet(issuer: Issuer, now: () => Date): KeySet {
  let jwksUri: string | undefined
  let keys: readonly VerificationKey[] | undefined
  let fetching: Promise<void> | undefined
  let attempts = attemptsAtOnce
  let countedAt = now().getTime()

  const mayAttempt = () => {
    const at = now().getTime()
    attempts = Math.min(attemptsAtOnce, attempts + (at - countedAt) / attemptEveryMs)
    countedAt = at
    if (attempts < 1) return false
    attempts--
    return true
  }
  const fetchKeys = async () => {
    jwksUri ??= await discover(issuer)
    keys = parseKeySet(await fetchJson(jwksUri, issuer.certificateAuthority))
  }
  const refresh = async () => {
    if (!fetching) {
      if (!mayAttempt()) {
        if (!keys) throw new Error('oidc: authenticator not initialized')
        return
      }
      fetching = fetchKeys().finally(() => {
        fetching = undefined
      })
    }
    await fetching
  }
  const verifies = (token: Token) => {
    const { kid } = token.header
    const candidates = (keys ?? []).filter((key) => kid === undefined || key.id === '' || key.id === kid)
    return candidates.length > 0 && verifyToken(token, candidates)
  }
  return {
    refresh,
    async verify(token) {
      if (verifies(token)) return true
      await refresh()
      return verifies(token)
    },
  }
}

async function discover({ url, discoveryURL, certificateAuthority }: Issuer): Promise<string> {
  const document = await fetchJson(discoveryURL || `${url.replace(/\/$/, '')}/.well-known/openid-configuration`, certificateAuthority)
  const { issuer, jwks_uri: jwksUri } = isObject(document) ? document : {}
  if (issuer !== url)
    throw new Error(
      `oidc: issuer URL provided to client (${JSON.stringify(url)}) did not match the issuer URL returned by provider (${JSON.stringify(issuer ?? '')})`,
    )
  if (typeof jwksUri !== 'string' || !jwksUri.startsWith('https://'))
    throw new Error('oidc: the discovery document names no jwks_uri by https')
  return jwksUri
}

/** The keys for signatures that are understood here; others are left out, as an issuer may have any. */
function parseKeySet(set: unknown): VerificationKey[] {
  const list = isObject(set) && Array.isArray(set['keys']) ? set['keys'] : []
  return list.flatMap((jwk: unknown) => {
    if (!isObject(jwk) || (jwk['use'] !== undefined && jwk['use'] !== 'sig') || !['RSA', 'EC'].includes(String(jwk['kty']))) return []
    try {
      return [{ id: typeof jwk['kid'] === 'string' ? jwk['kid'] : '', key: createPublicKey({ key: jwk, format: 'jwk' }) }]
    } catch {
      // A curve or form that node:crypto does not know.
      return []
    }
  })
}

function fetchJson(url: string, ca: string | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new Error(`Get ${JSON.stringify(url)}: ${error.message}`, { cause: error }))
    const signal = AbortSignal.timeout(timeoutMs)
    const outgoing = httpsRequest(url, { ca, signal, headers: { accept: 'application/json' } }, (answer) => {
      if (answer.statusCode !== 200) {
        answer.destroy()
        return fail(new Error(`the server answered with ${answer.statusCode}`))
      }
      readAnswer(answer, largestAnswer).then(JSON.parse).then(resolve, fail)
    })
    outgoing.on('error', fail)
    outgoing.end()
  })
}
