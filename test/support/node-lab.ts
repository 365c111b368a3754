/**
 * A node for tests: a real API server, and kubelet, proxy and DNS over a real container runtime, ours or Debian's
 * containerd, with folders, bridge, addresses, cgroup and nftables tables of its own. `stop` leaves nothing behind.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { get, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pod } from '../../src/api/types/core-v1.ts'
import { startApiServer } from '../../src/apiserver/command.ts'
import { flags as apiServerFlags } from '../../src/apiserver/flags.ts'
import { type Client, createClient, type Draft } from '../../src/client/client.ts'
import { createHttpsTransport } from '../../src/client/https-transport.ts'
import { createInformers, type Informers } from '../../src/client/informer.ts'
import { parseFlags } from '../../src/flags/flags.ts'
import { removeCgroup } from '../../src/kubelet/cgroups.ts'
import { configurationOf, type KubeletConfiguration } from '../../src/kubelet/configuration.ts'
import { type Cri, connectCri } from '../../src/kubelet/cri.ts'
import { createKubelet, type Kubelet } from '../../src/kubelet/kubelet.ts'
import { createKubeletServer, type KubeletServer } from '../../src/kubelet/server/server.ts'
import { createLogger, type Logger, noLog } from '../../src/log/log.ts'
import { type BridgeNetwork, createBridgeNetwork } from '../../src/network/bridge.ts'
import { startClusterDns } from '../../src/network/dns/cluster-dns.ts'
import { nft } from '../../src/network/nft.ts'
import { createNftablesBackend } from '../../src/network/proxy/nftables.ts'
import { createProxy } from '../../src/network/proxy/proxy.ts'
import { createCertificateAuthority, issueCertificate } from '../../src/pki/index.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { freePort } from './api-server.ts'
import { pauseImage, startContainerd } from './containerd.ts'
import { buildImage, busyboxImage, busyboxLayer, programLayer, type TestImage } from './images.ts'
import { startRegistry } from './registry.ts'

export const nodeName = 'lab-node'

/** Why this machine cannot run containers; undefined when it can. */
export const cannotRunContainers: string | undefined =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'containers need root on Linux'
    : ['nft', 'runc'].find((tool) => !['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((dir) => existsSync(join(dir, tool))))
      ? 'nft or runc is not installed'
      : undefined

export interface NodeLab {
  readonly folder: string
  readonly cgroupRoot: string
  readonly client: Client
  readonly cri: Cri
  readonly serviceCIDR: string
  readonly clusterDNS: string
  readonly nodeIP: string
  kubelet: Kubelet
  server: KubeletServer
  readonly manifests: string
  /** Waits for a pod that `holds` is true of; `undefined` is told when there is none. */
  untilPod(name: string, holds: (pod: Pod | undefined) => boolean, timeoutMs?: number): Promise<Pod>
  create(name: string, spec?: Draft<Pod['spec']>, metadata?: Draft<Pod['metadata']>): Promise<Pod>
  exec(pod: string, command: readonly string[], container?: string): Promise<string>
  /** A request to the kubelet's own server. */
  ask(path: string, options?: { method?: string; token?: string }): Promise<{ status: number; body: string }>
  /** Waits until a container of the pod has written this. */
  untilLog(pod: string, text: string, container?: string): Promise<void>
  /** Waits for an event about the pod whose `Reason: message` matches. */
  untilEvent(pod: Pod, matches: RegExp): Promise<void>
  /** What a container of the pod wrote. */
  logs(pod: string, container?: string): Promise<string>
  restartKubelet(): Promise<void>
  stop(): Promise<void>
}

export const isReady = (pod: Pod | undefined): boolean =>
  pod?.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true

export async function startNodeLab(options: {
  runtime: 'kijabi' | 'containerd'
  services?: boolean
  configuration?: Partial<KubeletConfiguration>
  /** Beside busybox: by name. */
  images?: Readonly<Record<string, TestImage>>
  /** Who else may come, by a token of that name; the kubelet then asks the API server what they may. */
  users?: readonly string[]
}): Promise<NodeLab> {
  const folder = mkdtempSync(join(tmpdir(), 'kijabi-node-'))
  chmodSync(folder, 0o711) // The users of a pod's user namespace go through it.
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const id = Math.floor(Math.random() * 200) + 20
  const podCIDR = `10.${id}.3.0/24`
  const cgroupRoot = `/kijabi-lab-${id}`
  const clusterCIDR = `10.${id}.0.0/16`
  const serviceCIDR = `10.${id}.128.0/17`
  const clusterDNS = `10.${id}.128.10`
  const bridgeName = `kjlab${id}`
  const log: Logger = process.env['NODE_LAB_LOG'] ? createLogger('node') : noLog
  async function stop(): Promise<void> {
    for (const step of undo.reverse()) await step()
  }
  try {
    const registry = await startRegistry({
      'pause:latest': pauseImage(),
      'library/busybox:latest': busyboxImage(),
      'library/resolver:latest': resolverImage(),
      ...Object.fromEntries(Object.entries(options.images ?? {}).map(([name, image]) => [`library/${name}:latest`, image])),
    })
    undo.push(() => registry.close())

    writeFileSync(
      join(folder, 'tokens'),
      ['admin,admin,1,"system:masters"', ...(options.users ?? []).map((user) => `${user},${user},${user}`)].join('\n'),
    )
    const port = await freePort()
    const api = await startApiServer(
      parseFlags(apiServerFlags, [
        `--secure-port=${port}`,
        '--bind-address=127.0.0.1',
        `--data-dir=${join(folder, 'store')}`,
        `--cert-dir=${join(folder, 'certs')}`,
        `--token-auth-file=${join(folder, 'tokens')}`,
        `--service-cluster-ip-range=${serviceCIDR}`,
        '--authorization-mode=RBAC',
      ]).values,
      noLog,
    )
    undo.push(() => api.close())
    await api.server.ready
    const transport = createHttpsTransport({
      server: `https://127.0.0.1:${port}`,
      insecure: true,
      credentials: () => ({ authorization: 'Bearer admin' }),
    })
    undo.push(() => transport.close())
    const client = createClient(transport)
    // Pods name it; no controller runs here that would make it.
    await client.create('serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: 'default' },
    })

    const bridge =
      options.runtime === 'kijabi'
        ? createBridgeNetwork({ folder: join(folder, 'network'), bridge: bridgeName, clusterCIDR, log })
        : undefined
    const cri = bridge
      ? await ownRuntime(folder, bridge, registry.host, id, log, undo)
      : await debianRuntime(folder, podCIDR, bridgeName, registry.host, undo)

    const nodeIP = bridge ? `10.${id}.3.1` : '127.0.0.1'
    let informers: Informers
    const kubeletPort = await freePort()
    const configuration = configurationOf({
      podLogsDir: join(folder, 'pod-logs'),
      staticPodPath: join(folder, 'manifests'),
      clusterDNS: [clusterDNS],
      port: kubeletPort,
      cgroupRoot,
      podCIDR,
      containerLogMaxSize: '1Mi',
      containerLogMaxFiles: 3,
      ...options.configuration,
    })
    async function startKubelet(): Promise<Kubelet> {
      informers = createInformers(client, { log })
      const kubelet = await createKubelet(
        { cri, client, informers, log },
        {
          nodeName,
          nodeIPs: [nodeIP],
          rootFolder: join(folder, 'kubelet'),
          hostDNS: { servers: [], searches: [], options: [] },
          configuration,
        },
      )
      informers.start()
      await kubelet.started()
      return kubelet
    }
    async function serve(kubelet: Kubelet): Promise<KubeletServer> {
      const certificate = issueCertificate(createCertificateAuthority('lab'), { commonName: nodeName, hosts: ['127.0.0.1'] })
      return createKubeletServer(
        { kubelet, cri, client, log, configuration },
        {
          address: '127.0.0.1',
          port: kubeletPort,
          certificate,
          debugging: true,
          anonymous: true,
          tokenWebhook: true,
          authorization: options.users ? 'Webhook' : 'AlwaysAllow',
          cacheMs: 0,
          allowedCacheMs: 0,
          deniedCacheMs: 0,
        },
      )
    }
    const kubelet = await startKubelet()
    const lab: NodeLab = {
      folder,
      cgroupRoot,
      client,
      cri,
      serviceCIDR,
      clusterDNS,
      nodeIP,
      kubelet,
      server: await serve(kubelet),
      manifests: join(folder, 'manifests'),
      untilPod: (name, holds, timeoutMs) => untilPod(client, name, holds, timeoutMs),
      create: (name, spec = {}, metadata = {}) =>
        client.create('pods', {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name, namespace: 'default', ...metadata },
          spec: {
            nodeName,
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 1,
            containers: [{ name: 'c', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sleep', '100000'] }],
            ...spec,
          },
        } as Draft<Pod>),
      async exec(pod, command, container = 'c') {
        const found = lab.kubelet.pods().find((p) => p.metadata.name === pod)
        const running = lab.kubelet.workers
          .runtime(found?.metadata.uid ?? '')
          ?.containers.find((c) => c.name === container && c.state === 'running')
        if (!running) throw new Error(`container ${container} of pod ${pod} does not run`)
        const { stdout, stderr, exitCode } = await cri.runtime.ExecSync({ containerId: running.id, cmd: [...command], timeout: 10 })
        const output = Buffer.concat([Buffer.from(stdout ?? []), Buffer.from(stderr ?? [])]).toString('utf8')
        if (exitCode) throw new Error(`${command.join(' ')} ended with ${exitCode}: ${output}`)
        return output
      },
      ask: (path, { method = 'GET', token } = {}) => askKubelet(kubeletPort, method, path, token),
      untilLog: (pod, text, container = 'c') => untilLog(kubeletPort, `/containerLogs/default/${pod}/${container}?follow=true`, text),
      untilEvent: (pod, matches) => untilEvent(client, pod, matches),
      logs: async (pod, container = 'c') => (await lab.ask(`/containerLogs/default/${pod}/${container}`)).body,
      async restartKubelet() {
        await lab.server.close()
        await lab.kubelet.stop()
        informers.stop()
        lab.kubelet = await startKubelet()
        lab.server = await serve(lab.kubelet)
      },
      stop,
    }
    undo.push(async () => {
      await lab.server.close()
      await lab.kubelet.stop()
      informers.stop()
      await removeSandboxes(cri)
      unmountBelow(folder)
      removeCgroup(`/kijabi-lab-${id}`)
    })
    if (options.services && bridge) {
      const shared = createInformers(client, { log })
      const backend = createNftablesBackend({ family: 'IPv4', clusterCIDR, nodePortAddresses: 'all', table: `kube-proxy-lab-${id}` }, nft)
      const proxy = createProxy({ informers: shared, log, backend: () => backend }, { nodeName })
      const starting = startClusterDns(
        { client, informers: shared, log },
        { nodeName, listen: await bridge.gateway(), clusterDNS, zone: 'cluster.local', upstreams: [] },
      )
      shared.start()
      const dns = await starting
      await proxy.started()
      undo.push(async () => {
        await dns.stop()
        await proxy.stop()
        shared.stop()
        await backend.cleanup()
      })
    }
    return lab
  } catch (error) {
    await stop()
    throw error
  }
}

/** Debian's static busybox cannot resolve names (nor does its wget take -T): getent can, by the C library's own rules. */
const resolverImage = () =>
  buildImage([[...busyboxLayer(), ...programLayer(['/usr/bin/getent'])]], { config: { Cmd: ['sh'], Env: ['PATH=/bin:/usr/bin'] } })

async function ownRuntime(
  folder: string,
  bridge: BridgeNetwork,
  mirror: string,
  id: number,
  log: Logger,
  undo: (() => unknown)[],
): Promise<Cri> {
  undo.push(async () => {
    await bridge.destroy()
    bridge.close()
  })
  const runtime = await createRuntime({
    root: join(folder, 'runtime'),
    state: join(folder, 'runtime-state'),
    log,
    network: bridge,
    name: `lab-${id}`,
    registry: { hosts: { 'docker.io': { server: `http://${mirror}` } } },
    cni: { confDir: join(folder, 'no-cni') },
  })
  undo.push(() => runtime.close())
  return { runtime: runtime.runtimeService, images: runtime.imageService, close() {} }
}

async function debianRuntime(folder: string, podCIDR: string, bridge: string, registry: string, undo: (() => unknown)[]): Promise<Cri> {
  undo.push(() => execFileSync('ip', ['link', 'delete', bridge], { stdio: 'ignore' }))
  const containerd = await startContainerd(join(folder, 'containerd'), { registry, podCIDR, bridge })
  undo.push(() => containerd.stop())
  const cri = connectCri(containerd.endpoint)
  undo.push(() => cri.close())
  // The bridge comes with the first pod; without one there would be nothing to delete.
  execFileSync('ip', ['link', 'add', bridge, 'type', 'bridge'])
  return cri
}

async function removeSandboxes(cri: Cri): Promise<void> {
  for (const { id } of (await cri.runtime.ListPodSandbox({})).items ?? []) {
    await cri.runtime.StopPodSandbox({ podSandboxId: id as string })
    await cri.runtime.RemovePodSandbox({ podSandboxId: id as string })
  }
}

function unmountBelow(folder: string): void {
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
  for (const path of mounted
    .filter((p) => p.startsWith(`${folder}/kubelet/`))
    .sort()
    .reverse())
    execFileSync('umount', ['-l', path])
}

function askKubelet(port: number, method: string, path: string, token: string | undefined): Promise<{ status: number; body: string }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, method, path, headers, rejectUnauthorized: false }, (answer) => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk) => {
        body += chunk
      })
      answer.on('end', () => resolve({ status: answer.statusCode as number, body }))
    })
    call.on('error', reject)
    call.end()
  })
}

