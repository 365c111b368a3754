import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { buildImage, sha256 } from '../../../test/support/images.ts'
import { type RegistryOptions as Faults, startRegistry } from '../../../test/support/registry.ts'
import { openContentStore } from './content.ts'
import { formatReference, parseReference } from './reference.ts'
import { choosePlatform, createRegistryClient, parseManifest } from './registry.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})
const image = buildImage([[{ name: 'a', data: Buffer.alloc(300_000, 'abc') }]], { compression: 'none' })
const [layer] = [...image.blobs].filter(([, bytes]) => bytes.length > 10_000).map(([digest, bytes]) => ({ digest, size: bytes.length }))

async function setup(faults: Faults = {}) {
  const registry = await startRegistry({ 'team/app:v1': image }, faults)
  const client = createRegistryClient({ idleTimeoutMs: 2000 })
  const folder = mkdtempSync(join(tmpdir(), 'content-'))
  undo.push(
    () => registry.close(),
    () => client.close(),
    () => rmSync(folder, { recursive: true }),
  )
  const content = await openContentStore(folder)
  const open = (credentials = {}) => client.open(parseReference(`${registry.host}/team/app:v1`), credentials)
  const fetchLayer = (d = layer!) => content.ingest(d, (from) => open().blob(d.digest, from))
  return { registry, content, folder, open, fetchLayer }
}

test.each([
  ['redis', 'docker.io/library/redis:latest'],
  ['redis:alpine', 'docker.io/library/redis:alpine'],
  ['me/app', 'docker.io/me/app:latest'],
  ['index.docker.io/redis', 'docker.io/library/redis:latest'],
  ['localhost/app', 'localhost/app:latest'],
  ['127.0.0.1:5000/a/b:c', '127.0.0.1:5000/a/b:c'],
  ['[::1]:5000/app', '[::1]:5000/app:latest'],
  [`app@sha256:${'0'.repeat(64)}`, `docker.io/library/app@sha256:${'0'.repeat(64)}`],
])('%s means %s', (name, full) => expect(formatReference(parseReference(name))).toBe(full))
test.each(['', 'UPPER', 'a//b', 'a:b:c', 'a@sha256:123', '-a', 'a/../b', 'a b', `${'a/'.repeat(200)}b`])('%j is no image name', (name) => {
  expect(() => parseReference(name)).toThrow(/invalid reference format/)
})

describe('authentication', () => {
  const account = { username: 'me', password: 'secret' }
  test.each(['basic', 'token'] as const)('%s: the right credentials open, wrong and none do not', async (kind) => {
    const { open } = await setup({ auth: { kind, ...account } })
    await expect(open(account).manifest('v1')).resolves.toMatchObject({ bytes: image.manifest })
    await expect(open({ ...account, password: 'wrong' }).manifest('v1')).rejects.toMatchObject({ kind: 'unauthorized' })
    await expect(open().manifest('v1')).rejects.toMatchObject({ kind: 'unauthorized' })
  })
})

describe('where an image is fetched', () => {
  test('mirrors come first, each in turn, and are told whose repository it is; then the registry itself', async () => {
    const asked: string[] = []
    const place = async (name: string, images: Parameters<typeof startRegistry>[0]) => {
      const registry = await startRegistry(images, {
        fault(request) {
          asked.push(`${name} ${request.url}`)
          return false
        },
      })
      undo.push(() => registry.close())
      return registry.url
    }
    const [empty, full, server] = [await place('empty', {}), await place('full', { 'team/app:v1': image }), await place('server', {})]
    const gone = 'http://127.0.0.1:1'
    const client = createRegistryClient({ hosts: { 'registry.example': { mirrors: [gone, empty, full], server } } })
    undo.push(() => client.close())
    const session = client.open(parseReference('registry.example/team/app:v1'))
    expect((await session.manifest('v1')).bytes).toEqual(image.manifest)
    expect(asked).toEqual(['empty', 'full'].map((name) => `${name} /v2/team/app/manifests/v1?ns=registry.example`))
    await expect(client.open(parseReference('registry.example/team/none:v1')).manifest('v1')).rejects.toMatchObject({ kind: 'not-found' })
    expect(asked.at(-1)).toBe('server /v2/team/none/manifests/v1')
  })

  test('a download that a killed process left goes on where it stopped; a torn one begins anew', async () => {
    const ranges: (string | undefined)[] = []
    const { fetchLayer, folder, content } = await setup({
      fault(request) {
        if (request.url?.includes('/blobs/')) ranges.push(request.headers.range)
        return false
      },
    })
    const bytes = image.blobs.get(layer!.digest) as Buffer
    const partial = join(folder, 'ingest', layer!.digest.slice('sha256:'.length))
    writeFileSync(partial, bytes.subarray(0, 1000))
    await fetchLayer()
    expect([ranges, await content.read(layer!.digest)]).toEqual([['bytes=1000-'], bytes])
    await content.delete(layer!.digest)
    writeFileSync(partial, Buffer.alloc(1000, 'z'))
    await fetchLayer()
    expect(ranges).toEqual(['bytes=1000-', 'bytes=1000-', undefined])
  })
})

