/**
 * Tells kubelets by an annotation how long they may keep secrets and config maps before they ask again: the longer, the
 * more nodes there are (pkg/controller/ttl). Kubelets that watch them, as by default, do not read it.
 */
import type { Controller, ControllerDeps } from './controller.ts'

const annotation = 'node.alpha.kubernetes.io/ttl'

/** They overlap, so that a cluster at an edge does not go to and fro. */
const steps = [
  { least: 0, most: 100, seconds: 0 },
  { least: 90, most: 500, seconds: 15 },
  { least: 450, most: 1000, seconds: 30 },
  { least: 900, most: 2000, seconds: 60 },
  { least: 1800, most: Infinity, seconds: 300 },
] as const

/** Which step a cluster that was at `step` is at with so many nodes. */
export function stepFor(step: number, nodes: number): number {
  let at = step
  while (nodes > (steps[at]?.most ?? Infinity)) at++
  while (nodes < (steps[at]?.least ?? 0)) at--
  return at
}

export function createTtlController({ client, informers }: ControllerDeps): Controller {
  const nodes = informers.of('nodes')
  let step = 0
  const wanted = () => {
    step = stepFor(step, nodes.size)
    return String(steps[step]?.seconds)
  }
  return {
    name: 'ttl-controller',
    // Nobody waits for it: of a thousand nodes that come at once one after the other is told, beside what is more urgent.
    workers: 1,
    wake(queue) {
      // Nodes that stay learn of a new step when they report next: not all of them at once.
      nodes.addHandler({
        added: (node) => queue.add(node.metadata.name),
        updated: (node) => node.metadata.annotations?.[annotation] !== wanted() && queue.add(node.metadata.name),
      })
      return [nodes]
    },
    async reconcile(name) {
      const node = nodes.get(undefined, name)
      const seconds = wanted()
      if (!node || node.metadata.annotations?.[annotation] === seconds) return
      await client.patch('nodes', { name }, { metadata: { uid: node.metadata.uid, annotations: { [annotation]: seconds } } })
    },
  }
}
