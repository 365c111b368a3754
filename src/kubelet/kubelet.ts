/**
 * The kubelet: the node's pods, from the API and from manifests, run as their specs say over any CRI runtime. Events
 * of four kinds wake a pod's worker: its object changed, the runtime reports, a probe's verdict changed, a time came.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { isProcessPod } from '../api/process-pods.ts'
import type { Container, Node, ObjectReference, Pod, Taint } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import { type Clock, systemClock } from '../client/clock.ts'
import { createEventRecorder } from '../client/events.ts'
import { createInformers, type Informers } from '../client/informer.ts'
import type { Logger } from '../log/log.ts'
import { kubernetesVersion } from '../version.ts'
import { admitPod } from './admission.ts'
import { kernelCgroups } from './cgroups.ts'
import { createClaims } from './claims.ts'
import type { NodeSettings } from './container-config.ts'
import { abortable, type Cri, criErrorText } from './cri.ts'
import { createEvictionManager } from './eviction.ts'
import { collectImages, type ImageGcOptions } from './image-gc.ts'
import { createImageManager } from './images.ts'
import { type LogRotationOptions, rotateLogs } from './log-rotation.ts'
import { createNodeReporter, type NodeReporter } from './node-status.ts'
import { createObjectWatcher } from './objects.ts'
import { createPodWorkers, type PodWorkers } from './pods/pod-workers.ts'
import { ownConditions } from './pods/publish-status.ts'
import { createProbeManager } from './probes.ts'
import { watchRuntime } from './runtime-events.ts'
import { listRuntimePods } from './runtime-pods.ts'
import { deleteMirror, isMirror, isStatic, syncMirror, watchManifests } from './static-pods.ts'
import { createStatusManager, type StatusManager } from './status-manager.ts'
import { createTokenManager } from './tokens.ts'

export interface KubeletDeps {
  readonly cri: Cri
  readonly client: Client
  readonly informers?: Informers
  readonly log: Logger
  readonly clock?: Clock
}
export interface KubeletOptions {
  readonly nodeName: string
  /** The node's addresses, the primary one first. */
  readonly nodeIPs: readonly string[]
  /** State that survives restarts: `--root-dir`. */
  readonly rootFolder: string
  readonly podLogsFolder: string
  readonly manifestFolder?: string
  readonly clusterDNS: readonly string[]
  readonly clusterDomain: string
  readonly hostDNS: NodeSettings['hostDNS']
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  readonly maxPods?: number
  /** Below 1: any number. */
  readonly podPidsLimit?: number
  readonly reserved?: Readonly<Record<string, string>>
  readonly port: number
  readonly cgroupRoot?: string
  readonly podCIDR?: string
  readonly leaseSeconds?: number
  readonly registerNode?: boolean
  readonly containerLogs?: LogRotationOptions
  readonly imageGc?: ImageGcOptions
}

export interface Kubelet {
  readonly workers: PodWorkers
  readonly statuses: StatusManager
  readonly reporter: NodeReporter
  readonly settings: NodeSettings
  readonly runtimeName: string
  /** All of the node's pods as they are, statuses included. */
  pods(): Pod[]
  /** Resolves once the node's pods are known and cared for. */
  started(): Promise<void>
  /** Containers run on. */
  stop(): Promise<void>
}

const housekeepingMs = 2000

