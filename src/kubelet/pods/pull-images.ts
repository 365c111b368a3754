/** Fetches the images of a pod's containers with the pod's pull secrets, which are looked up once, at the first. */
import type { Container, Secret } from '../../api/types/core-v1.ts'
import type * as cri from '../../runtime/cri/types.ts'
import type { PodDeps, PodWorker } from './pod-worker.ts'

export type PulledImage = { readonly spec: cri.ImageSpec; readonly id: string }
export type Puller = (container: Container) => Promise<PulledImage>

export function createPuller(deps: PodDeps, { pod }: PodWorker, sandboxConfig: cri.PodSandboxConfig, signal: AbortSignal): Puller {
  const { namespace } = pod.metadata
  let secrets: Promise<Secret[]> | undefined
  const pullSecrets = async () => {
    const found = await Promise.all((pod.spec.imagePullSecrets ?? []).map(({ name = '' }) => deps.sources.secret(namespace, name)))
    return found.flatMap((secret) => secret ?? [])
  }
  return async (container) => {
    secrets ??= pullSecrets()
    return deps.images.ensure(pod, container, {
      event: (about, type, reason, message) => deps.event(pod, about, type, reason, message),
      secrets: await secrets,
      sandboxConfig,
      signal,
    })
  }
}
