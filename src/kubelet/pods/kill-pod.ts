/** Ends containers within their grace, preStop hooks included, and sandboxes after them (kuberuntime_container.go killContainer). */
import type { Container, Pod } from '../../api/types/core-v1.ts'
import { annotations } from '../cri.ts'
import { runHook } from '../lifecycle.ts'
import { isSidecar } from '../resources.ts'
import type { RuntimeContainer } from '../runtime-pods.ts'
import { nameOf, type PodDeps, type PodWorker, specOf } from './pod-worker.ts'

/** Containers get this long even when a hook has used their grace up (kuberuntime minimumGracePeriodInSeconds). */
export const minGraceSeconds = 2

/** All of the pod's containers, then its sandboxes. `graceSeconds` overrides what the pod asks for. */
export async function killPod(deps: PodDeps, worker: PodWorker, graceSeconds: number | undefined): Promise<void> {
  await killContainers(deps, worker, graceSeconds)
  for (const { id } of worker.runtime.sandboxes) await deps.cri.runtime.StopPodSandbox({ podSandboxId: id })
}

/** Main containers together, then sidecars one by one in reverse, all within the pod's grace (KEP-753). */
async function killContainers(deps: PodDeps, worker: PodWorker, graceSeconds: number | undefined): Promise<void> {
  const { pod, runtime } = worker
  const running = runtime.containers.filter((c) => c.state === 'running' || c.state === 'unknown')
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).map((c) => c.name)
  const deadline = deps.clock.now() + (graceSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30) * 1000
  const kill = (found: RuntimeContainer, grace: number | undefined) =>
    killContainer(deps, worker, found, { spec: specOf(pod, found.name), graceSeconds: grace })
  await Promise.all(running.filter((c) => !sidecars.includes(c.name)).map((c) => kill(c, graceSeconds)))
  for (const name of sidecars.reverse()) {
    const found = running.find((c) => c.name === name)
    const left = Math.max(minGraceSeconds, Math.ceil((deadline - deps.clock.now()) / 1000))
    if (found) await kill(found, graceSeconds === undefined ? left : Math.min(left, Math.max(1, graceSeconds)))
  }
}

export interface KillReason {
  readonly spec?: Container | undefined
  /** What of its spec or its probes wants it dead. */
  readonly reason?: string
  readonly message?: string
  /** Overrides what probe and pod ask for. */
  readonly graceSeconds?: number | undefined
}

export async function killContainer(
  deps: PodDeps,
  worker: PodWorker,
  found: RuntimeContainer,
  { spec, reason, message, graceSeconds }: KillReason,
): Promise<void> {
  const { pod } = worker
  const isRunning = found.state === 'running'
  if (isRunning) deps.event(pod, spec, 'Normal', 'Killing', message ?? `Stopping container ${found.name}`)
  const asked = graceSeconds ?? probeGrace(spec, reason) ?? podGrace(pod, found)
  const used = isRunning && asked > 0 ? await runPreStop(deps, worker, found, spec, asked) : 0
  const left = asked - used
  const timeout = left === graceSeconds ? left : Math.max(left, minGraceSeconds)
  await deps.cri.runtime.StopContainer({ containerId: found.id, timeout })
}

/** A probe may give its victim another grace than the pod has. */
function probeGrace(spec: Container | undefined, reason: string | undefined): number | undefined {
  if (reason === 'livenessProbe') return spec?.livenessProbe?.terminationGracePeriodSeconds
  if (reason === 'startupProbe') return spec?.startupProbe?.terminationGracePeriodSeconds
  return undefined
}

const podGrace = (pod: Pod, found: RuntimeContainer): number =>
  pod.spec.terminationGracePeriodSeconds ?? Number(found.annotations[annotations.podTerminationGracePeriod] ?? 30)

/** Resolves to the seconds that the hook took; one that is not done within the grace is left to itself. */
async function runPreStop(
  deps: PodDeps,
  { pod, runtime }: PodWorker,
  found: RuntimeContainer,
  container: Container | undefined,
  graceSeconds: number,
): Promise<number> {
  const hook = container?.lifecycle?.preStop
  if (!container || !hook) return 0
  const { clock } = deps
  const began = clock.now()
  const timedOut = new AbortController()
  const late = Promise.withResolvers<void>()
  const cancel = clock.after(graceSeconds * 1000, () => {
    timedOut.abort()
    late.resolve()
  })
  const target = {
    container,
    containerId: found.id,
    podIP: pod.spec.hostNetwork ? (deps.hostIPs()[0] ?? '') : (runtime.sandboxes[0]?.ips[0] ?? ''),
  }
  const hooked = runHook(deps.cri, clock, hook, target, graceSeconds * 1000, timedOut.signal).catch((error: unknown) => {
    if (timedOut.signal.aborted) return
    deps.event(pod, container, 'Warning', 'FailedPreStopHook', 'PreStopHook failed')
    deps.log.warn('preStop hook failed', { pod: nameOf(pod), container: found.name, error })
  })
  await Promise.race([hooked, late.promise])
  cancel()
  return Math.round((clock.now() - began) / 1000)
}
