/**
 * Probes (pkg/kubelet/prober): one timer for each probe of each running container. Results are kept by container id;
 * a change wakes the pod's worker. A startup probe holds the others back until it has succeeded.
 */
import type { Container, Pod, Probe } from '../api/types/core-v1.ts'
import type { Clock } from '../client/clock.ts'
import type { Cri } from './cri.ts'
import type { ProbeVerdicts } from './pods/compute-pod-actions.ts'
import { execLook, grpcLook, httpLook, type Look, type LookTarget, tcpLook } from './probe-handlers.ts'
import { isSidecar } from './resources.ts'
import type { RuntimePod } from './runtime-pods.ts'
import { newest } from './status.ts'

export type ProbeKind = 'liveness' | 'readiness' | 'startup'
const kinds: readonly ProbeKind[] = ['startup', 'liveness', 'readiness']
const probeOf = (container: Container, kind: ProbeKind): Probe | undefined =>
  kind === 'liveness' ? container.livenessProbe : kind === 'readiness' ? container.readinessProbe : container.startupProbe

export interface ProbeManager extends ProbeVerdicts {
  /** Probes the containers that run, and no others. */
  sync(pod: Pod, runtime: RuntimePod): void
  /** What a container's status shows: without such a probe it is fine as soon as it runs. */
  passes(kind: 'readiness' | 'startup', container: Container, id: string): boolean
  /** A terminating pod is no longer alive-checked, and its readiness goes on to count. */
  stopLiveness(uid: string): void
  remove(uid: string): void
  /** How often each probe of what runs now has looked, and what it found: labels as in prober_probe_total. */
  counts(): Iterable<readonly [labels: readonly string[], count: number]>
}

export interface ProbeDeps {
  readonly cri: Cri
  readonly clock: Clock
  readonly userAgent: string
  readonly random?: () => number
  changed(uid: string): void
  event(pod: Pod, container: Container, type: 'Normal' | 'Warning', reason: string, message: string): void
}

interface Running {
  readonly kind: ProbeKind
  readonly id: string
  readonly uid: string
  result: boolean | undefined
  streak: number
  last: boolean | undefined
  readonly found: { successful: number; failed: number }
  readonly labels: readonly string[]
  /** Failed for good: the container is to be killed, and is not looked at again. */
  onHold: boolean
  cancel: () => void
  tick: () => void
}