describe('hostile registries', () => {
  test('a stream that is cut goes on where it stopped', async () => {
    let cuts = 0
    const { fetchLayer, registry, content } = await setup({
      fault(request, response) {
        if (!request.url?.includes('/blobs/') || cuts >= 2) return false
        const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
        const bytes = image.blobs.get(layer!.digest)!
        response.writeHead(from ? 206 : 200, {
          'content-length': bytes.length - from,
          'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
        })
        cuts++
        response.write(bytes.subarray(from, from + 100_000), () => response.destroy())
        return true
      },
    })
    await fetchLayer()
    expect(await content.has(layer!.digest)).toBe(true)
    expect(registry.requests.filter((r) => r.includes('/blobs/'))).toHaveLength(3)
  })

  const answering = (bytes: Buffer): Faults => ({
    fault(request, response) {
      if (!request.url?.includes('/blobs/')) return false
      response.writeHead(200).end(bytes)
      return true
    },
  })
  test.each([
    ['other bytes than asked for', Buffer.alloc(layer!.size, 'z'), /wrong digest/],
    ['more bytes than told', Buffer.alloc(layer!.size + 1), /larger than/],
  ])('%s are refused, and nothing is kept', async (_what, bytes, message) => {
    const { fetchLayer, folder, content } = await setup(answering(bytes))
    await expect(fetchLayer()).rejects.toThrow(message)
    expect(await content.has(layer!.digest)).toBe(false)
    expect(readdirSync(join(folder, 'ingest'))).toEqual([])
  })

  test('fewer bytes than told are asked for again, and at last refused', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    try {
      const { fetchLayer, registry, content } = await setup(answering(Buffer.alloc(10)))
      let over = false
      const refused = expect(fetchLayer().finally(() => (over = true))).rejects.toThrow(/ended after 10 of \d+ bytes/)
      while (!over) {
        await new Promise(setImmediate)
        vi.runAllTimers()
      }
      await refused
      expect(registry.requests.filter((r) => r.includes('/blobs/')).length).toBeLessThan(10)
      expect(await content.has(layer!.digest)).toBe(false)
    } finally {
      vi.useRealTimers()
    }
  })

  test('a token service of another scheme is not told the password', async () => {
    const { open } = await setup({
      fault(_request, response) {
        response.writeHead(401, { 'www-authenticate': 'Bearer realm="ftp://127.0.0.1/token",service="x"' }).end()
        return true
      },
    })
    await expect(open({ username: 'me', password: 'secret' }).manifest('v1')).rejects.toThrow(/scheme ftp:, which is refused/)
  })

  test.each(['file:///etc/passwd', 'ftp://127.0.0.1/x', 'gopher://127.0.0.1/'])('a redirect to %s is refused', async (location) => {
    const { fetchLayer } = await setup({
      fault(request, response) {
        if (!request.url?.includes('/blobs/')) return false
        response.writeHead(307, { location }).end()
        return true
      },
    })
    await expect(fetchLayer()).rejects.toThrow(/scheme/)
  })
  test('a redirect elsewhere is followed without the credentials', async () => {
    const seen: (string | undefined)[] = []
    const other = await startRegistry(
      { 'team/app:v1': image },
      {
        fault(request) {
          seen.push(request.headers.authorization)
          return false
        },
      },
    )
    undo.push(() => other.close())
    const { open, content } = await setup({
      auth: { kind: 'basic', username: 'me', password: 'secret' },
      fault(request, response) {
        if (!request.url?.includes('/blobs/') || !request.headers.authorization) return false
        response.writeHead(307, { location: `${other.url}${request.url}` }).end()
        return true
      },
    })
    const session = open({ username: 'me', password: 'secret' })
    await content.ingest(layer!, (from) => session.blob(layer!.digest, from))
    expect(seen).toEqual([undefined])
  })
  test('redirects in a circle end', async () => {
    const { fetchLayer } = await setup({
      fault(request, response) {
        if (!request.url?.includes('/blobs/')) return false
        response.writeHead(302, { location: request.url }).end()
        return true
      },
    })
    await expect(fetchLayer()).rejects.toThrow(/redirects more than/)
  })
  test('a manifest without end is cut off', async () => {
    const { open } = await setup({
      fault(request, response) {
        if (!request.url?.includes('/manifests/')) return false
        response.writeHead(200)
        const more = () => {
          while (response.writable && response.write(Buffer.alloc(1 << 20)));
        }
        response.on('drain', more)
        more()
        return true
      },
    })
    await expect(open().manifest('v1')).rejects.toThrow(/larger than/)
  })

  const d = (digest = sha256(Buffer.alloc(0)), size: unknown = 1) => ({ mediaType: 'x', digest, size })
  test.each<[string, unknown, RegExp]>([
    ['a million layers', { schemaVersion: 2, config: d(), layers: Array.from({ length: 40_000 }, () => d()) }, /40000 layers is refused/],
    ['a digest with a path', { schemaVersion: 2, config: d('sha256:../../etc'), layers: [] }, /malformed digest/],
    ['a negative size', { schemaVersion: 2, config: d(undefined, -1), layers: [] }, /wrong size/],
    ['schema version 1', { schemaVersion: 1, fsLayers: [] }, /version 1/],
    ['an index and an image at once', { schemaVersion: 2, manifests: [], layers: [], config: d() }, /at once/],
    ['nothing', null, /no object/],
  ])('a manifest of %s is refused', (_what, manifest, message) => {
    expect(() => parseManifest(Buffer.from(JSON.stringify(manifest)), '')).toThrow(message)
  })
})

test('of an index, the image of this platform is taken, and attestations are passed over', () => {
  const of = (architecture: string, os = 'linux', variant?: string) => ({
    mediaType: 'm',
    digest: `${os}/${architecture}`,
    size: 1,
    platform: { os, architecture, ...(variant ? { variant } : {}) },
  })
  const index = [of('unknown', 'unknown'), of('amd64', 'windows'), of('arm64', 'linux', 'v8'), of('amd64')]
  expect(choosePlatform(index, 'amd64').digest).toBe('linux/amd64')
  expect(choosePlatform(index, 'arm64').digest).toBe('linux/arm64')
  expect(() => choosePlatform(index, 'riscv64')).toThrow(/no match for platform/)
})
