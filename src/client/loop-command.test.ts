/** Who may read the metrics of the control loops: by certificates of clients and the word of front proxies. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { parseFlags } from '../flags/flags.ts'
import { noLog } from '../log/log.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createCertificateAuthority, issueCertificate, type KeyPair } from '../pki/index.ts'
import { createClient } from './client.ts'
import { loopFlags, type RunningLoops, startLoops } from './loop-command.ts'
import { createMemoryTransport } from './memory-transport.ts'
import type { ApiRequest, Transport } from './transport.ts'

const folder = mkdtempSync(join(tmpdir(), 'kijabi-loops-'))
afterAll(() => rmSync(folder, { recursive: true }))
let running: RunningLoops | undefined
afterEach(() => running?.stop())

const [clients, proxies] = [createCertificateAuthority('clients'), createCertificateAuthority('proxies')]
const of = (authority: KeyPair, commonName: string, organizations: string[] = []) =>
  issueCertificate(authority, { commonName, organizations, usages: ['client'] })
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const byFlags = [
  `--client-ca-file=${file('clients.crt', clients.certificate)}`,
  `--requestheader-client-ca-file=${file('proxies.crt', proxies.certificate)}`,
  '--requestheader-allowed-names=front',
]

/** The port of a server whose loops do nothing. */
async function start(args: readonly string[], published?: Record<string, string>): Promise<number> {
  const memory = createMemoryTransport()
  // Nobody may anything: the refusal tells whom the server took its caller for.
  const request = async <T>(r: ApiRequest) =>
    r.path.endsWith('/subjectaccessreviews') ? ({ status: { allowed: false } } as T) : memory.request<T>(r)
  const api: Transport = { ...memory, request }
  const metadata = { namespace: 'kube-system', name: 'extension-apiserver-authentication' }
  if (published) await createClient(api).create('configmaps', { metadata, data: published })
  const port = await freePort()
  const { values } = parseFlags(loopFlags('loops', 0), ['--bind-address=127.0.0.1', `--secure-port=${port}`, ...args])
  const loops = { start: async () => {}, stop: async () => {}, lost: new Promise<void>(() => {}), metrics: createMetrics() }
  loops.metrics.counter('up', 'Whether it is.').add()
  await new Promise<void>((resolve, reject) => {
    const told = (message: string) => published && /^client certificates count|cannot be read/.test(message) && resolve()
    const log = { ...noLog, info: told, error: told }
    startLoops('loops', values, { log, api }, () => loops).then((made) => {
      running = made
      if (!published) resolve()
    }, reject)
  })
  return port
}
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

/** `200`, or whom the server took the caller for: it may not. */
function ask(port: number, pair: KeyPair | undefined, headers: Record<string, string> = {}): Promise<string> {
  const identity = pair && { cert: pair.certificate, key: pair.key }
  return new Promise((resolve, reject) => {
    const to = { port, path: '/metrics', host: '127.0.0.1', rejectUnauthorized: false, agent: false, headers, ...identity }
    const request = https.get(to, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve(/User \\"(.*?)\\" cannot/.exec(text)?.[1] ?? `${response.statusCode} ${text.includes('\nup 1\n')}`))
    })
    request.on('error', reject)
  })
}
const admin = { 'x-remote-user': 'jane', 'x-remote-group': 'system:masters' }
const anonymous = 'system:anonymous'

type Case = readonly [string, () => KeyPair | undefined, Record<string, string>, string]
const cases: readonly Case[] = [
  ['an administrator’s certificate', () => of(clients, 'root', ['system:masters']), {}, '200 true'],
  ['a certificate', () => of(clients, 'john'), {}, 'john'],
  ['no certificate', () => undefined, {}, anonymous],
  ['no certificate, but headers', () => undefined, admin, anonymous],
  ['a client’s certificate and headers', () => of(clients, 'john'), admin, 'john'],
  ['the front proxy’s word for an administrator', () => of(proxies, 'front'), admin, '200 true'],
  ['its word for a user', () => of(proxies, 'front'), { 'x-remote-user': 'jane' }, 'jane'],
  ['the front proxy without a word', () => of(proxies, 'front', ['system:masters']), {}, anonymous],
  ['another proxy’s word', () => of(proxies, 'back'), admin, anonymous],
]
describe.each<[string, string[], Record<string, string> | undefined]>([
  ['by flags', byFlags, undefined],
  [
    'by what the cluster publishes',
    [],
    {
      'client-ca-file': clients.certificate,
      'requestheader-client-ca-file': proxies.certificate,
      'requestheader-allowed-names': '["front"]',
      'requestheader-username-headers': '["X-Remote-User"]',
      'requestheader-group-headers': '["X-Remote-Group"]',
    },
  ],
])('%s', (_name, args, published) => {
  test.each(cases)('%s', async (_what, pair, headers, answer) => {
    expect(await ask(await start(args, published), pair(), headers)).toBe(answer)
  })
})

test('what flags say counts over what the cluster publishes, and without a lookup nothing else does', async () => {
  const others = createCertificateAuthority('others')
  const published = { 'client-ca-file': clients.certificate, 'requestheader-client-ca-file': others.certificate }
  expect(await ask(await start(byFlags.slice(1), published), of(clients, 'john'))).toBe('john')
  await running?.stop()
  expect(await ask(await start(byFlags.slice(1), published), of(proxies, 'front'), admin)).toBe('200 true')
  await running?.stop()
  expect(await ask(await start(['--authentication-skip-lookup']), of(clients, 'john'))).toBe(anonymous)
})

test('what the cluster publishes and nobody can read trusts nobody', async () => {
  const published = { 'requestheader-client-ca-file': proxies.certificate, 'requestheader-username-headers': 'x-remote-user' }
  expect(await ask(await start([], published), of(proxies, 'front'), admin)).toBe(anonymous)
})

test.each([
  ['profiling=false', undefined],
  ['tls-min-version=VersionTLS12', undefined],
  ['profiling=true', '--profiling may only be false: no profiles are served'],
  ['feature-gates=AllAlpha=true', '--feature-gates may only be {}: what is on by default is built in, and nothing else is there'],
])('a flag that has one value here: --%s', async (flag, refusal) => {
  const started = start([`--${flag}`])
  if (refusal) await expect(started).rejects.toThrow(refusal)
  else await started
})
