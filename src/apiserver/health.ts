/** /healthz, /livez and /readyz of the API server. */
import { answerHealth, type HealthCheck as Check } from '../http/health.ts'
import type { HealthMetrics } from '../metrics/health.ts'
import type { Answer } from './call.ts'
import type { RequestInfo } from './request.ts'

export interface HealthCheck extends Check {
  /** Which of the three it belongs to; all when absent. */
  readonly on?: readonly ('healthz' | 'livez' | 'readyz')[]
}

export async function health(checks: readonly HealthCheck[], info: RequestInfo, measured: HealthMetrics): Promise<Answer> {
  const [, endpoint, ...rest] = info.path.replace(/\/+$/, '').split('/') as [string, 'healthz' | 'livez' | 'readyz', ...string[]]
  const mine = checks.filter((c) => !c.on || c.on.includes(endpoint))
  const { status, body } = await answerHealth(mine, { endpoint, one: rest.join('/'), query: info.query }, measured)
  return {
    kind: 'bytes',
    status,
    type: 'text/plain; charset=utf-8',
    bytes: Buffer.from(body),
    headers: { 'x-content-type-options': 'nosniff' },
  }
}
