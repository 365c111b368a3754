/**
 * Container images for tests, built in memory from programs of the host's Debian packages (busybox-static, nginx,
 * redis-server), so that no test needs the internet. `startRegistry` (registry.ts) serves them in Docker Hub's place.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { type TarHeader, tarArchive } from '../../src/runtime/images/tar-writer.ts'

export type LayerEntry = TarHeader & { readonly data?: Uint8Array | string }

export interface TestImage {
  readonly mediaType: string
  readonly digest: string
  readonly manifest: Buffer
  readonly configDigest: string
  /** Config and layers, by digest. */
  readonly blobs: ReadonlyMap<string, Buffer>
}

/** The part of an OCI image config that a Dockerfile sets. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly Env?: readonly string[]
  readonly User?: string
  readonly WorkingDir?: string
  readonly ExposedPorts?: Readonly<Record<string, object>>
  readonly Volumes?: Readonly<Record<string, object>>
  readonly StopSignal?: string
  readonly Labels?: Readonly<Record<string, string>>
}
export interface BuildOptions {
  readonly config?: ImageConfig
  readonly compression?: 'gzip' | 'zstd' | 'none'
  /** Docker's media types in place of OCI's. */
  readonly docker?: boolean
}

export const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** An image of the given layers, each the entries of one tar or a whole tar. */
export function buildImage(layers: readonly (readonly LayerEntry[] | Buffer)[], options: BuildOptions = {}): TestImage {
  const { compression = 'gzip', docker = false } = options
  const blobs = new Map<string, Buffer>()
  const put = (bytes: Buffer) => {
    blobs.set(sha256(bytes), bytes)
    return { digest: sha256(bytes), size: bytes.length }
  }
  const tars = layers.map((layer) => (Buffer.isBuffer(layer) ? layer : tarArchive(layer)))
  const compress = { gzip: (b: Buffer) => gzipSync(b, { level: 1 }), zstd: (b: Buffer) => zstdCompressSync(b), none: (b: Buffer) => b }[
    compression
  ]
  const suffix = compression === 'none' ? '' : compression
  const layerType = docker
    ? `application/vnd.docker.image.rootfs.diff.tar${suffix && `.${suffix}`}`
    : `application/vnd.oci.image.layer.v1.tar${suffix && `+${suffix}`}`
  const layerDescriptors = tars.map((tar) => ({ mediaType: layerType, ...put(compress(tar)) }))
  const config = Buffer.from(
    JSON.stringify({
      created: '2026-01-01T00:00:00Z',
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: options.config ?? {},
      rootfs: { type: 'layers', diff_ids: tars.map(sha256) },
      history: tars.map((_tar, i) => ({ created: '2026-01-01T00:00:00Z', created_by: `layer ${i}` })),
    }),
  )
  const mediaType = docker ? 'application/vnd.docker.distribution.manifest.v2+json' : 'application/vnd.oci.image.manifest.v1+json'
  const configType = docker ? 'application/vnd.docker.container.image.v1+json' : 'application/vnd.oci.image.config.v1+json'
  const configDescriptor = { mediaType: configType, ...put(config) }
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: configDescriptor, layers: layerDescriptors }))
  return { mediaType, digest: sha256(manifest), manifest, configDigest: configDescriptor.digest, blobs }
}

const folders = (...names: string[]): LayerEntry[] => names.map((name) => ({ name, type: 'directory' }))
const etc: LayerEntry[] = [
  ...folders('bin', 'etc', 'root', 'var', 'var/log', 'usr', 'usr/bin', 'usr/sbin', 'dev', 'proc', 'sys'),
  { name: 'tmp', type: 'directory', mode: 0o1777 },
  {
    name: 'etc/passwd',
    data: 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\nwww-data:x:33:33::/var/www:/bin/false\nuser:x:1000:1000::/tmp:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n',
  },
  { name: 'etc/group', data: 'root:x:0:\ndaemon:x:1:\nwww-data:x:33:\nextra:x:2000:user\nuser:x:1000:\nnogroup:x:65534:\n' },
]

