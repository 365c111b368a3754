/** What pod security decided (pod-security-admission/metrics). */
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { WriteAttributes } from '../request.ts'
import { serverVersion } from '../version.ts'
import { type LevelVersion, minorOf, type modes } from './pod-security-policy.ts'

export function createPodSecurityMetrics(metrics: MetricsRegistry) {
  const request = ['request_operation', 'resource', 'subresource']
  const evaluations = metrics.counter(
    'pod_security_evaluations_total',
    '[ALPHA] Number of policy evaluations that occurred, not counting ignored or exempt requests.',
    ['decision', 'policy_level', 'policy_version', 'mode', ...request],
  )
  const exemptions = metrics.counter(
    'pod_security_exemptions_total',
    '[ALPHA] Number of exempt requests, not counting ignored or out of scope requests.',
    request,
  )
  const errors = metrics.counter(
    'pod_security_errors_total',
    '[ALPHA] Number of errors preventing normal evaluation. Non-fatal errors may result in the latest restricted profile being used for evaluation.',
    ['fatal', ...request],
  )
  /** Kinds with a template are one. */
  const of = ({ operation, resource, subresource }: WriteAttributes): string[] => [
    operation.toLowerCase(),
    resource.resource === 'pods' ? 'pod' : 'controller',
    subresource?.name ?? '',
  ]
  return {
    evaluated(allowed: boolean, { level, version }: LevelVersion, mode: (typeof modes)[number], write: WriteAttributes): void {
      // A label may name any version: those to come are one.
      const told = version !== 'latest' && minorOf(version) > Number(serverVersion.minor) ? 'future' : version
      evaluations.add([allowed ? 'allow' : 'deny', level, told, mode, ...of(write)])
    },
    exempt: (write: WriteAttributes): void => exemptions.add(of(write)),
    /** A label that says nothing known. */
    misread: (write: WriteAttributes): void => errors.add(['false', ...of(write)]),
  }
}
