/**
 * Who asks (upstream: pkg/kubeapiserver/authenticator): the front proxy's word, a client certificate, a bearer token,
 * or nobody. The first that knows the credentials answers; wrong ones are refused without saying why.
 */
import { newUnauthorized, StatusError } from '../../api/errors.ts'
import type { Logger } from '../../log/log.ts'
import type { Authenticator, Credentials, User } from '../request.ts'
import { bearerToken, type TokenAuthenticator } from './token.ts'

export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }

export interface AnonymousOptions {
  readonly enabled: boolean
  /** Set: only on these paths. */
  readonly paths?: readonly string[]
}

export interface AuthenticationOptions {
  /** Asked in order before tokens: certificates, the front proxy. */
  readonly requests: readonly Authenticator[]
  readonly tokens: TokenAuthenticator
  /** Asked at each request: it may change while the server runs. */
  readonly anonymous: () => AnonymousOptions
  readonly log: Logger
}

const mostRemembered = 10_000

export function createAuthenticator({ requests, tokens, anonymous: anonymousOptions, log }: AuthenticationOptions): Authenticator {
  /** One User object for equal users, so that what is remembered about it (decisions) is found again. */
  const users = new Map<string, User>()
  const unique = (user: User, token: string): User => {
    const known = users.get(token)
    if (known && same(known, user)) return known
    if (users.size >= mostRemembered) users.clear()
    users.set(token, user)
    return user
  }
  const nobody = (path: string): User | undefined => {
    const { enabled, paths } = anonymousOptions()
    return enabled && (!paths || paths.includes(path)) ? anonymous : undefined
  }
  const refuse = (error: unknown, { remoteAddress }: Credentials): never => {
    if (error instanceof StatusError && error.code !== 401) throw error
    log.warn('authentication failed', { error, remoteAddress })
    throw newUnauthorized()
  }
  return {
    authenticate(credentials, path = '') {
      for (const one of requests) {
        const user = one.authenticate(credentials)
        if (user) return user
      }
      const token = bearerToken(credentials.authorization)
      if (token === undefined) {
        // Wrong credentials are refused, not taken for none.
        const { certificate, certificateError = 'it is signed by no authority for clients' } = credentials
        if (certificate || credentials.certificateError) refuse(`verifying the certificate failed: ${certificateError}`, credentials)
        return nobody(path)
      }
      const take = (found: { user: User } | undefined) =>
        found ? unique(withAuthenticated(found.user), token) : refuse('no authenticator knows the token', credentials)
      try {
        const answer = tokens.authenticate(token)
        return answer instanceof Promise ? answer.then(take).catch((error: unknown) => refuse(error, credentials)) : take(answer)
      } catch (error) {
        return refuse(error, credentials)
      }
    },
  }
}

const withAuthenticated = (user: User): User =>
  user.groups.includes('system:authenticated') || user.groups.includes('system:unauthenticated')
    ? user
    : { ...user, groups: [...user.groups, 'system:authenticated'] }

const same = (a: User, b: User): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)
