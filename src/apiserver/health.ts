/** /healthz, /livez and /readyz, as a whole and check by check (apiserver/pkg/server/healthz). */
import type { HealthMetrics } from '../metrics/health.ts'
import type { Answer } from './call.ts'
import type { RequestInfo } from './request.ts'

export interface HealthCheck {
  readonly name: string
  /** Which of the three it belongs to; all when absent. */
  readonly on?: readonly ('healthz' | 'livez' | 'readyz')[]
  /** Undefined: well. */
  check(): string | undefined | Promise<string | undefined>
}

const text = (status: number, body: string): Answer => ({
  kind: 'bytes',
  status,
  type: 'text/plain; charset=utf-8',
  bytes: Buffer.from(body),
  headers: { 'x-content-type-options': 'nosniff' },
})

export async function health(checks: readonly HealthCheck[], info: RequestInfo, measured: HealthMetrics): Promise<Answer> {
  const [, endpoint, ...rest] = info.path.replace(/\/+$/, '').split('/') as [string, 'healthz' | 'livez' | 'readyz', ...string[]]
  const mine = checks.filter((c) => !c.on || c.on.includes(endpoint))
  if (rest.length > 0) {
    const one = mine.find((c) => c.name === rest.join('/'))
    if (!one) return text(404, '404 page not found\n')
    const fault = await one.check()
    measured(one.name, endpoint, fault === undefined)
    return fault ? text(500, `internal server error: ${fault}\n`) : text(200, 'ok')
  }
  const excluded = new Set(info.query.getAll('exclude'))
  const lines: string[] = []
  let failed = false
  for (const { name, check } of mine) {
    if (excluded.delete(name)) {
      lines.push(`[+]${name} excluded: ok`)
      continue
    }
    const fault = await check()
    measured(name, endpoint, fault === undefined)
    if (fault) failed = true
    lines.push(fault ? `[-]${name} failed: reason withheld` : `[+]${name} ok`)
  }
  if (excluded.size > 0)
    lines.push(
      `warn: some health checks cannot be excluded: no matches for ${[...excluded].map((name) => JSON.stringify(name)).join(', ')}`,
    )
  if (failed) return text(500, `${lines.join('\n')}\n${endpoint} check failed\n`)
  return info.query.has('verbose') ? text(200, `${lines.join('\n')}\n${endpoint} check passed\n`) : text(200, 'ok')
}
