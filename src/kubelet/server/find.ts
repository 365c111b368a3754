/** The pod or container that a path names. */
import type { Pod } from '../../api/types/core-v1.ts'
import type { Kubelet } from '../kubelet.ts'
import type { RuntimeContainer } from '../runtime-pods.ts'
import { HttpError } from './http-error.ts'

export function findPod(kubelet: Kubelet, namespace: string | undefined, name: string | undefined): Pod {
  const pod = kubelet.pods().find((p) => p.metadata.namespace === namespace && p.metadata.name === name)
  if (!pod) throw new HttpError(404, 'pod does not exist')
  return pod
}

/** The newest first. */
export const containersOf = (kubelet: Kubelet, pod: Pod, name: string | undefined): readonly RuntimeContainer[] =>
  kubelet.workers.runtime(pod.metadata.uid)?.containers.filter((c) => c.name === name) ?? []

/** `namespace/pod[/uid]/container`: the container that runs, or ran last. */
export function findContainer(kubelet: Kubelet, parts: readonly string[]): RuntimeContainer {
  const [namespace, name] = parts
  const [found] = containersOf(kubelet, findPod(kubelet, namespace, name), parts.at(-1))
  if (!found) throw new HttpError(404, `container not found ("${parts.at(-1)}")`)
  return found
}