const busyboxApplets = () => execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n')
/** bin/busybox and a link to it for each of its commands. */
export function busyboxLayer(): LayerEntry[] {
  const links = busyboxApplets().filter((name) => name !== 'busybox')
  return [
    ...etc,
    { name: 'bin/busybox', mode: 0o755, data: readFileSync('/bin/busybox') },
    ...links.map((name): LayerEntry => ({ name: `bin/${name}`, type: 'symlink', linkName: 'busybox' })),
  ]
}

/** Programs of the host with the libraries that they load, at the same paths. */
export function programLayer(programs: readonly string[]): LayerEntry[] {
  const files = new Set(programs)
  for (const program of programs) {
    const loaded = execFileSync('ldd', [program], { encoding: 'utf8' })
    for (const [path] of loaded.matchAll(/\/[^\s()]+/g)) files.add(path)
  }
  const seen = new Set<string>()
  const parents = (path: string): string[] => (path === '.' || path === '/' ? [] : [...parents(dirname(path)), path])
  const entries: LayerEntry[] = []
  for (const file of files) {
    for (const folder of parents(dirname(file))) {
      if (seen.has(folder)) continue
      seen.add(folder)
      entries.push({ name: folder.slice(1), type: 'directory' })
    }
    entries.push({ name: file.slice(1), mode: 0o755, data: readFileSync(realpathSync(file)) })
  }
  return entries
}

export const busyboxImage = (options: BuildOptions = {}): TestImage =>
  buildImage([busyboxLayer()], { ...options, config: { Cmd: ['sh'], Env: ['PATH=/bin:/usr/bin:/usr/sbin:/sbin'], ...options.config } })

/** curl beside busybox: Debian's busybox is static and cannot resolve names without the C library's files. */
export const curlImage = (): TestImage =>
  buildImage([busyboxLayer(), programLayer(['/usr/bin/curl'])], { config: { Cmd: ['sh'], Env: ['PATH=/bin:/usr/bin'] } })

const nginxConf = `daemon off;
worker_processes 1;
error_log /dev/stderr notice;
pid /tmp/nginx.pid;
events { worker_connections 64; }
http {
  access_log /dev/stdout;
  client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi; uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
  types { text/html html; }
  server { listen 80; root /usr/share/nginx/html; }
}
`
/** Debian's nginx on port 80 with a welcome page, and busybox beside it as a shell. */
export function nginxImage(page = '<h1>Welcome to nginx!</h1>\n'): TestImage {
  const site: LayerEntry[] = [
    ...folders('etc/nginx', 'var/lib', 'var/lib/nginx', 'var/log/nginx', 'usr/share', 'usr/share/nginx', 'usr/share/nginx/html'),
    { name: 'etc/nginx/nginx.conf', data: nginxConf },
    { name: 'usr/share/nginx/html/index.html', data: page },
  ]
  return buildImage([busyboxLayer(), programLayer(['/usr/sbin/nginx']), site], {
    config: {
      Cmd: ['/usr/sbin/nginx', '-c', '/etc/nginx/nginx.conf'],
      Env: ['PATH=/usr/sbin:/usr/bin:/bin'],
      ExposedPorts: { '80/tcp': {} },
      StopSignal: 'SIGQUIT',
    },
  })
}

/** Debian's redis-server on port 6379 and redis-cli. */
export const redisImage = (): TestImage =>
  buildImage([busyboxLayer(), programLayer(['/usr/bin/redis-server', '/usr/bin/redis-cli'].filter(existsSync))], {
    config: {
      Cmd: ['redis-server', '--protected-mode', 'no', '--save', ''],
      Env: ['PATH=/usr/bin:/bin'],
      WorkingDir: '/tmp',
      ExposedPorts: { '6379/tcp': {} },
    },
  })
