/** The issuers and open paths of the AuthenticationConfiguration at work, and again whenever its file changes. */
import type { Logger } from '../../log/log.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { AccessOptions } from '../access.ts'
import { reloadCounter } from '../reload-metrics.ts'
import type { AnonymousOptions } from './authentication.ts'
import type { AuthenticationConfiguration } from './configuration.ts'
import { type TokenAuthenticator, tokenUnion } from './token.ts'

export interface StructuredAuthenticationDeps {
  readonly log: Logger
  readonly metrics: MetricsRegistry
  readonly now: () => Date
  readonly apiAudiences: readonly string[]
}

export function createStructuredAuthentication(
  deps: StructuredAuthenticationDeps,
  { authentication, anonymous: byFlags }: Pick<AccessOptions, 'authentication' | 'anonymous'>,
): { readonly tokens: TokenAuthenticator; anonymous(): AnonymousOptions } {
  const stateOf = ({ jwt = [], anonymous }: AuthenticationConfiguration) => ({
    tokens: tokenUnion(authentication ? jwt.map((one) => authentication.authenticatorOf(one, deps)) : []),
    anonymous: anonymous
      ? {
          enabled: anonymous.enabled === true,
          ...(anonymous.conditions?.length ? { paths: anonymous.conditions.map(({ path }) => path) } : {}),
        }
      : byFlags,
  })
  let state = stateOf(authentication?.config.current ?? {})
  authentication?.config.follow(
    (next) => {
      state = stateOf(next)
    },
    reloadCounter(deps.metrics, 'authentication'),
  )
  return { tokens: { authenticate: (token, audiences) => state.tokens.authenticate(token, audiences) }, anonymous: () => state.anonymous }
}
