/** What is well, as a whole and check by check (apiserver/pkg/server/healthz): every component's server answers so. */
import type { HealthMetrics } from '../metrics/health.ts'

export interface HealthCheck {
  readonly name: string
  /** Undefined: well. */
  check(): string | undefined | Promise<string | undefined>
}

/** The answer to `/healthz`, or to `/healthz/name` where `one` is named. */
export async function answerHealth(
  checks: readonly HealthCheck[],
  { endpoint, one, query }: { readonly endpoint: string; readonly one: string; readonly query: URLSearchParams },
  measured: HealthMetrics,
): Promise<{ readonly status: number; readonly body: string }> {
  if (one) {
    const found = checks.find((c) => c.name === one)
    if (!found) return { status: 404, body: '404 page not found\n' }
    const fault = await found.check()
    measured(found.name, endpoint, fault === undefined)
    return fault ? { status: 500, body: `internal server error: ${fault}\n` } : { status: 200, body: 'ok' }
  }
  const excluded = new Set(query.getAll('exclude'))
  const lines: string[] = []
  let failed = false
  for (const { name, check } of checks) {
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
  if (failed) return { status: 500, body: `${lines.join('\n')}\n${endpoint} check failed\n` }
  return { status: 200, body: query.has('verbose') ? `${lines.join('\n')}\n${endpoint} check passed\n` : 'ok' }
}
