/** How the records of sandboxes and containers look on the CRI's wire. */
import { constants as os } from 'node:os'
import type { ContainerRecord, SandboxRecord } from '../state.ts'
import { PodSandboxState, signals } from './api.ts'
import type * as cri from './types.ts'

export const sandboxState = (r: SandboxRecord) => (r.ready ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY)

export const listedSandbox = (r: SandboxRecord): cri.PodSandbox => ({
  id: r.id,
  metadata: r.config.metadata ?? {},
  state: sandboxState(r),
  createdAt: BigInt(r.createdAt),
  labels: r.config.labels ?? {},
  annotations: r.config.annotations ?? {},
  runtimeHandler: r.runtimeHandler,
})

export const sandboxStatus = (r: SandboxRecord): cri.PodSandboxStatus => ({
  ...listedSandbox(r),
  network:
    r.hostNetwork || !r.ready ? { ip: '', additionalIps: [] } : { ip: r.ips[0] ?? '', additionalIps: r.ips.slice(1).map((ip) => ({ ip })) },
  linux: { namespaces: { options: r.config.linux?.securityContext?.namespaceOptions ?? {} } },
})

export const listedContainer = (r: ContainerRecord): cri.Container => ({
  id: r.id,
  podSandboxId: r.sandboxId,
  metadata: r.config.metadata ?? {},
  image: r.config.image ?? {},
  imageRef: r.imageId,
  imageId: r.imageId,
  state: r.state,
  createdAt: BigInt(r.createdAt),
  labels: r.config.labels ?? {},
  annotations: r.config.annotations ?? {},
})

export const containerStatus = (r: ContainerRecord): cri.ContainerStatus => ({
  id: r.id,
  metadata: r.config.metadata ?? {},
  state: r.state,
  createdAt: BigInt(r.createdAt),
  startedAt: BigInt(r.startedAt),
  finishedAt: BigInt(r.finishedAt),
  exitCode: r.exitCode,
  image: r.config.image ?? {},
  imageRef: r.imageRef,
  imageId: r.imageId,
  reason: r.reason,
  message: r.message,
  labels: r.config.labels ?? {},
  annotations: r.config.annotations ?? {},
  mounts: r.config.mounts ?? [],
  logPath: r.logPath,
  resources: { linux: r.resources },
  user: { linux: { uid: r.user.uid, gid: r.user.gid, supplementalGroups: [...r.user.additionalGids] } },
  stopSignal: signalEnum(r.stopSignal),
})

function signalEnum(number: number): number {
  const name =
    Object.entries(os.signals).find(([, value]) => value === number)?.[0] ??
    (number >= 34 && number < 50
      ? `SIGRTMIN${number === 34 ? '' : `PLUS${number - 34}`}`
      : `SIGRTMAX${number === 64 ? '' : `MINUS${64 - number}`}`)
  return Math.max(0, signals.indexOf(name))
}
