/** What came of asking webhooks, and of the conditions of webhooks and policies (apiserver/pkg/admission/metrics). */
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { WriteAttributes } from '../request.ts'

type Operation = WriteAttributes['operation']
/** How upstream names the two: webhooks that validate are told apart from plugins that do. */
type WebhookType = 'admit' | 'validating'

export interface WebhookMetrics {
  /** `code` is of the answer, or of what kept the webhook from giving one; 0: the fault is the server's own. */
  called(name: string, operation: Operation, outcome: { readonly rejected: boolean; readonly code: number; readonly seconds: number }): void
  rejected(name: string, operation: Operation, error: 'no_error' | 'calling_webhook_error' | 'apiserver_internal_error', code: number): void
  failedOpen(name: string): void
}

export function createWebhookMetrics(metrics: MetricsRegistry, type: WebhookType): WebhookMetrics {
  const durations = metrics.histogram(
    'apiserver_admission_webhook_admission_duration_seconds',
    '[STABLE] Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).',
    ['name', 'type', 'operation', 'rejected'],
    [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25],
  )
  const requests = metrics.counter(
    'apiserver_admission_webhook_request_total',
    '[ALPHA] Admission webhook request total, identified by name and broken out for each admission type (validating or mutating) and operation. Additional labels specify whether the request was rejected or not and an HTTP status code. Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.',
    ['name', 'type', 'operation', 'code', 'rejected'],
  )
  const rejections = metrics.counter(
    'apiserver_admission_webhook_rejection_count',
    '[ALPHA] Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify an error type (calling_webhook_error or apiserver_internal_error if an error occurred; no_error otherwise) and optionally a non-zero rejection code if the webhook rejects the request with an HTTP status code (honored by the apiserver when the code is greater or equal to 400). Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.',
    ['name', 'type', 'operation', 'error_type', 'rejection_code'],
  )
  const opened = metrics.counter(
    'apiserver_admission_webhook_fail_open_count',
    '[ALPHA] Admission webhook fail open count, identified by name and broken out for each admission type (validating or mutating).',
    ['name', 'type'],
  )
  const bounded = (code: number) => String(Math.min(code, 600))
  return {
    called(name, operation, { rejected, code, seconds }) {
      durations.observe(seconds, [name, type, operation, String(rejected)])
      requests.add([name, type, operation, bounded(code), String(rejected)])
    },
    rejected: (name, operation, error, code) => rejections.add([name, type, operation, error, bounded(code)]),
    failedOpen: (name) => opened.add([name, type]),
  }
}

/** Sees the conditions of one webhook or policy evaluated. */
export interface ConditionsObserver {
  evaluated(seconds: number): void
  failed(): void
  /** One of them is false. */
  excluded(): void
}

export function createConditionMetrics(
  metrics: MetricsRegistry,
  kind: 'webhook' | 'policy',
  type: 'admit' | 'validate',
): (name: string, operation: Operation) => ConditionsObserver {
  const labels = ['name', 'kind', 'type', 'operation']
  const what = 'containing matchConditions (webhook or policy), operation and admission type (validate or admit).'
  const durations = metrics.histogram(
    'apiserver_admission_match_condition_evaluation_seconds',
    '[ALPHA] Admission match condition evaluation time in seconds, identified by name and broken out for each kind containing matchConditions (webhook or policy), operation and type (validate or admit).',
    labels,
    [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25],
  )
  const errors = metrics.counter(
    'apiserver_admission_match_condition_evaluation_errors_total',
    `[ALPHA] Admission match condition evaluation errors count, identified by name of resource containing the match condition and broken out for each kind ${what}`,
    labels,
  )
  const exclusions = metrics.counter(
    'apiserver_admission_match_condition_exclusions_total',
    `[ALPHA] Admission match condition evaluation exclusions count, identified by name of resource containing the match condition and broken out for each kind ${what}`,
    labels,
  )
  return (name, operation) => {
    const of = [name, kind, type, operation]
    return {
      evaluated: (seconds) => durations.observe(seconds, of),
      failed: () => errors.add(of),
      excluded: () => exclusions.add(of),
    }
  }
}

/** What keeps an expression of a policy from a result. */
export type CheckError = 'no_error' | 'compile_error' | 'invalid_error' | 'out_of_budget'
const checkBuckets = [0.0000005, 0.001, 0.01, 0.1, 1]

/** Of validating policies, by what the binding makes of a violation (policy/validating/metrics). */
export function createValidationMetrics(metrics: MetricsRegistry) {
  const labels = ['policy', 'policy_binding', 'error_type', 'enforcement_action']
  const checks = metrics.counter(
    'apiserver_validating_admission_policy_check_total',
    '[BETA] Validation admission policy check total, labeled by policy and further identified by binding and enforcement action taken.',
    labels,
  )
  const durations = metrics.histogram(
    'apiserver_validating_admission_policy_check_duration_seconds',
    '[BETA] Validation admission latency for individual validation expressions in seconds, labeled by policy and further including binding and enforcement action taken.',
    labels,
    checkBuckets,
  )
  return (policy: string, binding: string, error: CheckError, action: 'allow' | 'deny' | 'audit' | 'warn', seconds: number): void => {
    const of = [policy, binding, error, action]
    checks.add(of)
    durations.observe(seconds, of)
  }
}

/** Of mutating policies (policy/mutating/metrics). */
export function createMutationMetrics(metrics: MetricsRegistry) {
  const labels = ['policy', 'policy_binding', 'error_type']
  const checks = metrics.counter(
    'apiserver_mutating_admission_policy_check_total',
    '[ALPHA] Mutation admission policy check total, labeled by policy and further identified by binding.',
    labels,
  )
  const durations = metrics.histogram(
    'apiserver_mutating_admission_policy_check_duration_seconds',
    '[ALPHA] Mutation admission latency for individual mutation expressions in seconds, labeled by policy and binding.',
    labels,
    checkBuckets,
  )
  return (policy: string, binding: string, error: CheckError, seconds: number): void => {
    const of = [policy, binding, error]
    checks.add(of)
    durations.observe(seconds, of)
  }
}
