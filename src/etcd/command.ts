/** `kijabi etcd`: etcd's API over the embedded store, with etcd's flags. One member; more of them are refused. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { TlsOptions } from 'node:tls'
import type { Command } from '../flags/command.ts'
import type { FlagTable, ParsedFlags } from '../flags/flags.ts'
import { strongTls } from '../http/tls.ts'
import { createLogger, type Level, type Logger } from '../log/log.ts'
import { type EmbeddedStore, openEmbeddedStore } from '../store/embedded.ts'
import { etcdVersion } from './maintenance.ts'
import { createEtcdServer } from './server.ts'

export const flags: FlagTable = {
  name: { type: 'string', default: 'default', doc: 'Human-readable name for this member.' },
  'data-dir': { type: 'string', doc: 'Path to the data directory. Default NAME.etcd.' },
  'listen-client-urls': {
    type: 'list',
    default: ['http://localhost:2379'],
    doc: 'URLs to listen on for client traffic (http, https or unix).',
  },
  'advertise-client-urls': { type: 'list', doc: 'Client URLs told to the clients. Default the listen URLs.' },
  'listen-peer-urls': {
    type: 'list',
    default: ['http://localhost:2380'],
    doc: 'URLs for peers: one member has none, nothing listens there.',
  },
  'initial-advertise-peer-urls': { type: 'list', doc: 'Peer URLs told to the rest of the cluster.' },
  'initial-cluster': { type: 'list', doc: 'Members at the start, name=url. Only one is supported.' },
  'cert-file': { type: 'string', doc: 'The client server TLS certificate.' },
  'key-file': { type: 'string', doc: 'The client server TLS key.' },
  'trusted-ca-file': { type: 'string', doc: 'The CA that client certificates are checked against.' },
  'client-cert-auth': { type: 'bool', doc: 'Require a client certificate signed by the trusted CA.' },
  'max-request-bytes': { type: 'int', default: 1572864, doc: 'The largest client request in bytes.' },
  'auto-compaction-mode': { type: 'string', default: 'periodic', doc: 'How auto-compaction-retention is read: periodic or revision.' },
  'auto-compaction-retention': {
    type: 'string',
    default: '0',
    doc: 'How much history to keep: hours or a duration (periodic), a number (revision). 0 is all of it.',
  },
  'log-level': { type: 'string', default: 'info', doc: 'debug, info, warn or error.' },
  'log-format': { type: 'string', default: 'console', doc: 'console or json.' },
  version: { type: 'bool', doc: 'Print the version and exit.' },
}

export const command: Command = {
  summary: 'A distributed reliable key-value store: etcd’s API, one member',
  usage: 'etcd [flags]',
  flags,
  async run(invocation) {
    const { values, stdout, signal } = invocation
    if (values['version']) {
      stdout.write(`etcd Version: ${etcdVersion} (kijabi)\n`)
      return 0
    }
    const dataDir = join((values['data-dir'] as string) || `${values['name']}.etcd`, 'kijabi')
    const store = await openEmbeddedStore({ dataDir })
    try {
      const etcd = await startEtcd(invocation, { store, dataDir, log: etcdLogger(invocation) })
      if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      await etcd.close()
    } finally {
      await store.close()
    }
    return 0
  },
}

export function etcdLogger({ values, stderr }: { values: ParsedFlags['values']; stderr: { write(line: string): unknown } }): Logger {
  const format = values['log-format']
  if (format !== 'console' && format !== 'json') throw new Error(`--log-format: ${format} is neither console nor json`)
  return createLogger('etcd', {
    level: values['log-level'] as Level,
    format: format === 'json' ? 'json' : 'text',
    write: (line) => void stderr.write(line),
  })
}

/** etcd's faces as the flags describe them, over a store that is open and stays so. The control plane's process starts them over the API server's. */
export async function startEtcd(
  { values, given }: Pick<ParsedFlags, 'values' | 'given'>,
  { store, dataDir, log }: { store: EmbeddedStore; dataDir: string; log: Logger },
): Promise<{ close(): Promise<void> }> {
  const initialCluster = values['initial-cluster'] as string[]
  if (initialCluster.length > 1)
    throw new Error(`--initial-cluster names ${initialCluster.length} members: a cluster of several is not supported yet, run one member`)
  const listen = (values['listen-client-urls'] as string[]).map(parseListen)
  const tls = tlsOptions(values)
  const secure = listen.some((l) => l.secure)
  if (secure && !tls) throw new Error('an https listen URL needs --cert-file and --key-file')
  if (secure && listen.some((l) => !l.secure)) throw new Error('--listen-client-urls cannot mix http and https')
  const told = (flag: string, otherwise: string) => values[given.has(flag) ? flag : otherwise] as string[]
  const server = createEtcdServer({
    store,
    dataDir,
    name: values['name'] as string,
    peerUrls: told('initial-advertise-peer-urls', 'listen-peer-urls'),
    clientUrls: told('advertise-client-urls', 'listen-client-urls'),
    maxRequestBytes: values['max-request-bytes'] as number,
    ...(tls && secure ? { tls } : {}),
  })
  const stopCompaction = autoCompaction(
    store,
    values['auto-compaction-mode'] as string,
    values['auto-compaction-retention'] as string,
    (error) => log.warn('auto compaction failed', { error }),
  )
  const close = async () => {
    stopCompaction()
    await server.close()
  }
  try {
    for (const { where, url } of listen) {
      await server.listen(where)
      log.info('ready to serve client requests', { url, dataDir, revision: store.revision })
    }
  } catch (error) {
    await close()
    throw error
  }
  return { close }
}

