/** Reads every import of src and fails where a component imports what it may not: the rooms of docs/architecture.md. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const src = fileURLToPath(new URL('../src', import.meta.url))

/** Small parts that any room may import. */
const shared = ['schema', 'log', 'flags', 'metrics', 'pki', 'grpc', 'http', 'linux', 'version.ts']

/** What each room may import besides itself and the shared parts. A longer path opens only that part of a room. */
const walls: Readonly<Record<string, readonly string[]>> = {
  schema: [],
  log: [],
  flags: [],
  metrics: [],
  pki: [],
  linux: [],
  http: [],
  grpc: [],
  api: ['cel'], // validation compiles expressions; cel knows of api quantities alone
  cel: ['api/quantity.ts', 'api/validation/names.ts'],
  store: ['etcd/api.ts'],
  etcd: ['store'],
  apiserver: ['api', 'cel', 'store', 'client/transport.ts', 'client/https-transport.ts', 'client/kubeconfig.ts'],
  client: ['api'],
  controllers: ['api', 'client'],
  scheduler: ['api', 'client', 'cel/errors.ts'],
  kubelet: ['api', 'client', 'runtime/cri'],
  runtime: [],
  network: ['api', 'client', 'runtime/pod-network.ts'],
  kubectl: ['api', 'client'],
  crictl: ['runtime/cri'],
  nerdctl: ['runtime/cri', 'runtime/engine'],
  ctr: ['runtime/cri', 'runtime/engine'],
  etcdctl: ['etcd/api.ts', 'store'], // snapshot restore writes a data folder, as etcdutl does
  kubemark: ['api', 'client'],
  kubeadm: ['api', 'client'],
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

const imports = files.flatMap((file) => {
  const text = readFileSync(join(src, file), 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => ({
    file,
    target: relative(src, resolve(src, dirname(file), match[1] as string)),
  }))
})

test('every room has its walls', () => {
  const rooms = new Set(files.filter((f) => f.includes('/')).map((f) => f.split('/')[0] as string))
  rooms.delete('cli')
  expect([...rooms].filter((room) => !(room in walls))).toEqual([])
})

test('no room imports what it may not', () => {
  const broken = imports.filter(({ file, target }) => {
    const allowed = walls[file.split('/')[0] as string]
    if (!allowed) return false // src/cli puts the components together
    if (file.endsWith('.test.ts')) return false // tests may bring real neighbours
    const open = [file.split('/')[0] as string, ...shared, ...allowed]
    return !open.some((place) => target === place || target.startsWith(`${place}/`))
  })
  expect(broken.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})

test('node:http is imported in one place, which does not load all that it exports', () => {
  const broken = files.filter(
    (file) => !file.endsWith('.test.ts') && /^import (?!type )[^\n]* from 'node:http'/m.test(readFileSync(join(src, file), 'utf8')),
  )
  expect(broken).toEqual([])
})
