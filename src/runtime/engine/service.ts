/** Serves the engine's calls (api.ts) over the runtime. */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { createQueue } from '../../grpc/queue.ts'
import { Code, GrpcError } from '../../grpc/status.ts'
import { processesOf } from '../cgroups.ts'
import type { Containers } from '../containers.ts'
import { ContainerState } from '../cri/api.ts'
import { hashing, layerOf, loadArchive, saveArchive } from '../images/archive.ts'
import type { PullProgress } from '../images/pull.ts'
import { type Descriptor, parseManifest } from '../images/registry.ts'
import type { ImageConfig, ImageStore } from '../images/store.ts'
import type { Networks } from '../networks.ts'
import type { Host } from '../oci/host.ts'
import type { OciProcess } from '../oci/spec.ts'
import { homeOf, resolveUser } from '../oci/user.ts'
import { networkAnnotation } from '../pod-network.ts'
import { signalNumber } from '../processes.ts'
import { namespaceOf } from '../runtime-service.ts'
import type { ContainerRecord, Records, SandboxRecord } from '../state.ts'
import type { Streaming } from '../streaming.ts'
import type * as engine from './types.ts'

export interface EngineDeps {
  readonly images: ImageStore
  readonly containers: Containers
  readonly containerRecords: Records<ContainerRecord>
  readonly sandboxRecords: Records<SandboxRecord>
  readonly networks: Networks
  readonly streaming: Streaming
  readonly host: Host
  readonly turns: <T>(key: string, work: () => Promise<T>) => Promise<T>
}