function parseListen(text: string): { url: string; secure: boolean; where: { host: string; port: number } | { path: string } } {
  if (text.startsWith('unix://') || text.startsWith('unixs://'))
    return { url: text, secure: text.startsWith('unixs'), where: { path: text.replace(/^unixs?:\/\//, '') } }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.port === '')
    throw new Error(`--listen-client-urls: ${text} is no http(s)://host:port`)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (host !== 'localhost' && isIP(host) === 0)
    throw new Error(`--listen-client-urls: expected an IP address in ${text}, a listener takes no domain name`)
  return {
    url: text,
    secure: url.protocol === 'https:',
    where: { host: host === 'localhost' ? '127.0.0.1' : host, port: Number(url.port) },
  }
}

function tlsOptions(values: Readonly<Record<string, unknown>>): TlsOptions | undefined {
  const [cert, key, ca] = ['cert-file', 'key-file', 'trusted-ca-file'].map((flag) => values[flag] as string)
  if (!cert && !key) return undefined
  if (!cert || !key) throw new Error('--cert-file and --key-file go together')
  const clientAuth = values['client-cert-auth'] === true || Boolean(ca)
  if (values['client-cert-auth'] && !ca) throw new Error('--client-cert-auth needs --trusted-ca-file')
  return {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ...(ca ? { ca: readFileSync(ca) } : {}),
    requestCert: clientAuth,
    rejectUnauthorized: clientAuth,
    ...strongTls,
  }
}

/** Compacts as etcd's two modes do; the returned function ends it. */
function autoCompaction(
  store: { readonly revision: number; readonly compactedRevision: number; compact(revision: number): Promise<void> },
  mode: string,
  retention: string,
  failed: (error: unknown) => void,
): () => void {
  if (mode !== 'periodic' && mode !== 'revision') throw new Error(`--auto-compaction-mode: ${mode} is neither periodic nor revision`)
  const compact = (revision: number) => {
    if (revision > store.compactedRevision && revision <= store.revision) store.compact(revision).catch(failed)
  }
  if (mode === 'revision') {
    const keep = Number(retention)
    if (!Number.isInteger(keep) || keep < 0) throw new Error(`--auto-compaction-retention: ${retention} is no number of revisions`)
    if (keep === 0) return () => {}
    const timer = setInterval(() => compact(store.revision - keep), 300_000).unref()
    return () => clearInterval(timer)
  }
  const unit = /^(\d+)(h|m|s)?$/.exec(retention)
  if (!unit) throw new Error(`--auto-compaction-retention: ${retention} is no number of hours or duration`)
  const periodMs = Number(unit[1]) * { h: 3_600_000, m: 60_000, s: 1000 }[(unit[2] ?? 'h') as 'h' | 'm' | 's']
  if (periodMs === 0) return () => {}
  let before = store.revision
  const timer = setInterval(() => {
    compact(before)
    before = store.revision
  }, periodMs).unref()
  return () => clearInterval(timer)
}
