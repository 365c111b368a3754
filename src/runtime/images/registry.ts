/**
 * A client of OCI distribution and Docker v2 registries: token and basic authentication, mirrors, ranges, push. It
 * speaks plain HTTP only to loopback and where a URL says so, follows redirects without credentials and never to
 * another scheme than https (or http where it began with that), and bounds every document it reads.
 */
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { http } from '../../http/node-http.ts'
import { digestPattern, formatReference, type Reference } from './reference.ts'

export interface Credentials {
  readonly username?: string
  readonly password?: string
  /** Exchanged for a token at the registry's token service (OAuth2 refresh token). */
  readonly identityToken?: string
  /** Sent as it is. */
  readonly registryToken?: string
}
/** Where a registry's host is really reached, as in containerd's hosts.toml: mirrors first, then the server. */
export interface RegistryHost {
  readonly mirrors?: readonly string[]
  readonly server?: string
}
export interface RegistryOptions {
  /** By registry name; `*` is any other. */
  readonly hosts?: Readonly<Record<string, RegistryHost>>
  /** No byte for so long ends a request. Default 30 s. */
  readonly idleTimeoutMs?: number
}

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string }
  readonly annotations?: Readonly<Record<string, string>>
  readonly urls?: readonly string[]
}

export class RegistryError extends Error {
  readonly kind: 'not-found' | 'unauthorized' | 'invalid' | 'unavailable'
  constructor(kind: RegistryError['kind'], message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}

export interface RegistrySession {
  /** The manifest or index at the reference's digest, else tag; its bytes are not yet checked against a digest. */
  manifest(reference: string, signal?: AbortSignal): Promise<{ mediaType: string; bytes: Buffer }>
  /** The blob's bytes from `from` on; `offset` tells where they really begin (0 when the registry knows no ranges). */
  blob(digest: string, from: number, signal?: AbortSignal): Promise<{ offset: number; body: Readable }>
  hasBlob(digest: string, signal?: AbortSignal): Promise<boolean>
  pushBlob(descriptor: Descriptor, open: () => Readable, signal?: AbortSignal): Promise<void>
  pushManifest(reference: string, mediaType: string, bytes: Buffer, signal?: AbortSignal): Promise<void>
}

const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')
const maxManifestBytes = 4 << 20
const maxRedirects = 5

export function createRegistryClient(options: RegistryOptions = {}) {
  const { hosts = {}, idleTimeoutMs = 30_000 } = options
  const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) }

  interface RequestOptions {
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: Buffer | (() => Readable)
    readonly signal?: AbortSignal | undefined
    readonly redirects?: number
  }
  const send = (url: URL, o: RequestOptions): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
        method: o.method ?? 'GET',
        headers: { 'user-agent': 'kijabi', ...o.headers },
        agent: agents[url.protocol as 'http:'],
        ...(o.signal ? { signal: o.signal } : {}),
      })
      outgoing.setTimeout(idleTimeoutMs, () => outgoing.destroy(new Error(`no answer within ${idleTimeoutMs / 1000} s`)))
      outgoing.on('response', resolve)
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The registry closed a kept connection just as it was used again: that says nothing of this request.
        if (outgoing.reusedSocket && error.code === 'ECONNRESET' && typeof o.body !== 'function') send(url, o).then(resolve, reject)
        else reject(new RegistryError('unavailable', `${url.host}: ${error.message || error.code}`, error))
      })
      if (typeof o.body === 'function') pipeline(o.body(), outgoing).catch((error: Error) => outgoing.destroy(error))
      else outgoing.end(o.body)
    })
  const request = async (url: URL, o: RequestOptions = {}): Promise<IncomingMessage> => {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new RegistryError('invalid', `the scheme of ${url.origin} is refused`)
    const response = await send(url, o)
    const location = response.headers.location
    if ((o.method ?? 'GET') === 'PUT' || ![301, 302, 303, 307, 308].includes(response.statusCode as number) || !location) return response
    response.resume()
    const left = o.redirects ?? maxRedirects
    if (left === 0) throw new RegistryError('invalid', `${url.host} redirects more than ${maxRedirects} times`)
    const next = new URL(location, url)
    if (next.protocol !== 'https:' && next.protocol !== url.protocol)
      throw new RegistryError('invalid', `${url.host} redirects to the scheme ${next.protocol}, which is refused`)
    const { authorization: _dropped, ...rest } = o.headers ?? {}
    return request(next, { ...o, headers: next.host === url.host ? (o.headers ?? {}) : rest, redirects: left - 1 })
  }

  const endpointsOf = (host: string): { base: URL; mirror: boolean }[] => {
    const configured = hosts[host] ?? hosts['*']
    const server =
      configured?.server ?? (isLoopback(host) ? `http://${host}` : `https://${host === 'docker.io' ? 'registry-1.docker.io' : host}`)
    return [
      ...(configured?.mirrors ?? []).map((mirror) => ({ base: new URL(mirror), mirror: true })),
      { base: new URL(server), mirror: false },
    ]
  }

  /** One repository with one set of credentials; tokens are kept for its life. */
  const open = (reference: Reference, credentials: Credentials = {}): RegistrySession => {
    const tokens = new Map<string, string>()

    const authorize = async (origin: string, challenge: string, actions: string, signal?: AbortSignal): Promise<boolean> => {
      const [, scheme = '', rest = ''] = /^(\w+)\s*(.*)$/s.exec(challenge) ?? []
      const basic =
        credentials.username === undefined
          ? undefined
          : `Basic ${Buffer.from(`${credentials.username}:${credentials.password ?? ''}`).toString('base64')}`
      if (scheme.toLowerCase() === 'basic') {
        if (!basic || tokens.get(origin) === basic) return false
        tokens.set(origin, basic)
        return true
      }
      if (scheme.toLowerCase() !== 'bearer') return false
      const parameters = Object.fromEntries([...rest.matchAll(/(\w+)="([^"]*)"/g)].map((m) => [m[1], m[2]])) as Record<
        string,
        string | undefined
      >
      if (!parameters['realm']) return false
      const realm = new URL(parameters['realm'], origin)
      if (realm.protocol !== 'https:' && realm.protocol !== new URL(origin).protocol)
        throw new RegistryError('invalid', `the token service of ${origin} has the scheme ${realm.protocol}, which is refused`)
      const scope = `repository:${reference.path}:${actions}`
      const service = parameters['service'] ?? ''
      let response: IncomingMessage
      if (credentials.identityToken) {
        const form = new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: credentials.identityToken,
          client_id: 'kijabi',
          service,
          scope,
        })
        const headers = { 'content-type': 'application/x-www-form-urlencoded' }
        response = await request(realm, { method: 'POST', headers, body: Buffer.from(String(form)), signal })
      } else {
        if (service) realm.searchParams.set('service', service)
        realm.searchParams.set('scope', scope)
        response = await request(realm, { headers: basic ? { authorization: basic } : {}, signal })
      }
      const body = await readBody(response, 1 << 20)
      if (response.statusCode !== 200) return false
      const token = parseJson(body, 'the answer of the token service') as { token?: string; access_token?: string }
      const value = token.token ?? token.access_token
      if (!value) return false
      tokens.set(origin, `Bearer ${value}`)
      return true
    }

    const call = async (base: URL, mirror: boolean, path: string, o: RequestOptions, actions: string): Promise<IncomingMessage> => {
      const url = new URL(`${base.pathname.replace(/\/$/, '')}/v2/${reference.path}/${path}`, base)
      // containerd tells a mirror whose repository is meant.
      if (mirror && url.host !== reference.host) url.searchParams.set('ns', reference.host)
      return callUrl(url, o, actions)
    }
    const callUrl = async (url: URL, o: RequestOptions, actions: string): Promise<IncomingMessage> => {
      for (let attempt = 0; ; attempt++) {
        const authorization = tokens.get(url.origin) ?? (credentials.registryToken ? `Bearer ${credentials.registryToken}` : undefined)
        const response = await request(url, { ...o, headers: { ...o.headers, ...(authorization ? { authorization } : {}) } })
        const challenge = response.headers['www-authenticate']
        if (response.statusCode !== 401 || !challenge || attempt > 0) return response
        response.resume()
        if (!(await authorize(url.origin, challenge, actions, o.signal))) throw unauthorized(url)
      }
    }
    const unauthorized = (url: URL) =>
      new RegistryError(
        'unauthorized',
        `${url.host}: pull access denied, repository does not exist or may require authorization: authorization failed`,
      )

    const failed = async (response: IncomingMessage, what: string): Promise<RegistryError> => {
      const body = await readBody(response, 64 << 10).catch(() => Buffer.alloc(0))
      const status = response.statusCode as number
      if (status === 404) return new RegistryError('not-found', `${what}: not found`)
      if (status === 401 || status === 403)
        return new RegistryError(
          'unauthorized',
          `${what}: pull access denied, repository does not exist or may require authorization: ${status === 401 ? 'authorization failed' : 'forbidden'}`,
        )
      const told = body
        .toString('utf8')
        .replace(/[^\x20-\x7e]/g, ' ')
        .slice(0, 200)
      return new RegistryError(
        status >= 500 || status === 429 ? 'unavailable' : 'invalid',
        `${what}: unexpected status ${status}${told ? `: ${told}` : ''}`,
      )
    }

    /** Asks each endpoint in turn until one answers as wanted. What a registry said of the thing itself counts more than one that is out of reach. */
    const read = async (path: string, what: string, o: RequestOptions, accepted: readonly number[]): Promise<IncomingMessage> => {
      let worst: unknown
      for (const { base, mirror } of endpointsOf(reference.host)) {
        try {
          const response = await call(base, mirror, path, o, 'pull')
          if (accepted.includes(response.statusCode as number)) return response
          throw await failed(response, what)
        } catch (error) {
          if (o.signal?.aborted) throw error
          const weak = worst instanceof RegistryError && worst.kind === 'unavailable'
          if (worst === undefined || weak || !(error instanceof RegistryError && error.kind === 'unavailable')) worst = error
        }
      }
      throw worst
    }
    /** Pushing goes to the server itself, never to a mirror. */
    const server = () => (endpointsOf(reference.host).at(-1) as { base: URL }).base

    return {
      async manifest(wanted, signal) {
        const response = await read(`manifests/${wanted}`, formatReference(reference), { headers: { accept }, signal }, [200])
        const bytes = await readBody(response, maxManifestBytes)
        return { mediaType: (response.headers['content-type'] ?? '').split(';')[0] as string, bytes }
      },
      async blob(digest, from, signal) {
        const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {}
        const response = await read(`blobs/${digest}`, `${formatReference(reference)}: blob ${digest}`, { headers, signal }, [200, 206])
        response.socket.setTimeout(idleTimeoutMs, () => response.destroy(new Error(`no byte within ${idleTimeoutMs / 1000} s`)))
        if (response.statusCode === 200) return { offset: 0, body: response }
        const range = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')
        if (!range || Number(range[1]) !== from) {
          response.destroy()
          throw new RegistryError('invalid', `the registry sent another range of ${digest} than was asked for`)
        }
        return { offset: from, body: response }
      },
      async hasBlob(digest, signal) {
        const response = await call(server(), false, `blobs/${digest}`, { method: 'HEAD', signal }, 'pull,push')
        response.resume()
        return response.statusCode === 200
      },
      async pushBlob(descriptor, body, signal) {
        const begun = await call(
          server(),
          false,
          'blobs/uploads/',
          { method: 'POST', headers: { 'content-length': '0' }, signal },
          'pull,push',
        )
        if (begun.statusCode !== 202 || !begun.headers.location) throw await failed(begun, `push of ${descriptor.digest}`)
        begun.resume()
        const url = new URL(begun.headers.location, server())
        url.searchParams.set('digest', descriptor.digest)
        const headers = { 'content-type': 'application/octet-stream', 'content-length': String(descriptor.size) }
        const done = await callUrl(url, { method: 'PUT', headers, body, signal }, 'pull,push')
        if (done.statusCode !== 201) throw await failed(done, `push of ${descriptor.digest}`)
        done.resume()
      },
      async pushManifest(wanted, mediaType, bytes, signal) {
        const headers = { 'content-type': mediaType, 'content-length': String(bytes.length) }
        const done = await call(server(), false, `manifests/${wanted}`, { method: 'PUT', headers, body: bytes, signal }, 'pull,push')
        if (done.statusCode !== 201) throw await failed(done, `push of ${formatReference(reference)}`)
        done.resume()
      },
    }
  }

  return {
    open,
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}
export type RegistryClient = ReturnType<typeof createRegistryClient>