export function createEngine(deps: EngineDeps): engine.Engine {
  const { images, containers, containerRecords, sandboxRecords, networks, streaming, host, turns } = deps
  const container = (id: string | undefined, namespace: string): ContainerRecord => {
    const found = containerRecords.get(id ?? '')
    if (found?.namespace !== namespace) throw new GrpcError(Code.NOT_FOUND, `container ${JSON.stringify(id)}: not found`)
    return found
  }
  /** The progress of a transfer as a stream that ends with it. */
  const progressing = (start: (progress: (p: PullProgress) => void) => Promise<unknown>): AsyncIterable<engine.Progress> => {
    const queue = createQueue<engine.Progress>()
    start((p) => queue.push({ ...p })).then(
      () => queue.end(),
      (error: Error) => queue.end(error),
    )
    return queue
  }
  const membersOf = (network: string) =>
    [...sandboxRecords.values()]
      .filter(({ config }) => config.annotations?.[networkAnnotation] === network)
      .map(({ id, config, ips }) => ({ id, name: config.metadata?.name ?? '', address: ips[0] ?? '' }))
  const credentials = ({ username, password }: engine.ImageRequest) =>
    username ? { credentials: { username, password: password ?? '' } } : {}

  return {
    Pull: (request, options) =>
      progressing((progress) =>
        images.pull(namespaceOf(options), request.name ?? '', {
          ...credentials(request),
          progress,
          ...(options?.signal ? { signal: options.signal } : {}),
        }),
      ),
    Push: (request, options) =>
      progressing((progress) =>
        images.push(namespaceOf(options), request.name ?? '', {
          ...credentials(request),
          progress,
          ...(options?.signal ? { signal: options.signal } : {}),
        }),
      ),
    async Tag({ source = '', target = '' }, options) {
      await images.tag(namespaceOf(options), source, target)
      return {}
    },
    async Untag({ name = '' }, options) {
      await images.untag(namespaceOf(options), name)
      return {}
    },
    async *Save({ names = [] }, options) {
      for await (const data of saveArchive(images, namespaceOf(options), names)) yield { data }
    },
    async Load(chunks, options) {
      const body = (async function* () {
        for await (const { data } of chunks) if (data && data.length > 0) yield data
      })()
      return { names: await loadArchive(images, namespaceOf(options), body) }
    },
    async Commit({ containerId, name = '', config = '', comment = '' }, options) {
      const namespace = namespaceOf(options)
      const record = container(containerId, namespace)
      const base = images.find(namespace, record.imageId)
      if (!base) throw new GrpcError(Code.NOT_FOUND, `the image of container ${record.id} is gone`)
      return images.hold(async () => {
        const plain = hashing(layerOf(containers.upper(record.id)))
        const { digest, size } = await images.content.ingestStream(Readable.from(plain.body).pipe(createGzip({ level: 1 })))
        const manifest = parseManifest(await images.content.read(base.manifest), '')
        if (manifest.kind !== 'image') throw new GrpcError(Code.INTERNAL, 'the base is no image')
        const created = new Date().toISOString()
        const file = {
          ...base.config,
          created,
          config: config ? (JSON.parse(config) as ImageConfig) : base.config.config,
          rootfs: { type: 'layers', diff_ids: [...base.config.rootfs.diff_ids, plain.digest()] },
          history: [...(base.config.history ?? []), { created, created_by: comment }],
        }
        const put = async (value: unknown, mediaType: string): Promise<Descriptor> => ({
          mediaType,
          ...(await images.content.put(Buffer.from(JSON.stringify(value)))),
        })
        const layer: Descriptor = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size }
        const mediaType = 'application/vnd.oci.image.manifest.v1+json'
        const configAt = await put(file, 'application/vnd.oci.image.config.v1+json')
        const target = await put({ schemaVersion: 2, mediaType, config: configAt, layers: [...manifest.layers, layer] }, mediaType)
        return { id: (await images.add(namespace, name, target)).id }
      })
    },
    async Prune() {
      return images.collect()
    },
    Namespaces: async () => ({
      names: [...new Set(['default', 'k8s.io', ...images.namespaces(), ...[...sandboxRecords.values()].map((s) => s.namespace)])].sort(),
    }),
    Content: async () => ({ blobs: (await images.content.list()).map((b) => ({ ...b, createdAt: b.createdAt.toISOString() })) }),
    Layers: async () => ({ layers: images.layers.list().map(({ id, parent, bytes, inodes }) => ({ id, parent, bytes, inodes })) }),
    async *ReadContent({ name = '' }) {
      if (!(await images.content.has(name))) throw new GrpcError(Code.NOT_FOUND, `content ${name}: not found`)
      for await (const data of createReadStream(images.content.path(name))) yield { data: data as Buffer }
    },
    async Wait({ containerId }, options) {
      const { id } = container(containerId, namespaceOf(options))
      return { exitCode: (await containers.wait(id, options?.signal)).exitCode }
    },
    async Kill({ containerId, signal = '' }, options) {
      const number = signalNumber(signal || 'SIGKILL')
      if (number === undefined) throw new GrpcError(Code.INVALID_ARGUMENT, `invalid signal ${JSON.stringify(signal)}`)
      await containers.kill(container(containerId, namespaceOf(options)).id, number)
      return {}
    },
    async Restart({ containerId }, options) {
      const { id } = container(containerId, namespaceOf(options))
      await turns(id, () => containers.restart(id))
      return {}
    },
    async Pause({ containerId }, options) {
      const { id } = container(containerId, namespaceOf(options))
      await turns(id, () => containers.pause(id))
      return {}
    },
    async Resume({ containerId }, options) {
      const { id } = container(containerId, namespaceOf(options))
      await turns(id, () => containers.resume(id))
      return {}
    },
    async Exec({ containerId, env = [], user = '', workingDir = '', privileged = false, ...request }, options) {
      const record = container(containerId, namespaceOf(options))
      if (record.state !== ContainerState.CONTAINER_RUNNING)
        throw new GrpcError(Code.FAILED_PRECONDITION, `container ${record.id} is not running`)
      const root = `/proc/${record.pid}/root`
      const as = user ? resolveUser(root, { user }) : record.user
      const change = (process: OciProcess): Partial<OciProcess> => {
        const variables = new Map(
          [...process.env, ...(user ? [`HOME=${homeOf(root, as.uid)}`] : []), ...env].map((e) => [e.split('=')[0], e]),
        )
        const capabilities = Object.fromEntries(['bounding', 'effective', 'permitted'].map((set) => [set, host.capabilities]))
        return {
          user: as,
          env: [...variables.values()],
          ...(workingDir ? { cwd: workingDir } : {}),
          ...(privileged ? { capabilities, noNewPrivileges: false } : {}),
        }
      }
      return { url: streaming.exec(record, { ...request, stdout: true, stderr: request.tty !== true }, change) }
    },
    async Rename({ containerId, name = '' }, options) {
      const namespace = namespaceOf(options)
      const { id } = container(containerId, namespace)
      if (!/^[a-zA-Z0-9][\w.-]*$/.test(name)) throw new GrpcError(Code.INVALID_ARGUMENT, `invalid container name ${JSON.stringify(name)}`)
      if ([...containerRecords.values()].some((c) => c.namespace === namespace && c.config.metadata?.name === name))
        throw new GrpcError(Code.ALREADY_EXISTS, `name ${JSON.stringify(name)} is already used`)
      await turns(id, async () => {
        const { config, ...record } = container(id, namespace)
        containerRecords.put({ ...record, config: { ...config, metadata: { ...config.metadata, name } } })
      })
      return {}
    },
    CreateNetwork: ({ name = '', subnet = '', labels = {} }) => networks.create(name, subnet, labels),
    Networks: async () => ({ networks: networks.list().map((network) => ({ ...network, members: membersOf(network.name) })) }),
    async RemoveNetwork({ name = '' }) {
      const users = membersOf(name).map((member) => JSON.stringify(member.name))
      if (users.length > 0)
        throw new GrpcError(Code.FAILED_PRECONDITION, `network ${JSON.stringify(name)} is in use by container ${users.join(', ')}`)
      await networks.remove(name)
      return {}
    },
    async Processes({ containerId }, options) {
      return { pids: await processesOf(host.cgroups, container(containerId, namespaceOf(options)).cgroup) }
    },
  }
}
