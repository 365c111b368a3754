/** The flags of auditing, under upstream's names, and the auditor that they ask for. */
import { readFileSync } from 'node:fs'
import { createHttpsTransport } from '../../client/https-transport.ts'
import { connectionOf, readKubeconfig } from '../../client/kubeconfig.ts'
import type { FlagTable } from '../../flags/flags.ts'
import type { Logger } from '../../log/log.ts'
import { type Auditor, createAuditor } from './audit.ts'
import {
  type AuditBackend,
  createBatchBackend,
  createBlockingBackend,
  createLogSink,
  createTruncatingBackend,
  createWebhookSink,
  logFormats,
  type Sink,
} from './backends.ts'
import { parsePolicy } from './policy.ts'
import { openRotatedFile } from './rotated-file.ts'

export const auditFlags = {
  'audit-policy-file': { type: 'string', doc: 'The policy that says how much is told of which requests.' },
  'audit-log-path': { type: 'string', doc: 'The file that audit events are written to; - for standard output.' },
  'audit-log-format': { type: 'string', default: 'json', doc: 'A line of the audit log: json, or legacy text.' },
  'audit-log-version': { type: 'string', default: 'audit.k8s.io/v1', doc: 'The version of the events in the log.' },
  'audit-log-maxsize': { type: 'int', default: 100, doc: 'Megabytes after which the audit log is rotated.' },
  'audit-log-maxbackup': { type: 'int', default: 0, doc: 'How many rotated audit logs are kept; 0 for all.' },
  'audit-log-maxage': { type: 'int', default: 0, doc: 'How many days rotated audit logs are kept; 0 for ever.' },
  'audit-log-compress': { type: 'bool', doc: 'Whether rotated audit logs are compressed with gzip.' },
  'audit-log-mode': {
    type: 'string',
    default: 'blocking',
    doc: 'blocking writes each event before the request goes on, blocking-strict refuses the request where that fails, batch writes them later.',
  },
  ...batchFlags('log', { size: 1, waitMs: 0, throttle: false, qps: 0, burst: 0 }),
  'audit-webhook-config-file': { type: 'string', doc: 'A kubeconfig of the webhook that audit events are sent to.' },
  'audit-webhook-version': { type: 'string', default: 'audit.k8s.io/v1', doc: 'The version of the events that are sent.' },
  'audit-webhook-initial-backoff': {
    type: 'duration',
    default: 10_000,
    doc: 'The pause before what the webhook did not take is sent again.',
  },
  'audit-webhook-mode': {
    type: 'string',
    default: 'batch',
    doc: 'How events are sent: batch later, and no request waits; blocking before the request goes on; blocking-strict refuses it where that fails.',
  },
  ...batchFlags('webhook', { size: 400, waitMs: 30_000, throttle: true, qps: 10, burst: 15 }),
} as const satisfies FlagTable

type BatchFlag =
  | 'batch-buffer-size'
  | 'batch-max-size'
  | 'batch-max-wait'
  | 'batch-throttle-enable'
  | 'batch-throttle-qps'
  | 'batch-throttle-burst'
type TruncateFlag = 'truncate-enabled' | 'truncate-max-batch-size' | 'truncate-max-event-size'

function batchFlags<Name extends 'log' | 'webhook'>(
  name: Name,
  d: { readonly size: number; readonly waitMs: number; readonly throttle: boolean; readonly qps: number; readonly burst: number },
) {
  return {
    [`audit-${name}-batch-buffer-size`]: {
      type: 'int',
      default: 10_000,
      doc: 'How many events may wait in batch mode; further ones are dropped.',
    },
    [`audit-${name}-batch-max-size`]: { type: 'int', default: d.size, doc: 'How many events a batch has at most.' },
    [`audit-${name}-batch-max-wait`]: { type: 'duration', default: d.waitMs, doc: 'How long an event waits for others at most.' },
    [`audit-${name}-batch-throttle-enable`]: { type: 'bool', default: d.throttle, doc: 'Whether batches are held back to a rate.' },
    [`audit-${name}-batch-throttle-qps`]: { type: 'float', default: d.qps, doc: 'Batches a second, on average.' },
    [`audit-${name}-batch-throttle-burst`]: { type: 'int', default: d.burst, doc: 'Batches at once after a pause.' },
    [`audit-${name}-truncate-enabled`]: { type: 'bool', default: false, doc: 'Whether events that are too large lose their objects.' },
    [`audit-${name}-truncate-max-batch-size`]: { type: 'int', default: 10_485_760, doc: 'Bytes in a batch, at most.' },
    [`audit-${name}-truncate-max-event-size`]: { type: 'int', default: 102_400, doc: 'Bytes in an event, at most.' },
  } as Readonly<Record<`audit-${Name}-${BatchFlag | TruncateFlag}`, FlagTable[string]>>
}

