/**
 * One pod as its worker knows it, and what the steps of its life work with: `syncPod` keeps it running,
 * `syncTerminatingPod` ends it, `syncTerminatedPod` clears it away (pkg/kubelet/pod_workers.go). Each step is a plain
 * function of both.
 */
import type { Container, Pod } from '../../api/types/core-v1.ts'
import type { Client } from '../../client/client.ts'
import type { Clock } from '../../client/clock.ts'
import type { Logger } from '../../log/log.ts'
import type * as cri from '../../runtime/cri/types.ts'
import type { Refusal } from '../admission.ts'
import type { Backoff } from '../backoff.ts'
import type { Cgroups } from '../cgroups.ts'
import type { Claims } from '../claims.ts'
import type { NodeSettings } from '../container-config.ts'
import type { Cri } from '../cri.ts'
import type { DeviceManager } from '../device-manager.ts'
import type { EnvSources, PodFacts } from '../env.ts'
import type { ImageManager } from '../images.ts'
import type { ObjectWatcher } from '../objects.ts'
import type { ProbeManager } from '../probes.ts'
import type { ResizeState } from '../resize.ts'
import { type RuntimePod, readRuntimePod } from '../runtime-pods.ts'
import type { Ended } from '../status.ts'
import type { StatusManager } from '../status-manager.ts'
import type { VolumeDeps } from '../volumes.ts'

export interface PodWorkerDeps {
  readonly cri: Cri
  readonly client: Client
  readonly clock: Clock
  readonly log: Logger
  readonly images: ImageManager
  readonly probes: ProbeManager
  readonly objects: ObjectWatcher
  readonly statuses: StatusManager
  readonly sources: EnvSources
  readonly token: VolumeDeps['token']
  readonly claims: Claims
  readonly cgroups: Cgroups
  readonly devices: Pick<DeviceManager, 'configure' | 'release'>
  readonly settings: NodeSettings
  readonly runtimeName: string
  /** The longest that a container which ends again and again waits. */
  readonly maxCrashBackoffMs: number
  hostIPs(): readonly string[]
  allocatable(): Readonly<Record<string, string>>
  /** Why the node cannot take this pod beside `others`; undefined when it can. */
  admit(pod: Pod, others: readonly Pod[]): Refusal | undefined
  event(pod: Pod, container: Container | undefined, type: 'Normal' | 'Warning', reason: string, message: string): void
}

/** With what the workers share. */
export interface PodDeps extends PodWorkerDeps {
  readonly crashBackoff: Backoff
  /** The other pods that the node has taken and that have not ended. */
  others(worker: PodWorker): readonly PodWorker[]
}

export interface PodWorker {
  readonly uid: string
  /** As its source has it, but with the resources that the node has given it. */
  pod: Pod
  /** As its source has it. */
  desired: Pod
  state: 'SyncPod' | 'TerminatingPod' | 'TerminatedPod'
  runtime: RuntimePod
  admitted: boolean
  /** Why it was ended from outside, for its status. */
  ended: Ended | undefined
  /** How long its containers get, where that is not as the pod asks. */
  graceSeconds: number | undefined
  /** The node has taken back all that it gave it. */
  reclaimed: boolean
  /** The source has forgotten it. */
  removed: boolean
  resize: ResizeState
  /** The resources that the runtime took for a container, by its id. */
  readonly applied: Map<string, cri.LinuxContainerResources>
  /** Why containers do not run, by name: ImagePullBackOff, CrashLoopBackOff … */
  readonly waiting: Map<string, { reason: string; message: string }>
  /** What ended containers said, by id, once the files that held it are gone. */
  lastWords: ReadonlyMap<string, string> | undefined
  /** Aborted when what the worker does now is no longer wanted. */
  readonly signal: AbortSignal
  readonly whenTerminated: PromiseWithResolvers<void>
  /** Looks (once more) at what is and what should be. */
  wake(): void
  wakeAt(at: number | undefined): void
  /** From now on the pod is ended: the next look begins with that. */
  terminate(ended?: PodWorker['ended']): void
}

export const nothingRuns = (pod: Pod): RuntimePod => ({ ...idOf(pod), sandboxes: [], containers: [] })

/** What the runtime has of the pod. One that does not tell what containers run with (containerd before 1.7) is remembered to have what it took. */
export async function readRuntime({ cri }: PodDeps, worker: PodWorker): Promise<RuntimePod> {
  const runtime = await readRuntimePod(cri, idOf(worker.pod))
  const containers = runtime.containers.map((c) => {
    const resources = c.resources ?? worker.applied.get(c.id)
    return resources ? { ...c, resources } : c
  })
  return { ...runtime, containers }
}

/** What the downward API tells of the pod beside its object. */
export function factsOf(deps: PodDeps, { pod, runtime }: PodWorker): PodFacts {
  return {
    podIPs: pod.spec.hostNetwork ? deps.hostIPs() : (runtime.sandboxes[0]?.ips ?? []),
    hostIPs: deps.hostIPs(),
    nodeName: deps.settings.nodeName,
    allocatable: deps.allocatable(),
  }
}

export const nameOf = (pod: Pod): string => `${pod.metadata.namespace}/${pod.metadata.name}`
const idOf = (pod: Pod) => ({ uid: pod.metadata.uid, name: pod.metadata.name, namespace: pod.metadata.namespace })
export const specOf = (pod: Pod, name: string): Container | undefined =>
  [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? []), ...((pod.spec.ephemeralContainers ?? []) as Container[])].find(
    (c) => c.name === name,
  )
