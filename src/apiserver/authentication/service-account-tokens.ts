/**
 * Service account tokens (upstream: pkg/serviceaccount): JWTs that say which account, and which pod, node or secret
 * they end with. What a token is bound to is looked up at every use, so that a deleted account or pod ends its tokens.
 */
import { randomUUID } from 'node:crypto'
import type { Node, Pod, Secret, ServiceAccount } from '../../api/types/core-v1.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { Objects } from '../objects.ts'
import type { User } from '../request.ts'
import { audiencesOf, type Claims, isObject, parseToken, type SigningKey, signToken, type VerificationKey, verifyToken } from './jwt.ts'
import { AuthenticationFailure } from './token.ts'

export interface ServiceAccountTokenOptions {
  /** The first one issues; tokens of all are accepted. */
  readonly issuers: readonly string[]
  readonly keys: readonly VerificationKey[]
  readonly apiAudiences: readonly string[]
  readonly now: () => Date
  /** Whether accounts, pods and secrets are looked up (--service-account-lookup). */
  readonly lookup: boolean
  /** Told of legacy tokens at the first use on a day, which is noted on their secret. */
  readonly legacyTokenUsed?: (secret: Secret, day: string) => void
  /** Told of each use: of a legacy token, of one that lives longer than was asked for and should have been renewed, of any other. */
  readonly used?: (token: 'legacy' | 'stale' | 'valid') => void
}

export const legacyTokenLastUsed = 'kubernetes.io/legacy-token-last-used'
export const legacyIssuer = 'kubernetes/serviceaccount'
const legacyClaim = 'kubernetes.io/serviceaccount/'
/** A pod or secret that is being deleted keeps its tokens so much longer (serviceaccount.leeway). */
const deletionLeewayMs = 60_000

export interface TokenSubject {
  readonly account: ServiceAccount
  readonly pod?: Pod
  readonly node?: Pick<Node, 'metadata'>
  readonly secret?: Secret
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
  /** Set on tokens that live longer than was asked for: when to warn of their use. */
  readonly warnAfterSeconds?: number
}

export function issueServiceAccountToken(key: SigningKey, issuer: string, subject: TokenSubject, now: Date): string {
  const at = Math.floor(now.getTime() / 1000)
  const { account, pod, node, secret } = subject
  const ref = (o: { metadata: { name?: string; uid?: string } }) => ({ name: o.metadata.name, uid: o.metadata.uid })
  const { namespace, name } = account.metadata
  return signToken(key, {
    aud: subject.audiences,
    exp: at + subject.expirationSeconds,
    iat: at,
    iss: issuer,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace,
      ...(node ? { node: ref(node) } : {}),
      ...(pod ? { pod: ref(pod) } : {}),
      ...(secret ? { secret: ref(secret) } : {}),
      serviceaccount: ref(account),
      ...(subject.warnAfterSeconds ? { warnafter: at + subject.warnAfterSeconds } : {}),
    },
    nbf: at,
    sub: `system:serviceaccount:${namespace}:${name}`,
  })
}

const useHelps = {
  legacy: 'Cumulative legacy service account tokens used',
  stale: 'Cumulative stale projected service account tokens used',
  valid: 'Cumulative valid projected service account tokens used',
} as const

/** Counts the uses of tokens, under upstream's names. */
export function tokenUseCounter(metrics: MetricsRegistry): (token: keyof typeof useHelps) => void {
  const counts = { legacy: 0, stale: 0, valid: 0 }
  for (const [token, help] of Object.entries(useHelps) as [keyof typeof useHelps, string][])
    metrics.collect(`serviceaccount_${token}_tokens_total`, `[ALPHA] ${help}`, [], () => [[[], counts[token]]], 'counter')
  return (token) => {
    counts[token]++
  }
}

export interface ServiceAccountTokenAuthenticator {
  /** Undefined: not a service account's token. Throws AuthenticationFailure. */
  authenticate(token: string, audiences?: readonly string[]): { user: User; audiences: readonly string[] } | undefined
}

interface Verified {
  readonly claims: Claims
  readonly user: User
  readonly legacy: boolean
}
const mostRemembered = 10_000

