/**
 * The kubelet: the node's pods, from the API and from manifests, run as their specs say over any CRI runtime. Events
 * of four kinds wake a pod's worker: its object changed, the runtime reports, a probe's verdict changed, a time came.
 */
import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { isProcessPod } from '../api/process-pods.ts'
import { addQuantity, formatQuantity, quantityMilliValue, quantityValue } from '../api/quantity.ts'
import type { Container, Node, ObjectReference, Pod, Taint } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import { type Clock, systemClock } from '../client/clock.ts'
import { createEventRecorder } from '../client/events.ts'
import { createInformers, type Informers } from '../client/informer.ts'
import type { Logger } from '../log/log.ts'
import { createMetrics, type MetricsRegistry } from '../metrics/metrics.ts'
import { kubernetesVersion } from '../version.ts'
import { admitPod } from './admission.ts'
import { kernelCgroups } from './cgroups.ts'
import { createClaims } from './claims.ts'
import type { KubeletConfiguration } from './configuration.ts'
import { type NodeSettings, podsCgroup } from './container-config.ts'
import { abortable, type Cri, criErrorText } from './cri.ts'
import { startDeviceManager } from './device-manager.ts'
import { createEvictionManager, observeNode, pressureRefusal, thresholdsOf } from './eviction.ts'
import { collectImages, createImageCollector } from './image-gc.ts'
import { createImageManager } from './images.ts'
import { rotateLogs } from './log-rotation.ts'
import { connectLogind, type Shutdowns } from './logind.ts'
import { type NodeShutdown, shutdownGroups, shutdownRefusal, startNodeShutdown } from './node-shutdown.ts'
import { createNodeReporter, type NodeReporter } from './node-status.ts'
import { createObjectWatcher } from './objects.ts'
import { emptyDirUsage, podUsage } from './pod-usage.ts'
import { createPodWorkers, type PodWorkers } from './pods/pod-workers.ts'
import { ownConditions } from './pods/publish-status.ts'
import { createProbeManager } from './probes.ts'
import { milliToShares, quotaPeriodUs } from './resources.ts'
import { watchRuntime } from './runtime-events.ts'
import { listRuntimePods } from './runtime-pods.ts'
import { deleteMirror, fetchManifests, isMirror, isStatic, sourceOf, syncMirror, watchManifests } from './static-pods.ts'
import { createStatusManager, type StatusManager } from './status-manager.ts'
import { createTokenManager } from './tokens.ts'

export interface KubeletDeps {
  readonly cri: Cri
  readonly client: Client
  readonly informers?: Informers
  readonly log: Logger
  readonly clock?: Clock
  /** Instead of this machine's logind. */
  readonly shutdowns?: () => Promise<Shutdowns>
}
export interface KubeletOptions {
  readonly nodeName: string
  /** The node's addresses, the primary one first. */
  readonly nodeIPs: readonly string[]
  /** State that survives restarts: `--root-dir`. */
  readonly rootFolder: string
  readonly configuration: KubeletConfiguration
  readonly hostDNS: NodeSettings['hostDNS']
  readonly labels?: Readonly<Record<string, string>>
  /** Instead of the configuration's. */
  readonly taints?: readonly Taint[]
  /** Where components that run as processes write their logs, by name; their pods are asked for them. */
  readonly processLogs?: Readonly<Record<string, string>>
}

export interface Kubelet {
  readonly workers: PodWorkers
  readonly statuses: StatusManager
  readonly reporter: NodeReporter
  readonly settings: NodeSettings
  readonly runtimeName: string
  readonly metrics: MetricsRegistry
  probeMetrics(): string
  /** The log of a component that this pod's container stands for; undefined for containers. */
  processLog(namespace: string | undefined, name: string | undefined, container: string): string | undefined
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
  const { nodeName, rootFolder, configuration } = options
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

