/** Which pods were promised a node and are not bound yet (upstream: backend/queue/nominator.go). */
import type { PodInfo } from './pod-info.ts'

export interface Nominator {
  nominate(pod: PodInfo, nodeName: string): void
  /**
   * The pod has changed. Where only memory knows of a promise, it stays; else the pod's status says what was promised
   * (UpdateNominatedPod). Returns the node that it is promised no longer.
   */
  update(pod: PodInfo, before: string | undefined): string | undefined
  /** Returns the node that was promised. */
  forget(key: string): string | undefined
  /** The pods that were promised the node, of the priority given or a higher one. */
  promised(nodeName: string, priority: number): readonly PodInfo[]
  readonly size: number
}

export function createNominator(): Nominator {
  const byNode = new Map<string, Map<string, PodInfo>>()
  const nodeOf = new Map<string, string>()

  function forget(key: string): string | undefined {
    const name = nodeOf.get(key)
    if (name === undefined) return undefined
    nodeOf.delete(key)
    const pods = byNode.get(name)
    pods?.delete(key)
    if (pods?.size === 0) byNode.delete(name)
    return name
  }
  function nominate(pod: PodInfo, nodeName: string): void {
    forget(pod.key)
    nodeOf.set(pod.key, nodeName)
    const pods = byNode.get(nodeName) ?? new Map()
    byNode.set(nodeName, pods.set(pod.key, pod))
  }
  return {
    nominate,
    update(pod, before) {
      const now = pod.pod.status?.nominatedNodeName || undefined
      const was = nodeOf.get(pod.key)
      const node = now ?? (before ? undefined : was)
      if (node) nominate(pod, node)
      else forget(pod.key)
      return was === node ? undefined : was
    },
    forget,
    promised: (nodeName, priority) => [...(byNode.get(nodeName)?.values() ?? [])].filter((pod) => pod.priority >= priority),
    get size() {
      return nodeOf.size
    },
  }
}
