/**
 * Extended resources that device classes stand for (KEP-5004, upstream: dynamicresources/extendeddynamicresources.go): where
 * a node has none of its own, the scheduler makes one claim for all of a pod's, with a request for each container.
 */
import { quantityValue } from '../../api/quantity.ts'
import type { Container, Pod, PodStatus } from '../../api/types/core-v1.ts'
import type { DeviceRequest, ResourceClaim } from '../../api/types/resource-v1.ts'
import { isExtendedResource } from '../../api/validation/resources.ts'
import type { Informers } from '../../client/informer.ts'

/** The name of the class that a resource stands for. */
export type DeviceClassOf = (resource: string) => string | undefined

type Mappings = NonNullable<PodStatus['extendedResourceClaimStatus']>['requestMappings']

/** A class that says no name can be had under its own. */
const prefix = 'deviceclass.resource.kubernetes.io/'
export const extendedResourceClaimAnnotation = 'resource.kubernetes.io/extended-resource-claim'

export function createDeviceClassOf(informers: Informers): DeviceClassOf {
  const classes = informers.of('deviceclasses.resource.k8s.io')
  let byResource: Map<string, string> | undefined
  const changed = () => {
    byResource = undefined
  }
  classes.addHandler({ added: changed, updated: changed, deleted: changed })
  /** Of classes with one name the youngest counts, and of those of one second the first by name. */
  function read(): Map<string, string> {
    const age = (time: string | undefined) => Date.parse(time ?? '') || 0
    const oldestFirst = classes
      .list()
      .toSorted(
        (a, b) => age(a.metadata.creationTimestamp) - age(b.metadata.creationTimestamp) || (a.metadata.name < b.metadata.name ? 1 : -1),
      )
    return new Map(
      oldestFirst.flatMap(({ metadata: { name }, spec }) => (spec.extendedResourceName ? [[spec.extendedResourceName, name]] : [])),
    )
  }
  return (resource) => {
    if (resource.startsWith(prefix)) return classes.get(undefined, resource.slice(prefix.length))?.metadata.name
    if (!isExtendedResource(resource)) return undefined
    byResource ??= read()
    return byResource.get(resource)
  }
}

/** Whether a class has, or had, the pod's resource under either of its names. */
export const standsFor = ({ name, extendedResourceName }: { name: string; extendedResourceName?: string | undefined }, resource: string) =>
  resource === extendedResourceName || resource === prefix + name

/**
 * The requests for some resources of a pod, and which of them serves which container. Containers and sidecars have devices of their
 * own; an init container has those of containers that come after it first, and what more the largest one needs is one request.
 */
export function requestsFor(
  { spec }: Pod,
  resources: readonly string[],
  classOf: DeviceClassOf,
): { requests: DeviceRequest[]; mappings: Mappings } {
  const containers: readonly Container[] = [...(spec.initContainers ?? []), ...spec.containers]
  const isShort = (i: number) => i < (spec.initContainers?.length ?? 0) && containers[i]?.restartPolicy !== 'Always'
  const requests: DeviceRequest[] = []
  const mappings: Mappings[number][] = []
  for (const resource of resources.toSorted()) {
    const wanted = containers.map(({ resources: { requests: asked = {} } = {} }) => quantityValue(asked[resource] ?? '0'))
    const nameOf = (i: number) =>
      `container-${i}-request-${Object.keys(containers[i]?.resources?.requests ?? {})
        .toSorted()
        .indexOf(resource)}`
    const map = (i: number, requestName: string) =>
      mappings.push({ containerName: (containers[i] as Container).name, resourceName: resource, requestName })
    const request = (i: number, count: number): DeviceRequest => ({
      name: nameOf(i),
      exactly: { deviceClassName: classOf(resource) as string, allocationMode: 'ExactCount', count },
    })
    const all = [...containers.keys()].filter((i) => (wanted[i] as number) > 0)
    const long = all.filter((i) => !isShort(i))
    for (const i of long) {
      requests.push(request(i, wanted[i] as number))
      map(i, nameOf(i))
    }
    let most = { at: -1, count: 0 }
    const lacking: number[] = []
    for (const i of all.filter(isShort)) {
      let have = 0
      for (const later of long)
        if (later > i && have < (wanted[i] as number)) {
          have += wanted[later] as number
          map(i, nameOf(later))
        }
      const count = (wanted[i] as number) - have
      if (count <= 0) continue
      lacking.push(i)
      if (count > most.count) most = { at: i, count }
    }
    if (most.count) requests.push(request(most.at, most.count))
    for (const i of lacking) map(i, nameOf(most.at))
  }
  return { requests: requests.toSorted((a, b) => (a.name < b.name ? -1 : 1)), mappings }
}

/** The claim before the server has it; its uid is the one that its devices are held under until then. */
export const draftOf = ({ metadata: { namespace, name, uid } }: Pod, requests: DeviceRequest[]): ResourceClaim =>
  ({
    metadata: {
      namespace,
      generateName: `${name}-extended-resources-`,
      uid: `extended/${uid}`,
      annotations: { [extendedResourceClaimAnnotation]: 'true' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true }],
    },
    spec: { devices: { requests } },
  }) as unknown as ResourceClaim
