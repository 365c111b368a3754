/**
 * An OCI distribution registry in memory, on loopback: pull, push, ranges, and on request basic or token
 * authentication and faults. It stands in for Docker Hub as a mirror.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sha256, type TestImage } from './images.ts'

export interface TestRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string
  readonly url: string
  /** `GET /v2/…` of every request, in order. */
  readonly requests: string[]
  /** Adds `library/busybox:latest` or any other name. */
  push(name: string, image: TestImage): void
  /** An image index at `name`, of images by `os/arch`. */
  pushIndex(name: string, images: Readonly<Record<string, TestImage>>): void
  /** What is at a name, pushed by whomever. */
  manifest(name: string): { mediaType: string; bytes: Buffer } | undefined
  close(): Promise<void>
}
export interface RegistryOptions {
  readonly auth?: { readonly kind: 'basic' | 'token'; readonly username: string; readonly password: string }
  /** Called before a request is answered; true when it answered itself: a fault. */
  readonly fault?: (request: IncomingMessage, response: ServerResponse) => boolean
}

export async function startRegistry(
  images: Readonly<Record<string, TestImage>> = {},
  options: RegistryOptions = {},
): Promise<TestRegistry> {
  const blobs = new Map<string, Buffer>()
  const manifests = new Map<string, { mediaType: string; bytes: Buffer }>()
  const uploads = new Map<string, Buffer[]>()
  const requests: string[] = []

  const store = (repository: string, reference: string, mediaType: string, bytes: Buffer) => {
    manifests.set(`${repository}:${reference}`, { mediaType, bytes })
    manifests.set(`${repository}:${sha256(bytes)}`, { mediaType, bytes })
  }
  const split = (name: string): [string, string] => {
    const colon = name.lastIndexOf(':')
    return colon < 0 ? [name, 'latest'] : [name.slice(0, colon), name.slice(colon + 1)]
  }
  const push = (name: string, image: TestImage) => {
    for (const [digest, bytes] of image.blobs) blobs.set(digest, bytes)
    store(...split(name), image.mediaType, image.manifest)
  }

  const fail = (response: ServerResponse, status: number, code: string, message: string) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ errors: [{ code, message }] }))

  const authorized = (request: IncomingMessage, response: ServerResponse): boolean => {
    const { auth } = options
    if (!auth) return true
    const basic = `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
    const given = request.headers.authorization
    if (request.url?.startsWith('/token')) {
      if (given === basic) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token: 'let-me-in' }))
      else fail(response, 401, 'UNAUTHORIZED', 'wrong username or password')
      return false
    }
    if (given === (auth.kind === 'basic' ? basic : 'Bearer let-me-in')) return true
    const challenge =
      auth.kind === 'basic'
        ? 'Basic realm="test"'
        : `Bearer realm="http://${request.headers.host}/token",service="test",scope="repository:x:pull"`
    response.setHeader('www-authenticate', challenge)
    fail(response, 401, 'UNAUTHORIZED', 'authentication required')
    return false
  }

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url as string, 'http://registry')
    requests.push(`${request.method} ${url.pathname}`)
    if (options.fault?.(request, response)) return
    if (!authorized(request, response)) return
    if (url.pathname === '/v2/') return response.writeHead(200).end('{}')
    const [, repository, kind, reference] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.+)$/.exec(url.pathname) ?? []
    if (!repository || !reference) return fail(response, 404, 'NAME_UNKNOWN', 'no such path')
    const reading = request.method === 'GET' || request.method === 'HEAD'
    if (kind === 'tags') {
      const tags = [...manifests.keys()].filter((key) => key.startsWith(`${repository}:`) && !key.includes(':sha256:'))
      return response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ name: repository, tags: tags.map((t) => split(t)[1]) }))
    }
    if (kind === 'manifests' && reading) {
      const found = manifests.get(`${repository}:${reference}`)
      if (!found) return fail(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown')
      response.writeHead(200, {
        'content-type': found.mediaType,
        'content-length': found.bytes.length,
        'docker-content-digest': sha256(found.bytes),
      })
      return response.end(request.method === 'HEAD' ? undefined : found.bytes)
    }
    if (kind === 'manifests' && request.method === 'PUT') {
      const bytes = await bodyOf(request)
      store(repository, reference, request.headers['content-type'] ?? '', bytes)
      return response.writeHead(201, { location: url.pathname, 'docker-content-digest': sha256(bytes) }).end()
    }
    if (kind === 'blobs' && reading) {
      const bytes = blobs.get(reference)
      if (!bytes) return fail(response, 404, 'BLOB_UNKNOWN', 'blob unknown')
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
      const part = bytes.subarray(from)
      response.writeHead(from > 0 ? 206 : 200, {
        'content-length': part.length,
        'accept-ranges': 'bytes',
        ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
      })
      return response.end(request.method === 'HEAD' ? undefined : part)
    }
    const upload = /^uploads\/(.*)$/.exec(reference)?.[1]
    if (kind === 'blobs' && request.method === 'POST') {
      const id = `u${uploads.size + 1}`
      uploads.set(id, [])
      return response.writeHead(202, { location: `/v2/${repository}/blobs/uploads/${id}` }).end()
    }
    if (kind === 'blobs' && upload && (request.method === 'PATCH' || request.method === 'PUT')) {
      const parts = uploads.get(upload)
      if (!parts) return fail(response, 404, 'BLOB_UPLOAD_UNKNOWN', 'no such upload')
      parts.push(await bodyOf(request))
      if (request.method === 'PATCH') return response.writeHead(202, { location: url.pathname }).end()
      const bytes = Buffer.concat(parts)
      uploads.delete(upload)
      const digest = url.searchParams.get('digest') ?? ''
      if (sha256(bytes) !== digest) return fail(response, 400, 'DIGEST_INVALID', 'digest does not match')
      blobs.set(digest, bytes)
      return response.writeHead(201, { location: `/v2/${repository}/blobs/${digest}` }).end()
    }
    return fail(response, 405, 'UNSUPPORTED', 'not supported')
  }

  for (const [name, image] of Object.entries(images)) push(name, image)
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    url: `http://${host}`,
    requests,
    push,
    pushIndex(name, byPlatform) {
      const mediaType = 'application/vnd.oci.image.index.v1+json'
      const list = Object.entries(byPlatform).map(([platform, image]) => {
        const [os, architecture] = platform.split('/')
        for (const [digest, bytes] of image.blobs) blobs.set(digest, bytes)
        store(split(name)[0], image.digest, image.mediaType, image.manifest)
        return { mediaType: image.mediaType, digest: image.digest, size: image.manifest.length, platform: { os, architecture } }
      })
      store(...split(name), mediaType, Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: list })))
    },
    manifest: (name) => manifests.get(split(name).join(':')),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