export type AuditValues = Readonly<Record<keyof typeof auditFlags, unknown>>

/** Undefined: nothing is audited. */
export function auditorOf(values: AuditValues, log: Logger): Auditor | undefined {
  const text = (name: keyof typeof auditFlags) => values[name] as string
  const number = (name: keyof typeof auditFlags) => values[name] as number
  const policy = text('audit-policy-file')
  const backends: AuditBackend[] = []
  for (const name of ['log', 'webhook'] as const)
    if (text(`audit-${name}-version`) !== 'audit.k8s.io/v1') throw new Error(`--audit-${name}-version: only audit.k8s.io/v1 is known`)

  const path = text('audit-log-path')
  if (path) {
    const format = logFormats[text('audit-log-format') as keyof typeof logFormats]
    if (!format) throw new Error(`--audit-log-format: ${text('audit-log-format')} is none of ${Object.keys(logFormats).join(', ')}`)
    const file = openRotatedFile(path, {
      maxBytes: (number('audit-log-maxsize') || 100) * 1024 * 1024,
      maxBackups: number('audit-log-maxbackup'),
      maxAgeDays: number('audit-log-maxage'),
      compress: values['audit-log-compress'] as boolean,
    })
    backends.push(backendOf('log', createLogSink(file, format)))
  }
  const webhook = text('audit-webhook-config-file')
  if (webhook) {
    const connection = connectionOf(readKubeconfig([webhook]))
    // The server's path is where events are posted to.
    const { pathname, search, origin } = new URL(connection.server)
    const sink = createWebhookSink(
      createHttpsTransport({ ...connection, server: origin }),
      `${pathname}${search}`,
      number('audit-webhook-initial-backoff'),
    )
    backends.push(backendOf('webhook', sink))
  }
  if (!policy && backends.length > 0) throw new Error('--audit-log-path and --audit-webhook-config-file need --audit-policy-file')
  if (!policy || backends.length === 0) return undefined
  return createAuditor(parsePolicy(readFileSync(policy, 'utf8')), backends, () => new Date())

  function backendOf(name: 'log' | 'webhook', sink: Sink): AuditBackend {
    const mode = text(`audit-${name}-mode`)
    if (!['batch', 'blocking', 'blocking-strict'].includes(mode))
      throw new Error(`--audit-${name}-mode: ${mode} is none of batch, blocking, blocking-strict`)
    return truncating(name, mode === 'batch' ? batching(name, sink) : createBlockingBackend(sink, mode === 'blocking-strict', log))
  }
  function batching(name: 'log' | 'webhook', sink: Sink): AuditBackend {
    return createBatchBackend(
      sink,
      {
        bufferSize: number(`audit-${name}-batch-buffer-size`),
        maxSize: number(`audit-${name}-batch-max-size`),
        maxWaitMs: number(`audit-${name}-batch-max-wait`),
        ...(values[`audit-${name}-batch-throttle-enable`]
          ? { throttle: { qps: number(`audit-${name}-batch-throttle-qps`), burst: number(`audit-${name}-batch-throttle-burst`) } }
          : {}),
        ...(values[`audit-${name}-truncate-enabled`] ? { maxBytes: number(`audit-${name}-truncate-max-batch-size`) } : {}),
      },
      log,
    )
  }
  function truncating(name: 'log' | 'webhook', backend: AuditBackend): AuditBackend {
    return values[`audit-${name}-truncate-enabled`]
      ? createTruncatingBackend(backend, number(`audit-${name}-truncate-max-event-size`), log)
      : backend
  }
}