  const devices = await startDeviceManager({ clock, log, changed: () => reporter.refresh() }, rootFolder)
  const images = createImageCollector(
    { cri, clock, log, failed: (message) => recorder.event(nodeReference, 'Warning', 'FreeDiskSpaceFailed', message) },
    {
      highPercent: configuration.imageGCHighThresholdPercent,
      lowPercent: configuration.imageGCLowThresholdPercent,
      minimumAgeMs: configuration.imageMinimumGCAge,
      maximumAgeMs: configuration.imageMaximumGCAge,
    },
  )
  const thresholds = thresholdsOf(configuration)
  const eviction = createEvictionManager(
    {
      clock,
      log,
      pods: () => workers.list(),
      usage: () => podUsage(cri),
      emptyDirs: (pod) => emptyDirUsage(join(podsFolder, pod.metadata.uid)),
      observe: async () => observeNode(rootFolder, (await cri.images.ImageFsInfo({})).imageFilesystems?.[0]?.fsId?.mountpoint),
      reclaimDisk: () => images.deleteUnused(),
      async evict(pod, message, graceSeconds) {
        recorder.event(referenceOf(pod, undefined), 'Warning', 'Evicted', message)
        await workers.evict(pod.metadata.uid, { reason: 'Evicted', message }, graceSeconds)
      },
      changed: () => reporter.refresh(),
    },
    {
      thresholds,
      transitionMs: configuration.evictionPressureTransitionPeriod,
      maxPodGraceSeconds: configuration.evictionMaxPodGracePeriod,
    },
  )
  let shutdown: NodeShutdown | undefined
  const { maxPods, podsPerCore } = configuration
  const reporter = createNodeReporter(
    {
      client,
      cri,
      clock,
      log,
      node,
      pressure: () => eviction.conditions(),
      devices: () => devices.resources(),
      healthy: () => (shutdown?.isShuttingDown ? 'node is shutting down' : undefined),
      event: (reason, message) => recorder.event(nodeReference, 'Normal', reason, message),
    },
    {
      nodeName,
      addresses: options.nodeIPs,
      labels: options.labels ?? {},
      taints: options.taints ?? configuration.registerWithTaints,
      maxPods: podsPerCore > 0 ? Math.min(maxPods, podsPerCore * availableParallelism()) : maxPods,
      maxImages: configuration.nodeStatusMaxImages,
      providerID: configuration.providerID,
      reserved: sumReserved(configuration.kubeReserved, configuration.systemReserved),
      evictionHard: thresholds.filter((t) => t.graceMs === 0),
      rootFolder,
      kubeletPort: configuration.port,
      leaseSeconds: configuration.nodeLeaseDurationSeconds,
      statusEveryMs: configuration.nodeStatusUpdateFrequency,
      reportEveryMs: configuration.nodeStatusReportFrequency,
    },
  )
  const settings: NodeSettings = {
    nodeName,
    podLogsFolder: configuration.podLogsDir,
    podsFolder,
    clusterDNS: configuration.clusterDNS,
    clusterDomain: configuration.clusterDomain,
    hostDNS: options.hostDNS,
    memoryCapacity: Number.parseInt(reporter.capacity['memory'] as string, 10) * 1024,
    cgroupRoot: configuration.cgroupRoot,
    podPidsLimit: configuration.podPidsLimit,
    seccompDefault: configuration.seccompDefault,
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
    images: createImageManager(cri, {
      now: () => clock.now(),
      parallel: configuration.serializeImagePulls ? 1 : (configuration.maxParallelImagePulls ?? Number.POSITIVE_INFINITY),
    }),
    probes,
    objects,
    statuses,
    settings,
    runtimeName,
    maxCrashBackoffMs: configuration['crashLoopBackOff.maxContainerRestartPeriod'],
    token: tokens.get,
    claims: createClaims(client),
    cgroups: kernelCgroups,
    devices,
    sources: { configMap: objects.configMap, secret: objects.secret, services: (namespace) => services.list(namespace) },
    hostIPs: () => options.nodeIPs,
    allocatable: () => reporter.allocatable,
    admit: (pod, others) =>
      (shutdown?.isShuttingDown ? shutdownRefusal : undefined) ??
      pressureRefusal(pod, eviction.conditions()) ??
      admitPod(pod, others, node(), reporter.allocatable, configuration.allowedUnsafeSysctls),
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
  /** All static pods of one source. */
  function setStaticPods(source: 'file' | 'http', pods: readonly Pod[]): void {
    const now = new Map(pods.map((p) => [p.metadata.uid, p]))
    for (const [uid, pod] of staticPods) {
      if (now.has(uid) || sourceOf(pod) !== source) continue
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

  /** All pods together get what is not reserved (pkg/kubelet/cm node_container_manager_linux.go). */
  function enforceNodeAllocatable(): void {
    const reserved = sumReserved(configuration.kubeReserved, configuration.systemReserved)
    const cpu = quantityMilliValue(reporter.allocatable['cpu'] as string)
    const memoryBytes = settings.memoryCapacity - quantityValue(reserved['memory'] ?? '0')
    try {
      kernelCgroups.limit(podsCgroup(settings), { cpuShares: milliToShares(cpu), cpuPeriod: quotaPeriodUs, memoryBytes })
    } catch (error) {
      // Pods that outlived the last kubelet may use more than that by now.
      log.error('could not limit what all pods use together', { error })
    }
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

  enforceNodeAllocatable()
  if (configuration.podCIDR) await tellPodCIDR(configuration.podCIDR)
  const { staticPodPath, staticPodURL } = configuration
  const manifests = staticPodPath ? watchManifests(staticPodPath, nodeName, (pods) => setStaticPods('file', pods), log) : undefined
  const running: Promise<unknown>[] = []
  if (staticPodURL) {
    const source = { url: staticPodURL, headers: configuration.staticPodURLHeader, everyMs: configuration.httpCheckFrequency }
    running.push(fetchManifests(source, nodeName, (pods) => setStaticPods('http', pods), { clock, log }, stopping.signal))
  }
  if (!deps.informers) informers.start()
  if (configuration.registerNode) running.push(reporter.run(stopping.signal))
  running.push(eviction.run(stopping.signal))
  running.push(
    rotateLogs(
      { cri, clock, log },
      {
        maxBytes: quantityValue(configuration.containerLogMaxSize),
        maxFiles: configuration.containerLogMaxFiles,
        everyMs: configuration.containerLogMonitorInterval,
      },
      stopping.signal,
    ),
  )
  running.push(collectImages(images, { clock, log }, stopping.signal))
  shutdown = await graceful()

  /** Where it is asked for and the machine has a logind to ask. */
  async function graceful(): Promise<NodeShutdown | undefined> {
    const groups = shutdownGroups(configuration)
    if (groups.length === 0) return undefined
    try {
      const shutdowns = await (deps.shutdowns ?? connectLogind)()
      return await startNodeShutdown(
        {
          clock,
          log,
          shutdowns,
          pods: () => workers.list(),
          evict: (...args) => workers.evict(...args),
          changed: () => reporter.refresh(),
        },
        groups,
      )
    } catch (error) {
      log.error('pods are not ended gracefully when the machine shuts down', { error })
      return undefined
    }
  }

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
    metrics: createMetrics(),
    probeMetrics() {
      const metrics = createMetrics()
      const total = metrics.counter(
        'prober_probe_total',
        '[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result.',
        ['probe_type', 'result', 'container', 'pod', 'namespace', 'pod_uid'],
      )
      for (const [labels, count] of probes.counts()) total.add(labels, count)
      return metrics.render()
    },
    processLog(namespace, name = '', container) {
      const pod = apiPods.get(namespace, name)
      const isOurs = pod && isMirror(pod) && isProcessPod(pod) && pod.spec.containers?.some((c) => c.name === container)
      return isOurs ? options.processLogs?.[container] : undefined
    },
    pods: () => workers.list().map((pod) => ({ ...pod, status: statuses.get(pod.metadata.uid) ?? pod.status })),
    started: () => ready,
    async stop() {
      for (const off of unsubscribe) off()
      manifests?.close()
      shutdown?.stop()
      await devices.stop()
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

/** What both lists keep for themselves. */
function sumReserved(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => [
      name,
      a[name] && b[name] ? formatQuantity(addQuantity(a[name], b[name])) : ((a[name] ?? b[name]) as string),
    ]),
  )
}