export async function createKubelet(deps: KubeletDeps, options: KubeletOptions): Promise<Kubelet> {
  const { client, log, clock = systemClock } = deps
  const { nodeName, rootFolder } = options
  const stopping = new AbortController()
  const cri: Cri = {
    runtime: abortable(deps.cri.runtime, stopping.signal),
    images: abortable(deps.cri.images, stopping.signal),
    close: () => deps.cri.close(),
  }
  const podsFolder = join(rootFolder, 'pods')
  mkdirSync(podsFolder, { recursive: true, mode: 0o750 })
  const informers = deps.informers ?? createInformers(client, { log, clock })
  const apiPods = informers.of('pods', { fieldSelector: `spec.nodeName=${nodeName}` })
  const services = informers.of('services')
  const nodes = informers.of('nodes', { fieldSelector: `metadata.name=${nodeName}` })
  const recorder = createEventRecorder(client, { component: 'kubelet', host: nodeName, clock, log })
  // Upstream's kubelet gives the name for the uid, which it cannot know before it has registered; kubectl looks for both.
  const nodeReference = { kind: 'Node', name: nodeName, uid: nodeName }
  const { runtimeName = 'unknown' } = await cri.runtime.Version({})
  const node = (): Node | undefined => nodes.get(undefined, nodeName)

  const eviction = createEvictionManager({
    clock,
    log,
    rootFolder,
    pods: () => workers.list(),
    memoryUse: () => memoryUse(cri),
    evict: (...args) => workers.evict(...args),
    event: (pod, message) => recorder.event(referenceOf(pod, undefined), 'Warning', 'Evicted', message),
    changed: () => reporter.refresh(),
  })
  const reporter = createNodeReporter(
    {
      client,
      cri,
      clock,
      log,
      node,
      pressure: () => eviction.pressure(),
      healthy: () => undefined,
      event: (reason, message) => recorder.event(nodeReference, 'Normal', reason, message),
    },
    {
      nodeName,
      addresses: options.nodeIPs,
      labels: options.labels ?? {},
      taints: options.taints ?? [],
      maxPods: options.maxPods ?? 110,
      reserved: options.reserved ?? {},
      rootFolder,
      kubeletPort: options.port,
      ...(options.leaseSeconds === undefined ? {} : { leaseSeconds: options.leaseSeconds }),
    },
  )
  const settings: NodeSettings = {
    nodeName,
    podLogsFolder: options.podLogsFolder,
    podsFolder,
    clusterDNS: options.clusterDNS,
    clusterDomain: options.clusterDomain,
    hostDNS: options.hostDNS,
    memoryCapacity: Number.parseInt(reporter.capacity['memory'] as string, 10) * 1024,
    cgroupRoot: options.cgroupRoot ?? '',
    podPidsLimit: options.podPidsLimit ?? -1,
  }

  const event = (pod: Pod, container: Container | undefined, type: 'Normal' | 'Warning', reason: string, message: string) =>
    recorder.event(referenceOf(mirrorOf(pod) ?? pod, container), type, reason, message)
  const tokens = createTokenManager(client, clock)
  const objects = createObjectWatcher(client, (uid) => workers.wake(uid))
  const statuses = createStatusManager({ client, clock, log, apiPod })
  const probes = createProbeManager({
    cri,
    clock,
    userAgent: `kube-probe/${kubernetesVersion.slice(1, 5)}`,
    changed: (uid) => workers.wake(uid),
    event,
  })
  const workers: PodWorkers = createPodWorkers({
    cri,
    client,
    clock,
    log,
    images: createImageManager(cri, { now: () => clock.now() }),
    probes,
    objects,
    statuses,
    settings,
    runtimeName,
    token: tokens.get,
    claims: createClaims(client),
    cgroups: kernelCgroups,
    sources: { configMap: objects.configMap, secret: objects.secret, services: (namespace) => services.list(namespace) },
    hostIPs: () => options.nodeIPs,
    allocatable: () => reporter.allocatable,
    admit: (pod, others) => admitPod(pod, others, node(), reporter.allocatable),
    event,
  })

  // --- where pods come from

  const staticPods = new Map<string, Pod>()
  const mirrorOf = (pod: Pod): Pod | undefined => (isStatic(pod) ? apiPods.get(pod.metadata.namespace, pod.metadata.name) : undefined)
  function apiPod(uid: string): Pod | undefined {
    const pod = staticPods.get(uid) ?? workers.get(uid)
    return pod && apiPods.get(pod.metadata.namespace, pod.metadata.name)
  }
  const mirrorWork = new Map<string, Promise<void>>()
  /** One change of a mirror at a time; the newest wish counts. */
  function careForMirror(namespace: string, name: string): void {
    const key = `${namespace}/${name}`
    const run = async () => {
      const wanted = [...staticPods.values()].find((p) => p.metadata.namespace === namespace && p.metadata.name === name)
      const mirror = apiPods.get(namespace, name)
      if (wanted) await syncMirror(client, wanted, mirror && isMirror(mirror) ? mirror : undefined, node())
      else if (mirror && isMirror(mirror) && !isProcessPod(mirror)) await deleteMirror(client, mirror)
    }
    const work = (mirrorWork.get(key) ?? Promise.resolve()).then(run).catch((error: unknown) => {
      if (stopping.signal.aborted) return
      log.warn('could not keep a mirror pod', { pod: key, error })
      clock.after(5000, () => careForMirror(namespace, name))
    })
    mirrorWork.set(key, work)
  }
  function setStaticPods(pods: readonly Pod[]): void {
    const now = new Map(pods.map((p) => [p.metadata.uid, p]))
    for (const [uid, pod] of staticPods) {
      if (now.has(uid)) continue
      staticPods.delete(uid)
      workers.remove(uid)
      if (apiPods.synced) careForMirror(pod.metadata.namespace, pod.metadata.name)
    }
    for (const [uid, pod] of now) {
      if (staticPods.has(uid)) continue
      staticPods.set(uid, pod)
      workers.update(pod)
      if (apiPods.synced) careForMirror(pod.metadata.namespace, pod.metadata.name)
    }
  }

  const unsubscribe = [
    apiPods.addHandler({
      added(pod: Pod) {
        if (isMirror(pod)) seeMirror(pod)
        else workers.update(pod)
      },
      updated(pod: Pod, before: Pod) {
        if (isMirror(pod)) return seeMirror(pod)
        if (before.metadata.uid !== pod.metadata.uid) workers.remove(before.metadata.uid)
        if (before.metadata.uid === pod.metadata.uid && isOnlyReport(pod, before)) return statuses.reconcile(pod.metadata.uid)
        workers.update(pod)
      },
      deleted(pod: Pod) {
        if (isMirror(pod)) return seeMirror(pod)
        workers.remove(pod.metadata.uid)
        tokens.forget(pod.metadata.uid)
      },
    }),
    nodes.addHandler({ added: seeNode, updated: seeNode }),
  ]
  function seeMirror(mirror: Pod): void {
    if (!apiPods.synced || isProcessPod(mirror)) return
    careForMirror(mirror.metadata.namespace, mirror.metadata.name)
    const own = [...staticPods.values()].find(
      (p) => p.metadata.namespace === mirror.metadata.namespace && p.metadata.name === mirror.metadata.name,
    )
    if (own) statuses.reconcile(own.metadata.uid)
  }

  let podCIDR = ''
  function seeNode(object: Node): void {
    const cidr = object.spec.podCIDRs?.join(',') || object.spec.podCIDR || ''
    if (cidr) void tellPodCIDR(cidr)
  }
  async function tellPodCIDR(cidr: string): Promise<void> {
    if (cidr === podCIDR || stopping.signal.aborted) return
    podCIDR = cidr
    try {
      await cri.runtime.UpdateRuntimeConfig({ runtimeConfig: { networkConfig: { podCidr: cidr } } })
      log.info('told the runtime the pod CIDR', { podCIDR: cidr })
      reporter.refresh()
    } catch (error) {
      podCIDR = ''
      log.warn('could not tell the runtime the pod CIDR', { error: criErrorText(error) })
      clock.after(1000, () => void tellPodCIDR(cidr))
    }
  }

  // --- start

  if (options.podCIDR) await tellPodCIDR(options.podCIDR)
  const manifests = options.manifestFolder ? watchManifests(options.manifestFolder, nodeName, setStaticPods, log) : undefined
  const running: Promise<unknown>[] = []
  if (!deps.informers) informers.start()
  if (options.registerNode !== false) running.push(reporter.run(stopping.signal))
  running.push(eviction.run(stopping.signal))
  running.push(rotateLogs({ cri, clock, log }, options.containerLogs ?? { maxBytes: 10 << 20, maxFiles: 5 }, stopping.signal))
  const failed = (message: string) => recorder.event(nodeReference, 'Warning', 'FreeDiskSpaceFailed', message)
  const imageGc = options.imageGc ?? { highPercent: 85, lowPercent: 80, minimumAgeMs: 120_000 }
  running.push(collectImages({ cri, clock, log, failed }, imageGc, stopping.signal))

  /** What the runtime has and no source knows; only once all sources have spoken. */
  async function killUnknown(): Promise<void> {
    for (const [uid, pod] of await listRuntimePods(cri)) {
      if (!workers.get(uid))
        await workers
          .killUnknown(uid, pod.sandboxes)
          .catch((error: unknown) => log.warn('could not remove an unknown pod', { uid, error: criErrorText(error) }))
    }
  }
  let unknownSoon = false
  /** Not at once: a pod that just ended says its last word, too. */
  function lookForUnknown(): void {
    if (unknownSoon) return
    unknownSoon = true
    clock.after(housekeepingMs, () => {
      unknownSoon = false
      if (stopping.signal.aborted) return
      killUnknown().catch((error: unknown) => log.warn('could not look for unknown pods', { error: criErrorText(error) }))
    })
  }
  const sourcesKnown = apiPods.whenSynced().then(() => {
    for (const pod of apiPods.list()) if (isMirror(pod)) seeMirror(pod)
    for (const pod of staticPods.values()) {
      careForMirror(pod.metadata.namespace, pod.metadata.name)
      statuses.reconcile(pod.metadata.uid)
    }
  })
  const ready = sourcesKnown
    .then(() => killUnknown())
    .catch((error: unknown) => log.warn('could not look for unknown pods', { error: criErrorText(error) }))
  running.push(
    watchRuntime(
      cri,
      (uid) => {
        if (workers.get(uid)) workers.wake(uid)
        else if (apiPods.synced) lookForUnknown()
      },
      { clock, log },
      stopping.signal,
    ),
  )

  return {
    workers,
    statuses,
    reporter,
    settings,
    runtimeName,
    pods: () => workers.list().map((pod) => ({ ...pod, status: statuses.get(pod.metadata.uid) ?? pod.status })),
    started: () => ready,
    async stop() {
      for (const off of unsubscribe) off()
      manifests?.close()
      stopping.abort()
      await workers.stop()
      objects.stop()
      statuses.stop()
      if (!deps.informers) informers.stop()
      await Promise.allSettled(running)
      await recorder.flush()
    },
  }
}

