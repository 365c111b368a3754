/**
 * ID tokens of an issuer outside the cluster (upstream: plugin/pkg/authenticator/token/oidc): whose they are is said by
 * their claims, as the issuer's entry of the AuthenticationConfiguration maps them.
 */
import { hash } from 'node:crypto'
import type { Logger } from '../../log/log.ts'
import { createExpiringCache } from '../expiring-cache.ts'
import type { User } from '../request.ts'
import type { JwtAuthenticator } from './configuration.ts'
import { type Algorithm, audiencesOf, type Claims, parseToken } from './jwt.ts'
import { createKeySet } from './key-set.ts'
import { AuthenticationFailure, type TokenAnswer, type TokenAuthenticator } from './token.ts'

export interface OidcOptions {
  readonly algorithms: readonly Algorithm[]
  readonly apiAudiences: readonly string[]
  readonly log: Logger
  readonly now: () => Date
}

/** How long an answer counts before the token is looked at again (upstream's success cache for tokens). */
const cacheMs = 10_000
/** How far the issuer's clock may be ahead. */
const notBeforeLeewaySeconds = 300

export function createOidcAuthenticator(config: JwtAuthenticator, options: OidcOptions): TokenAuthenticator {
  const { algorithms, apiAudiences, log, now } = options
  const { issuer } = config
  const keys = createKeySet(issuer, now)
  const cache = createExpiringCache<TokenAnswer>(now)
  // An issuer that is down now may be there when the first token comes.
  keys.refresh().catch((error: unknown) => log.error('oidc authenticator: initializing plugin', { issuer: issuer.url, error }))

  const verify = async (text: string, key: string): Promise<TokenAnswer | undefined> => {
    const token = parseToken(text)
    if (token?.claims['iss'] !== issuer.url) return undefined
    const { claims, header } = token
    const seconds = now().getTime() / 1000
    const { exp, nbf } = claims
    if (!algorithms.some((algorithm) => algorithm === header.alg))
      fail(
        `verify token: oidc: id token signed with unsupported algorithm, expected ${quoted(algorithms)} got ${JSON.stringify(header.alg)}`,
      )
    const audiences = audiencesOf(claims)
    if (!audiences.some((a) => issuer.audiences.includes(a)))
      fail(`verify token: oidc: expected audience in ${quoted(issuer.audiences)} got ${quoted(audiences)}`)
    if (typeof exp !== 'number' || exp <= seconds)
      fail(`verify token: oidc: token is expired (Token Expiry: ${typeof exp === 'number' ? timeOf(exp) : 'none'})`)
    if (typeof nbf === 'number' && seconds + notBeforeLeewaySeconds < nbf)
      fail(`verify token: oidc: current time ${timeOf(seconds)} before the nbf (not before) time: ${timeOf(nbf)}`)
    if (!(await keys.verify(token))) fail('verify token: failed to verify signature: failed to verify id token signature')
    const answer = { user: userOf(config, claims) }
    cache.set(key, answer, Math.min(cacheMs, ((exp as number) - seconds) * 1000))
    return answer
  }
  return {
    authenticate(text, wanted = apiAudiences) {
      // Such a token is for the API server; whoever asks on behalf of others is not answered.
      if (!apiAudiences.some((a) => wanted.includes(a))) return undefined
      const key = hash('sha256', text, 'base64')
      return cache.get(key) ?? verify(text, key)
    },
  }
}

function fail(why: string): never {
  throw new AuthenticationFailure(`oidc: ${why}`)
}
const quoted = (list: readonly string[]): string => `[${list.map((v) => JSON.stringify(v)).join(' ')}]`
const timeOf = (seconds: number): string => {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString()
}

/** What the claims say, when they keep the rules. */
function userOf({ claimMappings, claimValidationRules = [] }: JwtAuthenticator, claims: Claims): User {
  const { username, groups, uid } = claimMappings
  const name = nameOf(username.claim as string, claims)
  const groupNames = groups?.claim ? groupsOf(groups.claim, claims).map((group) => `${groups.prefix ?? ''}${group}`) : []
  const id = uid?.claim ? textOf(uid.claim, claims, 'uid') : ''
  for (const { claim = '', requiredValue = '' } of claimValidationRules) {
    if (!Object.hasOwn(claims, claim)) fail(`required claim ${claim} not present in ID token`)
    const value = textOf(claim, claims, 'required')
    if (value !== requiredValue) fail(`required claim ${claim} value does not match. Got = ${value}, want = ${requiredValue}`)
  }
  const jti = claims['jti']
  return {
    name: `${username.prefix ?? ''}${name}`,
    ...(id ? { uid: id } : {}),
    groups: groupNames,
    ...(typeof jti === 'string' && jti !== '' ? { extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${jti}`] } } : {}),
  }
}

function nameOf(claim: string, claims: Claims): string {
  const name = textOf(claim, claims, 'username')
  // An address that its owner has not confirmed names nobody.
  if (claim === 'email' && Object.hasOwn(claims, 'email_verified')) {
    const verified = claims['email_verified']
    if (typeof verified !== 'boolean') fail("parse 'email_verified' claim: not a boolean")
    if (!verified) fail('email not verified')
  }
  if (name === '') fail(`parse username claims ${JSON.stringify(claim)}: the claim is empty`)
  return name
}

function textOf(claim: string, claims: Claims, what: 'username' | 'uid' | 'required'): string {
  const where = what === 'required' ? `parse claim ${claim}` : `parse ${what} claims ${JSON.stringify(claim)}`
  if (!Object.hasOwn(claims, claim)) fail(`${where}: claim not present`)
  const value = claims[claim]
  return typeof value === 'string' ? value : fail(`${where}: not a string`)
}

/** One group as a text, or several as a list; none where the claim is missing. */
function groupsOf(claim: string, claims: Claims): string[] {
  if (!Object.hasOwn(claims, claim)) return []
  const value = claims[claim]
  if (typeof value === 'string') return value === '' ? [] : [value]
  if (Array.isArray(value) && value.every((v) => typeof v === 'string')) return value.filter((v) => v !== '')
  return fail(`parse groups claim ${JSON.stringify(claim)}: json: cannot unmarshal ${typeof value} into Go value of type string`)
}
