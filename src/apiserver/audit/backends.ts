/** Where audit events go: a file of JSON lines that is rotated, and a webhook that is told in batches and never waited for. */

import type { Transport } from '../../client/transport.ts'
import { openLogFile } from '../../log/file.ts'
import type { Logger } from '../../log/log.ts'

export interface AuditBackend {
  write(event: object): void
  close(): Promise<void>
}

export function createFileBackend(path: string, options: { maxBytes: number; keep: number }): AuditBackend {
  const file = path === '-' ? { write: (line: string) => void process.stdout.write(line), close() {} } : openLogFile(path, options)
  return {
    write: (event) => file.write(`${JSON.stringify(event)}\n`),
    close: () => Promise.resolve(file.close()),
  }
}

const batchSize = 400
const batchWaitMs = 30_000
/** Events beyond are dropped: a webhook that is down must not fill the memory. */
const bufferSize = 10_000
const attempts = 5

export function createWebhookBackend(transport: Transport, path: string, log: Logger): AuditBackend {
  let waiting: object[] = []
  let dropped = 0
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> = Promise.resolve()

  const post = async (items: readonly object[]): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        await transport.request({ method: 'POST', path, body: { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items } })
        return
      } catch (error) {
        if (attempt === attempts) {
          log.error('audit events were not taken by the webhook', { error, events: items.length })
          return
        }
        await new Promise((done) => setTimeout(done, 500 * 2 ** attempt).unref())
      }
    }
  }
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    sending = sending.then(async () => {
      while (waiting.length > 0) await post(waiting.splice(0, batchSize))
      if (dropped > 0) log.error('audit events were dropped: the webhook is too slow', { events: dropped })
      dropped = 0
    })
  }
  return {
    write(event) {
      if (waiting.length >= bufferSize) {
        dropped++
        return
      }
      waiting.push(event)
      if (waiting.length === batchSize) flush()
      else timer ??= setTimeout(flush, batchWaitMs).unref()
    },
    async close() {
      flush()
      await sending
      waiting = []
      transport.close()
    },
  }
}
