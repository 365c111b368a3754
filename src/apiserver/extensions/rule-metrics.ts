/** How long the rules of definitions take (apiserver/pkg/cel/metrics): upstream measures those of no policy here. */
import type { MetricsRegistry } from '../../metrics/metrics.ts'

export interface RuleMetrics {
  /** The rules of one version's schema. */
  compiled(seconds: number): void
  /** One object by all of its rules. */
  evaluated(seconds: number): void
}

export function createRuleMetrics(metrics: MetricsRegistry): RuleMetrics {
  const compilations = metrics.histogram('apiserver_cel_compilation_duration_seconds', '[BETA] CEL compilation time in seconds.').row([])
  const evaluations = metrics.histogram('apiserver_cel_evaluation_duration_seconds', '[BETA] CEL evaluation time in seconds.').row([])
  return { compiled: (seconds) => compilations.observe(seconds), evaluated: (seconds) => evaluations.observe(seconds) }
}