export function createProbeManager(deps: ProbeDeps): ProbeManager {
  const { clock, random = Math.random } = deps
  const running = new Map<string, Running>()
  const keyOf = (id: string, kind: ProbeKind) => `${id}/${kind}`
  const resultOf = (id: string, kind: ProbeKind) => running.get(keyOf(id, kind))?.result

  function begin(pod: Pod, container: Container, kind: ProbeKind, probe: Probe, id: string, startedAt: number, podIP: string): void {
    const { uid } = pod.metadata
    // A container is not ready and not started until a probe says so, and alive until one says it is not.
    const entry: Running = {
      kind,
      id,
      uid,
      result: kind === 'liveness' ? true : undefined,
      streak: 0,
      last: undefined,
      found: { successful: 0, failed: 0 },
      labels: [title(kind), container.name, pod.metadata.name, pod.metadata.namespace ?? '', uid],
      onHold: false,
      cancel: () => {},
      tick: () => void tick(),
    }
    running.set(keyOf(id, kind), entry)
    const periodMs = (probe.periodSeconds || 10) * 1000
    const schedule = (ms: number) => {
      entry.cancel = clock.after(ms, () => void tick())
    }
    async function tick(): Promise<void> {
      if (running.get(keyOf(id, kind)) !== entry || entry.onHold) return
      // Begun by the startup probe's success.
      if (kind !== 'startup' && container.startupProbe && resultOf(id, 'startup') !== true) return
      if (kind === 'startup' && entry.result === true) return
      const look = await lookAt(deps, probe, { container, containerId: id, podIP })
      if (running.get(keyOf(id, kind)) !== entry) return
      record(pod, container, probe, entry, look)
      if (!entry.onHold && !(kind === 'startup' && entry.result)) schedule(periodMs)
    }
    const delay = (probe.initialDelaySeconds ?? 0) * 1000 - (clock.now() - startedAt)
    // After a restart of the kubelet all containers are probed anew: not all in one instant.
    const spread = clock.now() - startedAt > periodMs ? random() * periodMs : 0
    schedule(Math.max(0, delay) + spread)
  }

  function record(pod: Pod, container: Container, probe: Probe, entry: Running, look: Look): void {
    entry.streak = entry.last === look.success ? entry.streak + 1 : 1
    entry.last = look.success
    entry.found[look.success ? 'successful' : 'failed']++
    if (!look.success) {
      deps.event(pod, container, 'Warning', 'Unhealthy', `${title(entry.kind)} probe failed: ${look.output}`)
    }
    const needed = look.success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3)
    if (entry.streak < needed) return
    if (!look.success && entry.kind !== 'readiness') entry.onHold = true
    if (entry.result === look.success) return
    entry.result = look.success
    if (entry.kind === 'startup' && look.success)
      for (const kind of ['liveness', 'readiness'] as const) running.get(keyOf(entry.id, kind))?.tick()
    deps.changed(entry.uid)
  }

  return {
    sync(pod, runtime) {
      const { uid } = pod.metadata
      const alive = new Set<string>()
      const podIP = runtime.sandboxes[0]?.ips[0] ?? pod.status?.podIP ?? ''
      for (const container of [...(pod.spec.initContainers ?? []).filter(isSidecar), ...(pod.spec.containers ?? [])]) {
        const found = newest(runtime, container.name)
        if (found?.state !== 'running') continue
        for (const kind of kinds) {
          const probe = probeOf(container, kind)
          if (!probe) continue
          const key = keyOf(found.id, kind)
          alive.add(key)
          if (!running.has(key))
            begin(
              pod,
              container,
              kind,
              probe,
              found.id,
              found.startedAt,
              pod.spec.hostNetwork ? (pod.status?.hostIP ?? '127.0.0.1') : podIP,
            )
        }
      }
      for (const [key, entry] of running) {
        if (entry.uid !== uid || alive.has(key)) continue
        entry.cancel()
        running.delete(key)
      }
    },
    passes: (kind, container, id) => probeOf(container, kind) === undefined || resultOf(id, kind) === true,
    failed: (kind, container, id) => probeOf(container, kind) !== undefined && running.get(keyOf(id, kind))?.onHold === true,
    startedUp: (container, id) => container.startupProbe === undefined || resultOf(id, 'startup') === true,
    stopLiveness(uid) {
      for (const [key, entry] of running) {
        if (entry.uid !== uid || entry.kind === 'readiness') continue
        entry.cancel()
        running.delete(key)
      }
    },
    remove(uid) {
      for (const [key, entry] of running) {
        if (entry.uid !== uid) continue
        entry.cancel()
        running.delete(key)
      }
    },
    *counts() {
      for (const { labels, found } of running.values()) {
        const [type = '', ...rest] = labels
        for (const [result, count] of Object.entries(found)) yield [[type, result, ...rest], count]
      }
    },
  }
}

const title = (kind: ProbeKind): string => `${kind[0]!.toUpperCase()}${kind.slice(1)}`

async function lookAt(deps: ProbeDeps, probe: Probe, target: LookTarget): Promise<Look> {
  const timeoutMs = (probe.timeoutSeconds || 1) * 1000
  try {
    if (probe.exec) return await execLook(deps.cri, probe.exec, target, timeoutMs)
    if (probe.httpGet) return await httpLook(probe.httpGet, target, timeoutMs, deps.userAgent)
    if (probe.tcpSocket) return await tcpLook(probe.tcpSocket, target, timeoutMs)
    if (probe.grpc) return await grpcLook(probe.grpc, target, timeoutMs)
    return { success: false, output: 'missing probe handler' }
  } catch (error) {
    return { success: false, output: error instanceof Error ? error.message : String(error) }
  }
}
