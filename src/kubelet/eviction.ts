/**
 * Eviction (pkg/kubelet/eviction): when less is left of the node's memory, disk or process ids than a threshold says,
 * pods are ended, those first that take the most beyond what they asked for. The figures are read every ten seconds, as
 * upstream does; no event tells of them on every kernel.
 */
import { statfsSync } from 'node:fs'
import { formatQuantity, newQuantity, quantityValue } from '../api/quantity.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { type Clock, sleep } from '../client/clock.ts'
import { parseDuration } from '../flags/flags.ts'
import type { Logger } from '../log/log.ts'
import type { Refusal } from './admission.ts'
import type { KubeletConfiguration } from './configuration.ts'
import { nodeUsage } from './node-usage.ts'
import { isCritical, podRequestMilli, qosClass } from './resources.ts'

const everyMs = 10_000

/** What is left of a resource, and how much of it there is. */
export interface Observation {
  readonly available: number
  readonly capacity: number
}
export type Observations = ReadonlyMap<string, Observation>

const signals = {
  'memory.available': { resource: 'memory', condition: 'MemoryPressure' },
  'nodefs.available': { resource: 'ephemeral-storage', condition: 'DiskPressure' },
  'nodefs.inodesFree': { resource: 'inodes', condition: 'DiskPressure' },
  'imagefs.available': { resource: 'ephemeral-storage', condition: 'DiskPressure' },
  'imagefs.inodesFree': { resource: 'inodes', condition: 'DiskPressure' },
  'pid.available': { resource: 'pids', condition: 'PIDPressure' },
} as const satisfies Record<string, { resource: string; condition: string }>
type Signal = keyof typeof signals
export type PressureCondition = (typeof signals)[Signal]['condition']
/** In which resources are reclaimed: what is incompressible first. */
const order = Object.keys(signals)

export interface Threshold {
  readonly signal: Signal
  /** Bytes, inodes or processes; or a part of the capacity. */
  readonly value: number | { readonly share: number }
  /** 0 of a hard one: it is acted on at once. */
  readonly graceMs: number
  readonly minimumReclaim: number | { readonly share: number }
}

/** The thresholds of a configuration; throws on what none can be made of. */
export function thresholdsOf(c: KubeletConfiguration, defaults: Readonly<Record<string, string>> = {}): Threshold[] {
  const hard = c.mergeDefaultEvictionSettings ? { ...defaults, ...c.evictionHard } : c.evictionHard
  const all = [
    ...Object.entries(hard).map((entry) => [...entry, 'hard'] as const),
    ...Object.entries(c.evictionSoft).map((entry) => [...entry, 'soft'] as const),
  ]
  return all.flatMap(([signal, text, kind]) => {
    if (!(signal in signals)) throw new Error(`unknown eviction signal ${signal}`)
    const value = amountOf(text)
    // As upstream: 0% and 100% turn a threshold off.
    if (typeof value === 'object' && (value.share === 0 || value.share === 1)) return []
    const graceMs = kind === 'soft' ? parseDuration(c.evictionSoftGracePeriod[signal] ?? '') : 0
    if (graceMs === undefined)
      throw new Error(`invalid grace period of the soft eviction threshold ${signal}: ${c.evictionSoftGracePeriod[signal]}`)
    return [{ signal: signal as Signal, value, graceMs, minimumReclaim: amountOf(c.evictionMinimumReclaim[signal] ?? '0') }]
  })
}

function amountOf(text: string): Threshold['value'] {
  if (!text.endsWith('%')) return quantityValue(text)
  const share = Number(text.slice(0, -1)) / 100
  if (!(share >= 0 && share <= 1)) throw new Error(`eviction percentage threshold ${text} must be between 0% and 100%`)
  return { share }
}

export const absolute = (amount: Threshold['value'], { capacity }: Pick<Observation, 'capacity'>): number =>
  typeof amount === 'number' ? amount : capacity * amount.share

/** The thresholds that are crossed. One that was stays so until as much more is left as is to be reclaimed at least. */
export function crossed(thresholds: readonly Threshold[], now: Observations, before: ReadonlySet<Threshold> = new Set()): Threshold[] {
  return thresholds.filter((t) => {
    const seen = now.get(t.signal)
    const reclaim = seen && before.has(t) ? absolute(t.minimumReclaim, seen) : 0
    return seen !== undefined && seen.available < absolute(t.value, seen) + reclaim
  })
}

/** What pods use, by uid; of one container each where it is known. */
export interface PodUsage {
  readonly memoryBytes: number
  readonly diskBytes: number
  readonly processes: number
  readonly containers: readonly { readonly name: string; readonly memoryBytes: number; readonly diskBytes: number }[]
}
export type Usage = ReadonlyMap<string, PodUsage>
const nothing: PodUsage = { memoryBytes: 0, diskBytes: 0, processes: 0, containers: [] }

