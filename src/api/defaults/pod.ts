/** The defaults of pods and of everything that holds a pod template. */

import { addQuantity, formatQuantity, maxQuantity, type QuantityLike } from '../quantity.ts'
import type { Container, EphemeralContainer, Pod, PodSpec, PodTemplateSpec, ResourceRequirements, Volume } from '../types/core-v1.ts'

/** What every PodSpec gets, wherever it stands. */
export function defaultPodSpec(spec: PodSpec): void {
  for (const list of [spec.containers, spec.initContainers, spec.ephemeralContainers])
    for (const container of (list ?? []) as (Container | EphemeralContainer)[]) container.imagePullPolicy ??= pullPolicy(container.image)
  for (const volume of spec.volumes ?? []) defaultVolume(volume)
  // The old name of the field is written beside the new one, and read where only it is given.
  const account = spec.serviceAccountName ?? spec.serviceAccount
  if (account !== undefined) {
    spec.serviceAccountName = account
    spec.serviceAccount = account
  }
}

export function defaultPodTemplate(template: PodTemplateSpec | undefined): void {
  if (template) defaultPodSpec(template.spec)
}

function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).length === (volume.name === undefined ? 0 : 1)) volume.emptyDir = {}
  if (volume.image) volume.image.pullPolicy ??= pullPolicy(volume.image.reference)
}

const imageName =
  /^(?:[\w.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::([\w][\w.-]{0,127}))?(@[A-Za-z][\w.+-]*:[0-9a-fA-F]{32,})?$/

/** `Always` for what is or means `latest`. A name that is none has no tag. */
function pullPolicy(image: string | undefined): 'Always' | 'IfNotPresent' {
  const match = image ? imageName.exec(image) : null
  const latest = match !== null && (match[1] === undefined ? match[2] === undefined : match[1] === 'latest')
  return latest ? 'Always' : 'IfNotPresent'
}

export function defaultPod(pod: Pod): void {
  const { spec } = pod
  for (const list of [spec.containers, spec.initContainers]) for (const container of list ?? []) requestsFromLimits(container.resources)
  if (spec.resources?.limits) defaultPodRequests(spec, spec.resources)
  spec.enableServiceLinks ??= true
  if (spec.hostNetwork)
    for (const list of [spec.containers, spec.initContainers])
      for (const container of list ?? []) for (const port of container.ports ?? []) port.hostPort ??= port.containerPort
  defaultPodSpec(spec)
}

function requestsFromLimits(resources: ResourceRequirements): void {
  if (resources.limits) resources.requests = { ...resources.limits, ...resources.requests }
}

/** Requests of the whole pod (spec.resources): what its containers ask together, else its limits. */
function defaultPodRequests(spec: PodSpec, resources: ResourceRequirements): void {
  const requests = { ...resources.requests }
  for (const source of [containerRequests(spec), resources.limits ?? {}])
    for (const [name, amount] of Object.entries(source)) if (isPodLevelResource(name)) requests[name] ??= amount
  if (Object.keys(requests).length > 0) resources.requests = requests
}

const isPodLevelResource = (name: string): boolean => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')

/** The containers' sum, sidecars included, or the largest of the init containers with the sidecars before it. */
function containerRequests(spec: PodSpec): Record<string, string> {
  const running: Record<string, QuantityLike> = {}
  const largest: Record<string, QuantityLike> = {}
  const add = (container: Container): void => {
    for (const [name, amount] of Object.entries(container.resources.requests ?? {}))
      running[name] = addQuantity(running[name] ?? '0', amount)
  }
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') add(container)
    else
      for (const [name, amount] of Object.entries(container.resources.requests ?? {}))
        largest[name] = maxQuantity(largest[name] ?? '0', addQuantity(amount, running[name] ?? '0'))
  }
  for (const container of spec.containers ?? []) add(container)
  for (const [name, amount] of Object.entries(largest)) running[name] = maxQuantity(running[name] ?? '0', amount)
  return Object.fromEntries(Object.entries(running).map(([name, amount]) => [name, formatQuantity(amount)]))
}
