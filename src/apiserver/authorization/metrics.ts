/** What each authorizer decides, and what came of asking webhooks (apiserver/pkg/authorization/metrics, plugin/pkg/authorizer/webhook/metrics). */
import { defaultBuckets, type MetricsRegistry } from '../../metrics/metrics.ts'
import type { Authorizer, Decision } from '../request.ts'

export interface AuthorizationMetrics {
  /** The authorizer, with what it decides itself counted. */
  measured(authorizer: Authorizer, type: string, name: string): Authorizer
  webhook(name: string): AuthorizationWebhookMetrics
}
export interface AuthorizationWebhookMetrics {
  asked(result: 'success' | 'timeout' | 'error', seconds: number): void
  /** It could not be asked, and the next authorizer decides. */
  failedOpen(result: 'timeout' | 'error'): void
  conditions(seconds: number): void
  excluded(): void
  conditionsFailed(): void
}

export function createAuthorizationMetrics(metrics: MetricsRegistry): AuthorizationMetrics {
  const decisions = new Map<string, { readonly labels: readonly string[]; allow: number; deny: number }>()
  metrics.collect(
    'apiserver_authorization_decisions_total',
    '[ALPHA] Total number of terminal decisions made by an authorizer split by authorizer type, name, and decision.',
    ['type', 'name', 'decision'],
    function* () {
      for (const { labels, allow, deny } of decisions.values()) {
        if (allow > 0) yield [[...labels, 'allowed'], allow]
        if (deny > 0) yield [[...labels, 'denied'], deny]
      }
    },
    'counter',
  )
  const name = (short: string) => `apiserver_authorization_${short}`
  const asked = metrics.counter(name('webhook_evaluations_total'), '[ALPHA] Round-trips to authorization webhooks.', ['name', 'result'])
  const durations = metrics.histogram(
    name('webhook_duration_seconds'),
    '[ALPHA] Request latency in seconds.',
    ['name', 'result'],
    defaultBuckets,
  )
  const opened = metrics.counter(
    name('webhook_evaluations_fail_open_total'),
    '[ALPHA] NoOpinion results due to webhook timeout or error.',
    ['name', 'result'],
  )
  const conditions = metrics.histogram(
    name('match_condition_evaluation_seconds'),
    '[ALPHA] Authorization match condition evaluation time in seconds, split by authorizer type and name.',
    ['type', 'name'],
    [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25],
  )
  const failures = metrics.counter(
    name('match_condition_evaluation_errors_total'),
    '[ALPHA] Total number of errors when an authorization webhook encounters a match condition error split by authorizer type and name.',
    ['type', 'name'],
  )
  const exclusions = metrics.counter(
    name('match_condition_exclusions_total'),
    '[ALPHA] Total number of exclusions when an authorization webhook is skipped because match conditions exclude it.',
    ['type', 'name'],
  )
  return {
    measured(authorizer, type, of) {
      const key = `${type} ${of}`
      const counts = decisions.get(key) ?? { labels: [type, of], allow: 0, deny: 0 }
      decisions.set(key, counts)
      const count = (decision: Decision): Decision => {
        if (decision.decision !== 'no-opinion') counts[decision.decision]++
        return decision
      }
      return {
        authorize(attributes) {
          const decision = authorizer.authorize(attributes)
          return decision instanceof Promise ? decision.then(count) : count(decision)
        },
      }
    },
    webhook: (of) => ({
      asked(result, seconds) {
        asked.add([of, result])
        durations.observe(seconds, [of, result])
      },
      failedOpen: (result) => opened.add([of, result]),
      conditions: (seconds) => conditions.observe(seconds, ['Webhook', of]),
      excluded: () => exclusions.add(['Webhook', of]),
      conditionsFailed: () => failures.add(['Webhook', of]),
    }),
  }
}
