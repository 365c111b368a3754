/**
 * What must be done so that the runtime has what a pod's spec says (kuberuntime_manager.go computePodActions): a plain
 * decision from the spec and what runs. Doing it is the pod worker's.
 */
import type { Container, Pod } from '../../api/types/core-v1.ts'
import { containerHash } from '../container-config.ts'
import { containerResize } from '../resize.ts'
import { isSidecar } from '../resources.ts'
import type { RuntimeContainer, RuntimePod } from '../runtime-pods.ts'
import { newest } from '../status.ts'

export interface PodActions {
  /** Nothing will run in this pod any more: its sandbox can go. */
  readonly killPod: boolean
  /** The sandbox to make; `attempt` counts those before it. Everything left of an old one is killed first. */
  readonly createSandbox?: { readonly attempt: number }
  readonly kill: readonly {
    readonly container: RuntimeContainer
    readonly spec?: Container
    readonly reason: string
    readonly message: string
  }[]
  /** In order: init containers before main ones. */
  readonly start: readonly Container[]
  readonly startEphemeral: readonly Container[]
  /** Running containers whose limits are to change in place. */
  readonly resize: readonly { readonly container: RuntimeContainer; readonly spec: Container }[]
}
/** What probes demand of a running container. */
export interface ProbeVerdicts {
  failed(kind: 'liveness' | 'startup', container: Container, id: string): boolean
  startedUp(container: Container, id: string): boolean
}

export function computePodActions(pod: Pod, runtime: RuntimePod, probes: ProbeVerdicts): PodActions {
  const sandbox = runtime.sandboxes[0]
  const hasSandbox =
    sandbox?.ready === true &&
    runtime.sandboxes.filter((s) => s.ready).length === 1 &&
    (sandbox.hostNetwork || sandbox.ips.length > 0 || pod.spec.hostNetwork === true)
  const init = pod.spec.initContainers ?? []
  const main = pod.spec.containers ?? []

  if (!hasSandbox) {
    const again = runtime.sandboxes.length > 0
    const toStart = main.filter((c) => shouldStart(pod, c, newest(runtime, c.name)))
    if (again && toStart.length === 0 && pod.spec.restartPolicy !== 'Always') return nothing({ killPod: true })
    if (main.length > 0 && toStart.length === 0) return nothing({ killPod: true })
    const create = { attempt: again ? (sandbox as { attempt: number }).attempt + 1 : 0 }
    // In a new sandbox initialization happens again, unless the main containers had their turn and none has to run again.
    return nothing({ createSandbox: create, start: firstInit(init) ?? toStart })
  }

  const kill: PodActions['kill'][number][] = []
  const start: Container[] = []
  const startInit: Container[] = []
  const resize: PodActions['resize'][number][] = []
  const initDone = decideInit(pod, init, main, runtime, probes, startInit, kill, resize)
  let keep = 0
  if (initDone) {
    for (const container of main) {
      const found = newest(runtime, container.name)
      if (found?.state === 'running') {
        const verdict = mustKill(pod, container, found, probes)
        if (!verdict) {
          keep++
          if (containerResize(pod, container, found) === 'update') resize.push({ container: found, spec: container })
          continue
        }
        kill.push({ container: found, spec: container, ...verdict })
        if (!verdict.byWish && !restarts(pod, container, 1)) continue
        start.push(container)
      } else if (shouldStart(pod, container, found)) {
        // One left between created and running, or in doubt, is cleared away first.
        if (found && found.state !== 'exited')
          kill.push({
            container: found,
            spec: container,
            reason: 'unknown',
            message: `Container ${container.name} is in ${found.state} state, try killing it before restart`,
          })
        start.push(container)
      }
    }
  }
  const ephemeral = (pod.spec.ephemeralContainers ?? []).filter((c) => !newest(runtime, c.name)) as Container[]
  const waitsForInit = !initDone && !initFailed(pod, init, runtime)
  const killPod = keep === 0 && start.length === 0 && !waitsForInit
  // Sidecars are not started again for the sake of main containers that are done.
  return killPod ? nothing({ killPod }) : { killPod, kill, start: [...startInit, ...start], startEphemeral: ephemeral, resize }
}

