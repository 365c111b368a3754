/** What became of the changes of a configuration file (server/options/…config/metrics), told with the server that took them in. */
import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import type { MetricsRegistry } from '../metrics/metrics.ts'
import { identityOf } from './identity.ts'

/** As metrics tell identities and keys: by their hash. */
export const hashOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

const texts = {
  authentication: [
    '[BETA] Total number of automatic reloads of authentication configuration split by status and apiserver identity.',
    '[BETA] Timestamp of the last automatic reload of authentication configuration split by status and apiserver identity.',
  ],
  authorization: [
    '[BETA] Total number of automatic reloads of authorization configuration split by status and apiserver identity.',
    '[BETA] Timestamp of the last automatic reload of authorization configuration split by status and apiserver identity.',
  ],
  encryption: [
    '[ALPHA] Total number of reload successes and failures of encryption configuration split by apiserver identity.',
    '[ALPHA] Timestamp of the last successful or failed automatic reload of encryption configuration split by apiserver identity.',
  ],
} as const

export function reloadCounter(metrics: MetricsRegistry, of: keyof typeof texts): (status: 'success' | 'failure') => void {
  const name = `apiserver_${of}_config_controller_automatic_reload`
  const [totalHelp, lastHelp] = texts[of]
  const labels = ['status', 'apiserver_id_hash']
  const total = metrics.counter(`${name}s_total`, totalHelp, labels)
  const last = metrics.gauge(`${name}_last_timestamp_seconds`, lastHelp, labels)
  const server = hashOf(identityOf(hostname()))
  return (status) => {
    total.add([status, server])
    last.set(Date.now() / 1000, [status, server])
  }
}