async function untilLog(port: number, path: string, text: string): Promise<void> {
  const call = get({ host: '127.0.0.1', port, path, rejectUnauthorized: false, signal: AbortSignal.timeout(60_000) })
  const [answer] = (await once(call, 'response')) as [IncomingMessage]
  let said = ''
  for await (const chunk of answer.setEncoding('utf8')) {
    said += chunk
    if (said.includes(text)) return
  }
  throw new Error(`the log ended without ${text}: ${said}`)
}

async function untilEvent(client: Client, pod: Pod, matches: RegExp): Promise<void> {
  const signal = AbortSignal.timeout(60_000)
  const selection = { namespace: 'default', fieldSelector: `involvedObject.uid=${pod.metadata.uid}` }
  const isIt = (e: { reason?: string; message?: string }) => matches.test(`${e.reason}: ${e.message}`)
  const { items, metadata } = await client.list('events', selection)
  if (items.some(isIt)) return
  for await (const { object } of client.watch('events', { ...selection, resourceVersion: metadata.resourceVersion as string, signal }))
    if (isIt(object)) return
}

async function untilPod(client: Client, name: string, holds: (pod: Pod | undefined) => boolean, timeoutMs = 30_000): Promise<Pod> {
  const signal = AbortSignal.timeout(timeoutMs)
  const selection = { namespace: 'default', fieldSelector: `metadata.name=${name}` }
  let last: Pod | undefined
  try {
    const { items, metadata } = await client.list('pods', selection)
    last = items[0]
    if (holds(last)) return last as Pod
    for await (const event of client.watch('pods', { ...selection, resourceVersion: metadata.resourceVersion as string, signal })) {
      last = event.type === 'DELETED' ? undefined : event.object
      if (holds(last)) return event.object
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  throw new Error(`pod ${name} did not come to it within ${timeoutMs} ms: ${JSON.stringify(last?.status)}`)
}
