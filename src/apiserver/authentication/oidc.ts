/**
 * ID tokens of an issuer outside the cluster (upstream: plugin/pkg/authenticator/token/oidc): whose they are is said by
 * their claims, as the issuer's entry of the AuthenticationConfiguration maps them.
 */
import { hash } from 'node:crypto'
import type { Program } from '../../cel/environment.ts'
import type { Logger } from '../../log/log.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import { createExpiringCache } from '../expiring-cache.ts'
import { hashOf } from '../reload-metrics.ts'
import type { User } from '../request.ts'
import type { JwtAuthenticator } from './configuration.ts'
import { compileClaims, compileClaimsCondition, compileUserCondition, evaluateClaims, evaluateUser, textsOf } from './expressions.ts'
import { type Algorithm, audiencesOf, type Claims, parseToken, type Token } from './jwt.ts'
import { createKeySet } from './key-set.ts'
import { AuthenticationFailure, type TokenAnswer, type TokenAuthenticator } from './token.ts'

export interface OidcOptions {
  readonly algorithms: readonly Algorithm[]
  readonly apiAudiences: readonly string[]
  readonly log: Logger
  readonly metrics: MetricsRegistry
  readonly now: () => Date
}

/** How long an answer counts before the token is looked at again (upstream's success cache for tokens). */
const cacheMs = 10_000
/** How far the issuer's clock may be ahead. */
const notBeforeLeewaySeconds = 300

export function createOidcAuthenticator(config: JwtAuthenticator, options: OidcOptions): TokenAuthenticator {
  const { algorithms, apiAudiences, log, metrics, now } = options
  const { issuer } = config
  const durations = metrics.histogram(
    'apiserver_authentication_jwt_authenticator_latency_seconds',
    '[ALPHA] Latency of jwt authentication operations in seconds. This is the time spent authenticating a token for cache miss only (i.e. when the token is not found in the cache).',
    ['result', 'jwt_issuer_hash'],
    [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  )
  const issuerHash = hashOf(issuer.url)
  const keys = createKeySet(issuer, now)
  const userOf = createUserOf(config)
  const cache = createExpiringCache<TokenAnswer>(now)
  // An issuer that is down now may be there when the first token comes.
  keys.refresh().catch((error: unknown) => log.error('oidc authenticator: initializing plugin', { issuer: issuer.url, error }))

  const verify = async (text: string, key: string): Promise<TokenAnswer | undefined> => {
    const token = parseToken(text)
    if (token?.claims['iss'] !== issuer.url) return undefined
    const startedAt = performance.now()
    let result = 'failure'
    try {
      const answer = await verified(token, key)
      result = 'success'
      return answer
    } finally {
      durations.observe((performance.now() - startedAt) / 1000, [result, issuerHash])
    }
  }
  const verified = async (token: Token, key: string): Promise<TokenAnswer> => {
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
    const answer = { user: userOf(claims) }
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

/** What the claims say, when they keep the rules; the expressions are compiled once. */
function createUserOf({ claimMappings, claimValidationRules = [], userValidationRules = [] }: JwtAuthenticator): (claims: Claims) => User {
  const { username, groups, uid, extra = [] } = claimMappings
  const program = (source: string | undefined) => (source ? compileClaims(source) : undefined)
  const programs = { username: program(username.expression), groups: program(groups?.expression), uid: program(uid?.expression) }
  const extras = extra.map(({ key = '', valueExpression = '' }) => ({ key, program: compileClaims(valueExpression) }))
  const claimRules = claimValidationRules.flatMap(({ expression, message = '' }) =>
    expression ? [{ program: compileClaimsCondition(expression), message }] : [],
  )
  const userRules = userValidationRules.map(({ expression = '', message = '' }) => ({ program: compileUserCondition(expression), message }))

  return (claims) => {
    const one = (program: Program, what: string): string =>
      evaluated(what, () => {
        const value = evaluateClaims(program, claims)
        if (typeof value !== 'string') throw new Error(`${what} expression must return a string`)
        return value
      })
    const name = programs.username
      ? one(programs.username, 'username claim') || fail('empty username via CEL expression is not allowed')
      : `${username.prefix ?? ''}${nameOf(username.claim as string, claims)}`
    const { groups: groupsProgram } = programs
    const groupNames = groupsProgram
      ? evaluated('group claim', () => textsOf(evaluateClaims(groupsProgram, claims)))
      : groups?.claim
        ? groupsOf(groups.claim, claims).map((group) => `${groups.prefix ?? ''}${group}`)
        : []
    const id = programs.uid ? one(programs.uid, 'uid claim') : uid?.claim ? textOf(uid.claim, claims, 'uid') : ''
    const jti = claims['jti']
    const more: Record<string, readonly string[]> =
      typeof jti === 'string' && jti !== '' ? { 'authentication.kubernetes.io/credential-id': [`JTI=${jti}`] } : {}
    for (const { key, program } of extras) {
      const values = evaluated('extra claim', () => textsOf(evaluateClaims(program, claims)))
      if (values.length > 0) more[key] = values
    }
    for (const { claim = '', requiredValue = '' } of claimValidationRules) {
      if (claim === '') continue
      if (!Object.hasOwn(claims, claim)) fail(`required claim ${claim} not present in ID token`)
      const value = textOf(claim, claims, 'required')
      if (value !== requiredValue) fail(`required claim ${claim} value does not match. Got = ${value}, want = ${requiredValue}`)
    }
    for (const rule of claimRules) keep(rule, 'error evaluating claim validation expression', () => evaluateClaims(rule.program, claims))
    const user: User = {
      name,
      ...(id ? { uid: id } : {}),
      groups: groupNames,
      ...(Object.keys(more).length > 0 ? { extra: more } : {}),
    }
    for (const rule of userRules) keep(rule, 'error evaluating user info validation rule', () => evaluateUser(rule.program, user))
    return user
  }
}

function evaluated<T>(what: string, evaluate: () => T): T {
  try {
    return evaluate()
  } catch (error) {
    return fail(`error evaluating ${what} expression: ${(error as Error).message}`)
  }
}

function keep({ program, message }: { program: Program; message: string }, what: string, evaluate: () => unknown): void {
  let held: unknown
  try {
    held = evaluate()
  } catch (error) {
    fail(`${what}: expression '${program.source}' resulted in error: ${(error as Error).message}`)
  }
  if (held !== true) fail(`${what}: validation expression '${program.source}' failed${message ? `: ${message}` : ''}`)
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