function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '')
  return name === 'localhost' || name === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(name)
}

async function readBody(response: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    size += (chunk as Buffer).length
    if (size > limit) throw new RegistryError('invalid', `an answer of the registry is larger than ${limit} bytes`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch (cause) {
    throw new RegistryError('invalid', `${what} is no JSON`, cause)
  }
}

export interface ImageManifest {
  readonly kind: 'image'
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}
export type Manifest = { readonly kind: 'index'; readonly manifests: readonly Descriptor[] } | ImageManifest

/** Overlayfs takes at most 500 lower folders. */
const maxLayers = 500

/** Reads and checks a manifest or index of OCI or Docker. */
export function parseManifest(bytes: Buffer, mediaType: string): Manifest {
  const json = parseJson(bytes, 'the manifest') as {
    mediaType?: unknown
    schemaVersion?: unknown
    manifests?: unknown
    config?: unknown
    layers?: unknown
  }
  if (json === null || typeof json !== 'object') throw new RegistryError('invalid', 'the manifest is no object')
  const type = typeof json.mediaType === 'string' ? json.mediaType : mediaType
  if (json.schemaVersion === 1) throw new RegistryError('invalid', 'manifests of schema version 1 are not supported')
  if (Array.isArray(json.manifests) && json.layers !== undefined)
    throw new RegistryError('invalid', 'the manifest is an index and an image at once')
  if (Array.isArray(json.manifests)) {
    if (json.manifests.length > 1000) throw new RegistryError('invalid', `an index of ${json.manifests.length} manifests is refused`)
    return { kind: 'index', manifests: json.manifests.map(descriptor) }
  }
  if (!Array.isArray(json.layers)) throw new RegistryError('invalid', `a manifest of type ${type} is not supported`)
  if (json.layers.length > maxLayers)
    throw new RegistryError('invalid', `an image of ${json.layers.length} layers is refused: at most ${maxLayers}`)
  return { kind: 'image', config: descriptor(json.config), layers: json.layers.map(descriptor) }
}

function descriptor(value: unknown): Descriptor {
  const d = value as Descriptor | null
  if (!d || typeof d !== 'object' || typeof d.mediaType !== 'string')
    throw new RegistryError('invalid', 'the manifest holds a malformed descriptor')
  if (typeof d.digest !== 'string' || !digestPattern.test(d.digest))
    throw new RegistryError('invalid', 'the manifest holds a malformed digest')
  if (!Number.isSafeInteger(d.size) || d.size < 0) throw new RegistryError('invalid', `the manifest tells a wrong size of ${d.digest}`)
  return d
}

/** The manifest for this machine out of an index; what is no image of Linux (attestations) is passed over. */
export function choosePlatform(manifests: readonly Descriptor[], architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'): Descriptor {
  const fitting = manifests.filter((m) => m.platform?.os === 'linux' && m.platform.architecture === architecture)
  const found = fitting.find((m) => !m.platform?.variant || m.platform.variant === 'v8') ?? fitting[0] ?? manifests.find((m) => !m.platform)
  if (!found) throw new RegistryError('not-found', `no match for platform linux/${architecture} in the manifest: not found`)
  return found
}
