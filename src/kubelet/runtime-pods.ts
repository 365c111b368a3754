/**
 * What the runtime knows of pods (pkg/kubelet/container): sandboxes and containers gathered by pod, read over the CRI.
 * Nothing is remembered here: the runtime is asked, so that a restarted kubelet sees what is.
 */
import { ContainerState, NamespaceMode, PodSandboxState } from '../runtime/cri/api.ts'
import type * as cri from '../runtime/cri/types.ts'
import { annotations, type Cri, labels } from './cri.ts'

export interface RuntimeContainer {
  readonly id: string
  readonly sandboxId: string
  readonly name: string
  readonly restartCount: number
  readonly state: 'created' | 'running' | 'exited' | 'unknown'
  /** Milliseconds since the epoch; 0 when it has not come to that. */
  readonly createdAt: number
  readonly startedAt: number
  readonly finishedAt: number
  readonly exitCode: number
  readonly reason: string
  readonly message: string
  readonly image: string
  readonly imageRef: string
  readonly hash: string
  readonly logPath: string
  readonly user?: cri.LinuxContainerUser
  /** What it runs with; not every runtime tells. */
  readonly resources?: cri.LinuxContainerResources
  readonly annotations: Readonly<Record<string, string>>
}
export interface RuntimeSandbox {
  readonly id: string
  readonly attempt: number
  readonly ready: boolean
  readonly createdAt: number
  readonly ips: readonly string[]
  readonly hostNetwork: boolean
}
/** Sandboxes and containers are in order, newest first. */
export interface RuntimePod {
  readonly uid: string
  readonly name: string
  readonly namespace: string
  readonly sandboxes: readonly RuntimeSandbox[]
  readonly containers: readonly RuntimeContainer[]
}

export async function readRuntimePod(cri: Cri, of: { uid: string; name: string; namespace: string }): Promise<RuntimePod> {
  const labelSelector = { [labels.podUid]: of.uid }
  const [sandboxes, containers] = await Promise.all([
    cri.runtime.ListPodSandbox({ filter: { labelSelector } }),
    cri.runtime.ListContainers({ filter: { labelSelector } }),
  ])
  const [sandboxStatuses, containerStatuses] = await Promise.all([
    Promise.all((sandboxes.items ?? []).map((s) => orGone(cri.runtime.PodSandboxStatus({ podSandboxId: s.id as string })))),
    Promise.all(
      (containers.containers ?? []).map(async (c) => ({
        listed: c,
        answer: await orGone(cri.runtime.ContainerStatus({ containerId: c.id as string })),
      })),
    ),
  ])
  return {
    ...of,
    sandboxes: sandboxStatuses.flatMap((s) => (s?.status ? [sandboxOf(s.status)] : [])).sort((a, b) => b.createdAt - a.createdAt),
    containers: containerStatuses
      .flatMap(({ listed, answer }) => (answer?.status ? [containerOf(answer.status, listed.podSandboxId ?? '')] : []))
      .sort((a, b) => b.createdAt - a.createdAt || b.restartCount - a.restartCount),
  }
}

/** Every pod the runtime has, by uid, with states only: what is compared to find changes and strangers. */
export async function listRuntimePods(cri: Cri): Promise<Map<string, ListedPod>> {
  const [{ items = [] }, { containers = [] }] = await Promise.all([cri.runtime.ListPodSandbox({}), cri.runtime.ListContainers({})])
  const pods = new Map<string, { name: string; namespace: string; sandboxes: string[]; parts: string[] }>()
  const uids = new Map<string, string>()
  for (const { id = '', state = 0, metadata } of items) {
    const uid = metadata?.uid ?? ''
    uids.set(id, uid)
    const pod = pods.get(uid) ?? { name: metadata?.name ?? '', namespace: metadata?.namespace ?? '', sandboxes: [], parts: [] }
    pod.sandboxes.push(id)
    pod.parts.push(`${id}:${state}`)
    pods.set(uid, pod)
  }
  for (const { id, state = 0, podSandboxId = '' } of containers) pods.get(uids.get(podSandboxId) ?? '')?.parts.push(`${id}:${state}`)
  return new Map([...pods].map(([uid, { parts, ...pod }]) => [uid, { ...pod, fingerprint: parts.sort().join(' ') }]))
}
export interface ListedPod {
  readonly name: string
  readonly namespace: string
  readonly sandboxes: readonly string[]
  readonly fingerprint: string
}

/** A container that is removed between the list and the question is gone, not a failure. */
async function orGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if ((error as { code?: unknown }).code === notFoundCode) return undefined
    throw error
  }
}
const notFoundCode = 5

function sandboxOf(s: cri.PodSandboxStatus): RuntimeSandbox {
  const ips = [s.network?.ip, ...(s.network?.additionalIps ?? []).map((a) => a.ip)].filter((ip): ip is string => !!ip)
  return {
    id: s.id as string,
    attempt: s.metadata?.attempt ?? 0,
    ready: (s.state ?? 0) === PodSandboxState.SANDBOX_READY,
    createdAt: milliseconds(s.createdAt),
    ips,
    hostNetwork: s.linux?.namespaces?.options?.network === NamespaceMode.NODE,
  }
}

const states = {
  [ContainerState.CONTAINER_CREATED]: 'created',
  [ContainerState.CONTAINER_RUNNING]: 'running',
  [ContainerState.CONTAINER_EXITED]: 'exited',
} as const

function containerOf(c: cri.ContainerStatus, sandboxId: string): RuntimeContainer {
  return {
    id: c.id as string,
    sandboxId,
    name: c.metadata?.name ?? '',
    restartCount: Number(c.annotations?.[annotations.restartCount] ?? c.metadata?.attempt ?? 0),
    state: states[(c.state ?? 0) as keyof typeof states] ?? 'unknown',
    createdAt: milliseconds(c.createdAt),
    startedAt: milliseconds(c.startedAt),
    finishedAt: milliseconds(c.finishedAt),
    exitCode: c.exitCode ?? 0,
    reason: c.reason ?? '',
    message: c.message ?? '',
    image: c.image?.userSpecifiedImage || c.image?.image || '',
    imageRef: c.imageRef ?? '',
    hash: c.annotations?.[annotations.containerHash] ?? '',
    logPath: c.logPath ?? '',
    ...(c.user?.linux ? { user: c.user.linux } : {}),
    ...(c.resources?.linux ? { resources: c.resources.linux } : {}),
    annotations: c.annotations ?? {},
  }
}

const milliseconds = (nanoseconds: number | bigint | undefined): number => Math.floor(Number(nanoseconds ?? 0) / 1e6)