/** Who goes first: those above their request, then those of lower priority, then those furthest above (eviction/helpers.go). */
export function rankForEviction(pods: readonly Pod[], usage: Usage, resource: string): Pod[] {
  const use = (pod: Pod) => amount(usage.get(pod.metadata.uid) ?? nothing, resource)
  const requested = (pod: Pod) => (resource === 'memory' || resource === 'ephemeral-storage' ? podRequestMilli(pod, resource) / 1000 : 0)
  const over = (pod: Pod) => use(pod) - requested(pod)
  const exceeds = (pod: Pod) => Number(resource !== 'pids' && over(pod) > 0)
  return pods
    .filter((pod) => !isCritical(pod) && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed')
    .toSorted((a, b) => exceeds(b) - exceeds(a) || (a.spec.priority ?? 0) - (b.spec.priority ?? 0) || over(b) - over(a))
}
const amount = (usage: PodUsage, resource: string): number =>
  resource === 'memory' ? usage.memoryBytes : resource === 'pids' ? usage.processes : usage.diskBytes

/** `The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. Container …` */
export function evictionMessage(pod: Pod, threshold: Threshold, seen: Observation, usage: PodUsage = nothing): string {
  const { resource } = signals[threshold.signal]
  const quantity = (value: number) =>
    formatQuantity(newQuantity(Math.floor(value), resource === 'memory' || resource === 'ephemeral-storage' ? 'BinarySI' : 'DecimalSI'))
  const text = `The node was low on resource: ${resource}. Threshold quantity: ${quantity(absolute(threshold.value, seen))}, available: ${quantity(seen.available)}. `
  if (resource !== 'memory' && resource !== 'ephemeral-storage') return text
  const heavy = usage.containers.flatMap(({ name, memoryBytes, diskBytes }) => {
    const used = resource === 'memory' ? memoryBytes : diskBytes
    const request = pod.spec.containers?.find((c) => c.name === name)?.resources?.requests?.[resource] ?? '0'
    return used > quantityValue(request)
      ? [`Container ${name} was using ${quantity(used)}, request is ${request}, has larger consumption of ${resource}. `]
      : []
  })
  return text + heavy.join('')
}

/** Whether a node under pressure takes a pod (eviction_manager.go Admit): critical ones always, and under memory pressure those that asked for some. */
export function pressureRefusal(pod: Pod, conditions: readonly PressureCondition[]): Refusal | undefined {
  if (conditions.length === 0 || isCritical(pod)) return undefined
  const tolerates = pod.spec.tolerations?.some(
    (t) =>
      (!t.key || t.key === 'node.kubernetes.io/memory-pressure') && t.operator === 'Exists' && (!t.effect || t.effect === 'NoSchedule'),
  )
  if (conditions.every((c) => c === 'MemoryPressure') && (qosClass(pod) !== 'BestEffort' || tolerates)) return undefined
  return { reason: 'Evicted', message: `The node had condition: [${conditions.join(' ')}]. ` }
}

/** Limits of a pod's own on local storage (eviction_manager.go localStorageEviction); undefined while it keeps to them. */
export function localStorageExcess(pod: Pod, usage: PodUsage, emptyDirs: ReadonlyMap<string, number>): string | undefined {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const limit = emptyDir?.sizeLimit
    if (limit && emptyDir.medium !== 'Memory' && quantityValue(limit) > 0 && (emptyDirs.get(name) ?? 0) > quantityValue(limit))
      return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `
  }
  const limits = (pod.spec.containers ?? []).map((c) => c.resources?.limits?.['ephemeral-storage'])
  for (const [index, container] of (pod.spec.containers ?? []).entries()) {
    const limit = limits[index]
    const used = usage.containers.find((c) => c.name === container.name)?.diskBytes ?? 0
    if (limit && used > quantityValue(limit)) return `Container ${container.name} exceeded its local ephemeral storage limit "${limit}". `
  }
  if (!limits.every((limit) => limit)) return undefined
  const total = limits.reduce((sum, limit) => sum + quantityValue(limit as string), 0)
  const used = usage.diskBytes + [...emptyDirs.values()].reduce((sum, bytes) => sum + bytes, 0)
  return limits.length > 0 && used > total
    ? `Pod ephemeral local storage usage exceeds the total limit of containers ${formatQuantity(newQuantity(total, 'BinarySI'))}. `
    : undefined
}

export interface EvictionDeps {
  readonly clock: Clock
  readonly log: Logger
  pods(): readonly Pod[]
  usage(): Promise<Usage>
  /** Bytes in each of a pod's emptyDir volumes. */
  emptyDirs(pod: Pod): Promise<ReadonlyMap<string, number>>
  observe(): Observations | Promise<Observations>
  /** Frees what nobody uses of the disk: images. */
  reclaimDisk(): Promise<void>
  evict(pod: Pod, message: string, graceSeconds: number): Promise<void>
  /** The node's conditions are others by now. */
  changed(): void
}
export interface EvictionOptions {
  readonly thresholds: readonly Threshold[]
  readonly transitionMs: number
  readonly maxPodGraceSeconds: number
}
export interface EvictionManager {
  conditions(): readonly PressureCondition[]
  look(): Promise<void>
  run(signal: AbortSignal): Promise<void>
}

export function createEvictionManager(deps: EvictionDeps, options: EvictionOptions): EvictionManager {
  const { clock, log } = deps
  const since = new Map<Threshold, number>()
  const lastSeen = new Map<PressureCondition, number>()
  let told = ''

  /** A pressure is told for a while after it has gone, so that the scheduler does not bring the next pod at once. */
  const conditions = () => [...lastSeen].filter(([, at]) => clock.now() - at < options.transitionMs).map(([condition]) => condition)

  async function look(): Promise<void> {
    const now = clock.now()
    const seen = await deps.observe()
    const met = crossed(options.thresholds, seen, new Set(since.keys()))
    for (const threshold of since.keys()) if (!met.includes(threshold)) since.delete(threshold)
    for (const threshold of met) {
      since.set(threshold, since.get(threshold) ?? now)
      lastSeen.set(signals[threshold.signal].condition, now)
    }
    if (told !== conditions().join()) {
      told = conditions().join()
      deps.changed()
    }
    const due = met
      .filter((t) => now - (since.get(t) as number) >= t.graceMs)
      .toSorted((a, b) => order.indexOf(a.signal) - order.indexOf(b.signal) || a.graceMs - b.graceMs)
    if (due[0]) await reclaim(due[0], seen)
    else await evictByLocalStorage()
  }

  async function reclaim(threshold: Threshold, seen: Observations): Promise<void> {
    const { resource, condition } = signals[threshold.signal]
    log.warn('attempting to reclaim', { resource, threshold: threshold.signal })
    if (condition === 'DiskPressure') {
      await deps.reclaimDisk()
      if (crossed([threshold], await deps.observe()).length === 0) return
    }
    const usage = await deps.usage()
    const victim = rankForEviction(deps.pods(), usage, resource)[0]
    if (!victim) {
      log.error('eviction manager: no pods are left that could be evicted', { resource })
      return
    }
    const message = evictionMessage(victim, threshold, seen.get(threshold.signal) as Observation, usage.get(victim.metadata.uid))
    const asked = victim.spec.terminationGracePeriodSeconds ?? 30
    const most = options.maxPodGraceSeconds || asked
    await evict(victim, message, threshold.graceMs === 0 ? hardGraceSeconds : Math.min(asked, most))
  }

  async function evictByLocalStorage(): Promise<void> {
    const limited = deps.pods().filter(hasLocalStorageLimit)
    if (limited.length === 0) return
    const usage = await deps.usage()
    for (const pod of limited) {
      const excess = localStorageExcess(pod, usage.get(pod.metadata.uid) ?? nothing, await deps.emptyDirs(pod))
      if (excess) await evict(pod, excess, hardGraceSeconds)
    }
  }

  async function evict(pod: Pod, message: string, graceSeconds: number): Promise<void> {
    log.warn('evicting a pod', { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, message })
    await deps.evict(pod, message, graceSeconds)
  }

  return {
    conditions,
    look,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await look()
        } catch (error) {
          if (!signal.aborted) log.warn('eviction could not look at the node', { error })
        }
        await sleep(clock, everyMs, signal)
      }
    },
  }
}

const hardGraceSeconds = 1

const hasLocalStorageLimit = ({ spec, status }: Pod): boolean =>
  status?.phase !== 'Succeeded' &&
  status?.phase !== 'Failed' &&
  ((spec.volumes ?? []).some((v) => v.emptyDir?.sizeLimit && v.emptyDir.medium !== 'Memory') ||
    (spec.containers ?? []).some((c) => c.resources?.limits?.['ephemeral-storage'] !== undefined))

/** What is left on this machine. `imageFolder` is where the runtime keeps its images. */
export function observeNode(rootFolder: string, imageFolder: string | undefined): Observations {
  const usage = nodeUsage()
  const disk = (name: string, path: string): [string, Observation][] => {
    const { blocks, bavail, bsize, files, ffree } = statfsSync(path)
    // Some file systems count no inodes.
    const inodes: [string, Observation][] = files > 0 ? [[`${name}.inodesFree`, { available: ffree, capacity: files }]] : []
    return [[`${name}.available`, { available: bavail * bsize, capacity: blocks * bsize }], ...inodes]
  }
  return new Map([
    ['memory.available', { available: usage.availableBytes, capacity: usage.availableBytes + usage.workingSetBytes }],
    ['pid.available', { available: usage.maxPids - usage.pids, capacity: usage.maxPids }],
    ...disk('nodefs', rootFolder),
    ...(imageFolder ? disk('imagefs', imageFolder) : []),
  ])
}