const nothing = (some: Partial<PodActions>): PodActions => ({
  killPod: false,
  kill: [],
  start: [],
  startEphemeral: [],
  resize: [],
  ...some,
})

const firstInit = (init: readonly Container[]): Container[] | undefined => (init[0] ? [init[0]] : undefined)

/** Decides on init containers and sidecars; true when the main containers may run. */
function decideInit(
  pod: Pod,
  init: readonly Container[],
  main: readonly Container[],
  runtime: RuntimePod,
  probes: ProbeVerdicts,
  start: Container[],
  kill: PodActions['kill'][number][],
  resize: PodActions['resize'][number][],
): boolean {
  const sandboxId = runtime.sandboxes[0]?.id
  const here = (name: string) => runtime.containers.find((c) => c.name === name && c.sandboxId === sandboxId)
  const mainBegan = main.some((c) => here(c.name) !== undefined)
  for (const container of init) {
    const found = here(container.name)
    if (isSidecar(container)) {
      if (found?.state === 'running') {
        const verdict = mustKill(pod, container, found, probes)
        if (verdict) {
          kill.push({ container: found, spec: container, ...verdict })
          start.push(container)
        } else if (containerResize(pod, container, found) === 'update') resize.push({ container: found, spec: container })
        if (!mainBegan && !probes.startedUp(container, found.id)) return false
        continue
      }
      start.push(container)
      if (!mainBegan) return false
      continue
    }
    // Initialization that led to main containers is over for this sandbox, whether or not its records are still there.
    if (mainBegan) continue
    if (!found || found.state === 'created' || found.state === 'unknown') {
      start.push(container)
      return false
    }
    if (found.state === 'running') return false
    if (found.exitCode !== 0) {
      if (pod.spec.restartPolicy !== 'Never') start.push(container)
      return false
    }
  }
  return true
}

const initFailed = (pod: Pod, init: readonly Container[], runtime: RuntimePod): boolean =>
  pod.spec.restartPolicy === 'Never' &&
  init.some((c) => {
    const found = newest(runtime, c.name)
    return !isSidecar(c) && found?.state === 'exited' && found.exitCode !== 0
  })

interface Verdict {
  readonly reason: string
  readonly message: string
  /** The pod's spec wants it: it is started again whatever the restart policy. */
  readonly byWish?: true
}
function mustKill(pod: Pod, container: Container, found: RuntimeContainer, probes: ProbeVerdicts): Verdict | undefined {
  if (found.hash !== '' && found.hash !== containerHash(container)) {
    return { reason: 'hash', message: `Container ${container.name} definition changed, will be restarted`, byWish: true }
  }
  if (containerResize(pod, container, found) === 'restart')
    return { reason: 'resize', message: `Container ${container.name} resize requires restart`, byWish: true }
  if (probes.failed('liveness', container, found.id))
    return { reason: 'livenessProbe', message: `Container ${container.name} failed liveness probe, will be restarted` }
  if (probes.failed('startup', container, found.id))
    return { reason: 'startupProbe', message: `Container ${container.name} failed startup probe, will be restarted` }
  return undefined
}

/** Whether a container that does not run has to, by its pod's restart policy (pkg/kubelet/container ShouldContainerBeRestarted). */
export function shouldStart(pod: Pod, container: Container, found: RuntimeContainer | undefined): boolean {
  if (!found || found.state === 'created' || found.state === 'unknown') return true
  if (found.state === 'running') return false
  return restarts(pod, container, found.exitCode)
}

function restarts(pod: Pod, container: Container, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    const listed = exitCodes?.values?.includes(exitCode) ?? false
    if (action === 'Restart' && (exitCodes?.operator === 'In' ? listed : !listed)) return true
  }
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always'
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}
