import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { createMetrics } from '../metrics/metrics.ts'
import { identityOf } from './identity.ts'
import { hashOf, reloadCounter } from './reload-metrics.ts'

test.each(['authentication', 'authorization', 'encryption'] as const)(
  'reloads of %s are counted, and the last of each kind is told',
  (of) => {
    const metrics = createMetrics()
    const count = reloadCounter(metrics, of)
    for (const status of ['success', 'success', 'failure'] as const) count(status)
    const name = `apiserver_${of}_config_controller_automatic_reload`
    const rows = metrics.render().split('\n')
    const labels = (status: string) => `{status="${status}",apiserver_id_hash="${hashOf(identityOf(hostname()))}"}`
    expect(rows).toContain(`${name}s_total${labels('success')} 2`)
    expect(rows).toContain(`${name}s_total${labels('failure')} 1`)
    const last = rows.find((row) => row.startsWith(`${name}_last_timestamp_seconds${labels('failure')} `))
    expect(Date.now() / 1000 - Number(last?.split(' ').at(-1))).toBeLessThan(60)
  },
)
