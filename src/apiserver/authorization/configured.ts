/** The authorizers of flags or file at work, asked in order, and anew whenever the file changes. */
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { Objects } from '../objects.ts'
import { reloadCounter } from '../reload-metrics.ts'
import type { Reloadable } from '../reloadable.ts'
import type { Authorizer } from '../request.ts'
import { alwaysAllow, alwaysDeny, privileged, union } from './authorizers.ts'
import type { AuthorizerConfiguration } from './configuration.ts'
import { createAuthorizationMetrics } from './metrics.ts'
import { createNodeAuthorizer } from './node.ts'
import { createNodeGraph } from './node-graph.ts'
import type { Rbac } from './rbac.ts'
import { createWebhookAuthorizer } from './webhook.ts'

export interface ConfiguredAuthorizerDeps {
  readonly objects: Objects
  readonly rbac: Rbac
  readonly metrics: MetricsRegistry
  readonly now: () => Date
}

export function createConfiguredAuthorizer(
  { objects, rbac, metrics, now }: ConfiguredAuthorizerDeps,
  config: Reloadable<readonly AuthorizerConfiguration[]>,
): Authorizer {
  const figures = createAuthorizationMetrics(metrics)
  // Its graph is kept over reloads.
  let node: Authorizer | undefined
  const authorizerOf = (one: AuthorizerConfiguration): Authorizer => {
    switch (one.type) {
      case 'AlwaysAllow':
        return alwaysAllow
      case 'AlwaysDeny':
        return alwaysDeny
      case 'Node':
        node ??= createNodeAuthorizer(objects, createNodeGraph(objects))
        return node
      case 'RBAC':
        return rbac
      case 'Webhook':
        return createWebhookAuthorizer(one.webhook, now, figures.webhook(one.name))
    }
  }
  const unionOf = (list: readonly AuthorizerConfiguration[]) =>
    union([privileged, ...list.map((one) => figures.measured(authorizerOf(one), one.type, one.name))])
  let current = unionOf(config.current)
  config.follow(
    (next) => {
      current = unionOf(next)
    },
    reloadCounter(metrics, 'authorization'),
  )
  return { authorize: (attributes) => current.authorize(attributes) }
}