/** An event about a container names it, as `spec.containers{web}`. */
export function referenceOf(pod: Pod, container: Container | undefined): ObjectReference {
  const { namespace, name, uid, resourceVersion } = pod.metadata
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace,
    name,
    uid,
    resourceVersion,
    ...(container ? { fieldPath: `spec.${listOf(pod, container.name)}{${container.name}}` } : {}),
  }
}
const listOf = (pod: Pod, name: string): string =>
  pod.spec.containers?.some((c) => c.name === name)
    ? 'containers'
    : pod.spec.initContainers?.some((c) => c.name === name)
      ? 'initContainers'
      : 'ephemeralContainers'

/** Only the status differs, and of its conditions only those that the kubelet itself reports. */
function isOnlyReport(now: Pod, before: Pod): boolean {
  const own = ownConditions
  const foreign = (pod: Pod) => (pod.status?.conditions ?? []).filter((c) => !own.has(c.type))
  return (
    now.metadata.generation === before.metadata.generation &&
    now.metadata.deletionTimestamp === before.metadata.deletionTimestamp &&
    now.metadata.deletionGracePeriodSeconds === before.metadata.deletionGracePeriodSeconds &&
    isDeepStrictEqual(now.metadata.labels, before.metadata.labels) &&
    isDeepStrictEqual(now.metadata.annotations, before.metadata.annotations) &&
    isDeepStrictEqual(now.spec, before.spec) &&
    isDeepStrictEqual(foreign(now), foreign(before))
  )
}

async function memoryUse(cri: Cri): Promise<ReadonlyMap<string, number>> {
  const { stats = [] } = await cri.runtime.ListContainerStats({})
  const use = new Map<string, number>()
  for (const s of stats) {
    const uid = s.attributes?.labels?.['io.kubernetes.pod.uid']
    if (uid) use.set(uid, (use.get(uid) ?? 0) + Number(s.memory?.workingSetBytes?.value ?? 0))
  }
  return use
}
