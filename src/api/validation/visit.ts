/** Walks all containers of a pod in upstream's order: init, regular, ephemeral (api/pod.VisitContainersWithPath). */
import type { Container, PodSpec } from '../types/core-v1.ts'

export function visitContainers(spec: PodSpec, path: string, visit: (container: Container, path: string) => void): void {
  for (const field of ['initContainers', 'containers', 'ephemeralContainers'] as const)
    spec[field]?.forEach((container, i) => {
      visit(container, `${path}.${field}[${i}]`)
    })
}
