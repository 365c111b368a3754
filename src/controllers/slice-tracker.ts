/**
 * What was written to the slices of a service and the cache does not show yet (k8s.io/endpointslice/util,
 * EndpointSliceTracker): until it does, the cache is no ground to stand on, and a slice would be made twice.
 */
import { isNotFound } from '../api/errors.ts'
import type { EndpointSlice } from '../api/types/discovery-v1.ts'
import type { Client } from '../client/client.ts'
import type { Lister } from '../client/lister.ts'

export interface SliceTracker {
  /** The cache lacks what was written of this service's slices: it is looked at again when `arrived` says so. */
  isBehind(service: string): boolean
  wrote(service: string, slice: EndpointSlice): void
  /** `gone` until the cache shows it, or the removal failed after all. */
  removing(service: string, uid: string): { readonly failed: () => void }
  /** Takes note of what the watch brought; whether the service must be looked at. */
  arrived(service: string, slice: EndpointSlice, gone: boolean): boolean
}

export function createSliceTracker(slices: Lister<EndpointSlice>): SliceTracker {
  /** By service and slice, the version that was written. */
  const awaited = new Map<string, Map<string, number | 'deleted'>>()
  /** Services that were not looked at while the cache was behind. */
  const postponed = new Set<string>()
  const expect = (service: string, uid: string, version: number | 'deleted') => {
    const have = awaited.get(service)
    if (have) have.set(uid, version)
    else awaited.set(service, new Map([[uid, version]]))
  }
  const forget = (service: string, uid: string) => {
    const have = awaited.get(service)
    if (have?.delete(uid) && have.size === 0) awaited.delete(service)
  }

  return {
    isBehind(service) {
      if (!awaited.has(service)) return false
      postponed.add(service)
      return true
    },
    wrote(service, { metadata: { uid, namespace, name, resourceVersion } }) {
      // The event may have come before the answer.
      const cached = slices.get(namespace, name)
      const version = Number(resourceVersion)
      if (cached?.metadata.uid !== uid || Number(cached.metadata.resourceVersion) < version) expect(service, uid, version)
    },
    removing(service, uid) {
      expect(service, uid, 'deleted')
      return { failed: () => forget(service, uid) }
    },
    arrived(service, { metadata: { uid, resourceVersion } }, gone) {
      const version = awaited.get(service)?.get(uid)
      const own = gone ? version === 'deleted' : version === Number(resourceVersion)
      if (!gone && !own && version !== undefined && version !== 'deleted' && Number(resourceVersion) < version) return false
      if (version !== undefined && (gone || version !== 'deleted')) forget(service, uid)
      // Somebody else's change, or the last of our own that a look was waiting for.
      return !own || (!awaited.has(service) && postponed.delete(service))
    },
  }
}

/** Whether it was there to be removed. */
export async function removeSlice(
  client: Client,
  tracker: SliceTracker,
  service: string,
  { metadata: { namespace, name, uid } }: EndpointSlice,
): Promise<boolean> {
  const removal = tracker.removing(service, uid)
  try {
    await client.delete('endpointslices.discovery.k8s.io', { namespace, name }, { preconditions: { uid } })
    return true
  } catch (error) {
    removal.failed()
    if (!isNotFound(error)) throw error
    return false
  }
}
