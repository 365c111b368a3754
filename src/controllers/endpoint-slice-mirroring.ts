/** Mirrors hand-made Endpoints into EndpointSlices, which is all that proxies read (pkg/controller/endpointslicemirroring). */
import { objectKey, splitKey } from '../api/meta.ts'
import type { EndpointAddress, EndpointSubset, Endpoints, Service } from '../api/types/core-v1.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from '../api/types/discovery-v1.ts'
import { referenceTo } from '../client/events.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { managedByLabel, serviceNameLabel } from './endpoint-slice.ts'
import { semanticEqual } from './equal.ts'
import { ownerReference } from './ownership.ts'
import { familyOf, lastChangeTriggerTime } from './service-endpoints.ts'
import { createSliceTracker, removeSlice } from './slice-tracker.ts'

const resource = 'endpointslices.discovery.k8s.io'
const manager = 'endpointslicemirroring-controller.k8s.io'
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror'
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader'
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
const mirrorIndex = 'mirrored'

interface Wanted {
  readonly addressType: 'IPv4' | 'IPv6'
  readonly ports: EndpointPort[]
  readonly endpoints: Endpoint[]
}

export function createEndpointSliceMirroringController({ client, informers, options, recorder: recorders }: ControllerDeps): Controller {
  const endpoints = informers.of('endpoints')
  const services = informers.of('services')
  const slices = informers.of(resource)
  slices.addIndex(mirrorIndex, (s) => {
    const name = s.metadata.labels?.[serviceNameLabel]
    return name && s.metadata.labels?.[managedByLabel] === manager ? [`${s.metadata.namespace}/${name}`] : []
  })
  const tracker = createSliceTracker(slices)
  const recorder = recorders('endpoint-slice-mirroring-controller')
  const shouldMirror = (e: Endpoints | undefined): e is Endpoints =>
    e !== undefined && e.metadata.labels?.[skipLabel] !== 'true' && !(leaderAnnotation in (e.metadata.annotations ?? {}))

  return {
    name: 'endpointslice-mirroring-controller',
    workers: options.concurrent.mirroringServiceEndpoint,
    wake(queue) {
      const wake = (object: { metadata: { namespace: string; name: string } }) => queue.add(objectKey(object))
      const wakeLater = (from: Endpoints) => queue.addAfter(objectKey(from), options.mirroringEndpointSliceUpdatesBatchPeriodMs)
      endpoints.addHandler({ added: wakeLater, updated: wakeLater, deleted: wakeLater })
      services.addHandler({
        added: wake,
        updated: (now: Service, before) => !semanticEqual(now.spec.selector, before.spec.selector) && wake(now),
        deleted: wake,
      })
      const arrived = (slice: EndpointSlice, gone: boolean) => {
        const name = slice.metadata.labels?.[serviceNameLabel]
        if (!name || slice.metadata.labels?.[managedByLabel] !== manager) return
        const key = `${slice.metadata.namespace}/${name}`
        if (tracker.arrived(key, slice, gone)) queue.add(key)
      }
      slices.addHandler({
        added: (slice) => arrived(slice, false),
        updated: (slice) => arrived(slice, false),
        deleted: (slice) => arrived(slice, true),
      })
      return [endpoints, services, slices]
    },
    async reconcile(key) {
      if (tracker.isBehind(key)) return
      const { namespace, name } = splitKey(key)
      const remove = (slice: EndpointSlice) => removeSlice(client, tracker, key, slice)
      const from = endpoints.get(namespace, name)
      const service = services.get(namespace, name)
      const existing = slices.byIndex(mirrorIndex, key)
      // Services with a selector have slices of their own.
      if (!shouldMirror(from) || !service || service.spec.selector) {
        await Promise.all(existing.map(remove))
        return
      }
      const { wanted, skipped } = wantedSlices(from)
      const most = options.mirroringMaxEndpointsPerSubset
      if (skipped > 0)
        recorder.event(
          referenceTo('endpoints', from),
          'Warning',
          'TooManyAddressesToMirror',
          `A max of ${most} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`,
        )
      const labels = { ...from.metadata.labels, [serviceNameLabel]: name, [managedByLabel]: manager }
      const { [lastChangeTriggerTime]: _, [lastApplied]: __, ...annotations } = from.metadata.annotations ?? {}
      const left = [...existing]
      try {
        for (const want of wanted) {
          const at = left.findIndex((s) => s.addressType === want.addressType && semanticEqual(s.ports, want.ports))
          const [have] = at < 0 ? [] : left.splice(at, 1)
          if (!have)
            tracker.wrote(
              key,
              await client.create(resource, {
                metadata: {
                  generateName: `${name}-`,
                  namespace,
                  labels,
                  annotations,
                  ownerReferences: [ownerReference('endpoints', from)],
                },
                ...want,
              }),
            )
          else if (
            !semanticEqual(have.endpoints, want.endpoints) ||
            !semanticEqual(have.metadata.labels, labels) ||
            !semanticEqual(have.metadata.annotations, annotations)
          )
            tracker.wrote(
              key,
              await client.update(resource, { ...have, metadata: { ...have.metadata, labels, annotations }, endpoints: want.endpoints }),
            )
        }
        await Promise.all(left.map(remove))
      } catch (error) {
        recorder.event(
          referenceTo('endpoints', from),
          'Warning',
          'FailedToUpdateEndpointSlices',
          `Error updating EndpointSlices for Endpoints ${key}: ${(error as Error).message}`,
        )
        throw error
      }
    },
  }

  /** The slices that there should be, and how many addresses are left out. */
  function wantedSlices(from: Endpoints): { wanted: Wanted[]; skipped: number } {
    let skipped = 0
    const groups = new Map<string, Wanted>()
    for (const subset of from.subsets ?? []) {
      let room = options.mirroringMaxEndpointsPerSubset
      const ports = portsOf(subset)
      const add = (address: EndpointAddress, ready: boolean) => {
        if (room-- <= 0) {
          skipped++
          return
        }
        const addressType = familyOf(address.ip)
        const id = `${addressType} ${JSON.stringify(ports)}`
        const group = groups.get(id) ?? { addressType, ports, endpoints: [] }
        groups.set(id, group)
        group.endpoints.push({
          addresses: [address.ip],
          conditions: { ready },
          ...(address.hostname ? { hostname: address.hostname } : {}),
          ...(address.nodeName ? { nodeName: address.nodeName } : {}),
          ...(address.targetRef ? { targetRef: address.targetRef } : {}),
        })
      }
      for (const address of subset.addresses ?? []) add(address, true)
      for (const address of subset.notReadyAddresses ?? []) add(address, false)
    }
    const wanted = [...groups.values()].flatMap((group) => {
      const parts: Wanted[] = []
      for (let at = 0; at < group.endpoints.length; at += options.maxEndpointsPerSlice)
        parts.push({ ...group, endpoints: group.endpoints.slice(at, at + options.maxEndpointsPerSlice) })
      return parts
    })
    return { wanted, skipped }
  }
}

const portsOf = (subset: EndpointSubset): EndpointPort[] =>
  (subset.ports ?? []).map((p) => ({
    name: p.name ?? '',
    port: p.port,
    protocol: p.protocol ?? 'TCP',
    ...(p.appProtocol ? { appProtocol: p.appProtocol } : {}),
  }))