export function createServiceAccountTokenAuthenticator(
  objects: Objects,
  options: ServiceAccountTokenOptions,
): ServiceAccountTokenAuthenticator {
  const { issuers, keys, apiAudiences, now, lookup } = options
  /** Signatures that were good: what a token says never changes, what it is bound to is looked at each time. */
  const verified = new Map<string, Verified>()

  const fail = (why: string): never => {
    throw new AuthenticationFailure(why)
  }
  const check = (text: string): Verified | undefined => {
    const known = verified.get(text)
    if (known) return known
    const token = parseToken(text)
    if (!token) return undefined
    const issuer = token.claims['iss']
    if (typeof issuer !== 'string' || !(issuer === legacyIssuer || issuers.includes(issuer))) return undefined
    if (!verifyToken(token, keys)) fail('the signature of a service account token is not by any of our keys')
    const legacy = issuer === legacyIssuer
    const made = {
      claims: token.claims,
      legacy,
      user: (legacy ? legacyUser : boundUser)(token.claims) ?? fail('the claims are incomplete'),
    }
    if (verified.size >= mostRemembered) verified.clear()
    verified.set(text, made)
    return made
  }

  const checkBound = (claims: Claims) => {
    const k8s = claims['kubernetes.io'] as BoundClaims
    const account = objects.peek<ServiceAccount>('serviceaccounts', `${k8s.namespace}/${k8s.serviceaccount.name}`)
    if (!account) return fail(`service account ${k8s.namespace}/${k8s.serviceaccount.name} does not exist`)
    if (account.metadata.deletionTimestamp && Date.parse(account.metadata.deletionTimestamp) + deletionLeewayMs < now().getTime())
      fail('the service account is deleted')
    if (account.metadata.uid !== k8s.serviceaccount.uid) fail('the service account was made anew: its UID is another')
    const bound = (resource: string, key: string, ref: Ref, leewayMs: number) => {
      const object = objects.peek<{ metadata: { uid?: string; deletionTimestamp?: string } }>(resource, key)
      if (!object) return fail(`${resource} ${key} does not exist`)
      if (object.metadata.uid !== ref.uid) fail(`${resource} ${key} was made anew: its UID is another`)
      const { deletionTimestamp } = object.metadata
      if (deletionTimestamp && Date.parse(deletionTimestamp) + leewayMs < now().getTime()) fail(`${resource} ${key} is deleted`)
    }
    if (k8s.secret) bound('secrets', `${k8s.namespace}/${k8s.secret.name}`, k8s.secret, deletionLeewayMs)
    if (k8s.pod) bound('pods', `${k8s.namespace}/${k8s.pod.name}`, k8s.pod, deletionLeewayMs)
    // The node of a pod-bound token is information; the token ends with the pod.
    else if (k8s.node) bound('nodes', k8s.node.name, k8s.node, deletionLeewayMs)
  }

  const checkLegacy = (text: string, claims: Claims) => {
    const claim = (name: string) => claims[legacyClaim + name] as string
    const namespace = claim('namespace')
    const secret = objects.peek<Secret>('secrets', `${namespace}/${claim('secret.name')}`)
    if (!secret || secret.metadata.deletionTimestamp) return fail('the secret of the token does not exist')
    if (Buffer.from(secret.data?.['token'] ?? '', 'base64').toString() !== text) fail('the token is not the one in its secret')
    if (secret.metadata.labels?.['kubernetes.io/legacy-token-invalid-since']) fail('the legacy token was marked invalid')
    const account = objects.peek<ServiceAccount>('serviceaccounts', `${namespace}/${claim('service-account.name')}`)
    if (!account || account.metadata.uid !== claim('service-account.uid')) fail('the service account of the token does not exist')
    const today = now().toISOString().slice(0, 10)
    // A server whose clock is ahead may have noted tomorrow.
    if ((secret.metadata.labels?.[legacyTokenLastUsed] ?? '') < today) options.legacyTokenUsed?.(secret, today)
  }

  return {
    authenticate(text, wanted = apiAudiences) {
      const found = check(text)
      if (!found) return undefined
      const { claims, legacy, user } = found
      const seconds = now().getTime() / 1000
      if (legacy) {
        if (lookup) checkLegacy(text, claims)
        options.used?.('legacy')
        return { user, audiences: wanted }
      }
      if (typeof claims['exp'] !== 'number' || seconds >= claims['exp']) fail('the token is expired')
      if (typeof claims['nbf'] === 'number' && seconds < claims['nbf'] - 60) fail('the token is not valid yet')
      const audiences = audiencesOf(claims).filter((a) => wanted.includes(a))
      if (audiences.length === 0) fail(`the token's audiences ${JSON.stringify(audiencesOf(claims))} are not ${JSON.stringify(wanted)}`)
      if (lookup) checkBound(claims)
      const { warnafter } = claims['kubernetes.io'] as BoundClaims
      options.used?.(warnafter !== undefined && warnafter > 0 && seconds > warnafter ? 'stale' : 'valid')
      return { user, audiences }
    },
  }
}

interface Ref {
  readonly name: string
  readonly uid: string
}
interface BoundClaims {
  readonly namespace: string
  readonly serviceaccount: Ref
  readonly pod?: Ref
  readonly node?: Ref
  readonly secret?: Ref
  readonly warnafter?: number
}

const isRef = (value: unknown): value is Ref => isObject(value) && typeof value['name'] === 'string' && typeof value['uid'] === 'string'

function boundUser(claims: Claims): User | undefined {
  const k8s = claims['kubernetes.io']
  if (!isObject(k8s) || typeof k8s['namespace'] !== 'string' || !isRef(k8s['serviceaccount'])) return undefined
  for (const name of ['pod', 'node', 'secret']) if (k8s[name] !== undefined && !isRef(k8s[name])) return undefined
  const { namespace, serviceaccount, pod, node } = k8s as unknown as BoundClaims
  const user = serviceAccountUser(namespace, serviceaccount.name, serviceaccount.uid)
  if (claims['sub'] !== user.name) return undefined
  const key = (name: string) => `authentication.kubernetes.io/${name}`
  return {
    ...user,
    extra: {
      ...(typeof claims['jti'] === 'string' ? { [key('credential-id')]: [`JTI=${claims['jti']}`] } : {}),
      ...(node ? { [key('node-name')]: [node.name], [key('node-uid')]: [node.uid] } : {}),
      ...(pod ? { [key('pod-name')]: [pod.name], [key('pod-uid')]: [pod.uid] } : {}),
    },
  }
}

function legacyUser(claims: Claims): User | undefined {
  const claim = (name: string) => claims[legacyClaim + name]
  const [namespace, name, uid, secret] = ['namespace', 'service-account.name', 'service-account.uid', 'secret.name'].map(claim)
  if (typeof namespace !== 'string' || typeof name !== 'string' || typeof uid !== 'string' || typeof secret !== 'string') return undefined
  return serviceAccountUser(namespace, name, uid)
}

export const serviceAccountUser = (namespace: string, name: string, uid?: string): User => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  ...(uid ? { uid } : {}),
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
})
