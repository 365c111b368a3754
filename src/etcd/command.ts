/** `kijabi etcd`: etcd's API over the embedded store, with etcd's flags. One member; more of them are refused. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { TlsOptions } from 'node:tls'
import type { Command } from '../flags/command.ts'
import type { FlagTable } from '../flags/flags.ts'
import { createLogger, type Level } from '../log/log.ts'
import { openEmbeddedStore } from '../store/embedded.ts'
import { etcdVersion } from './maintenance.ts'
import { createEtcdServer } from './server.ts'

const flags: FlagTable = {
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
  version: { type: 'bool', doc: 'Print the version and exit.' },
}

export const command: Command = {
  summary: 'A distributed reliable key-value store: etcd’s API, one member',
  usage: 'etcd [flags]',
  flags,
  async run({ values, given, stdout, signal }) {
    if (values['version']) {
      stdout.write(`etcd Version: ${etcdVersion} (kijabi)\n`)
      return 0
    }
    const log = createLogger('etcd', { level: values['log-level'] as Level })
    const initialCluster = values['initial-cluster'] as string[]
    if (initialCluster.length > 1)
      throw new Error(`--initial-cluster names ${initialCluster.length} members: a cluster of several is not supported yet, run one member`)
    const name = values['name'] as string
    const dataDir = (values['data-dir'] as string) || `${name}.etcd`
    const listen = (values['listen-client-urls'] as string[]).map(parseListen)
    const tls = tlsOptions(values)
    if (listen.some((l) => l.secure) && !tls) throw new Error('an https listen URL needs --cert-file and --key-file')
    const mixed = listen.some((l) => l.secure) && listen.some((l) => !l.secure)

    const store = await openEmbeddedStore({ dataDir: join(dataDir, 'kijabi') })
    const common = {
      store,
      dataDir: join(dataDir, 'kijabi'),
      name,
      peerUrls: given.has('initial-advertise-peer-urls')
        ? (values['initial-advertise-peer-urls'] as string[])
        : (values['listen-peer-urls'] as string[]),
      clientUrls: given.has('advertise-client-urls')
        ? (values['advertise-client-urls'] as string[])
        : (values['listen-client-urls'] as string[]),
      maxRequestBytes: values['max-request-bytes'] as number,
    }
    if (mixed) throw new Error('--listen-client-urls cannot mix http and https')
    const server = createEtcdServer({ ...common, ...(tls && listen[0]?.secure ? { tls } : {}) })
    const stopCompaction = autoCompaction(
      store,
      values['auto-compaction-mode'] as string,
      values['auto-compaction-retention'] as string,
      (error) => log.warn('auto compaction failed', { error }),
    )
    try {
      for (const { where, url } of listen) {
        await server.listen(where)
        log.info('ready to serve client requests', { url, dataDir, revision: store.revision })
      }
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        signal.addEventListener('abort', () => resolve())
      })
    } finally {
      stopCompaction()
      await server.close()
      await store.close()
    }
    return 0
  },
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
    minVersion: 'TLSv1.2',
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
