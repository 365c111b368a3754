/** Defaults of dynamic resource allocation. */
import type { DeviceClaim, ResourceClaim, ResourceClaimTemplate, ResourceSlice } from '../types/resource-v1.ts'
import type { Defaults } from './index.ts'

export const resourceDefaults = {
  'resource.v1.ResourceClaim': ({ spec }: ResourceClaim) => defaultRequests(spec.devices),
  'resource.v1.ResourceClaimTemplate': ({ spec }: ResourceClaimTemplate) => defaultRequests(spec.spec.devices),
  'resource.v1.ResourceSlice': ({ spec }: ResourceSlice) => {
    const now = `${new Date().toISOString().slice(0, 19)}Z`
    for (const device of spec.devices ?? []) for (const taint of device.taints ?? []) taint.timeAdded ??= now
  },
} satisfies Defaults

function defaultRequests(claim: DeviceClaim): void {
  for (const request of claim.requests ?? [])
    for (const wanted of [request.exactly, ...(request.firstAvailable ?? [])])
      if (wanted?.allocationMode === 'ExactCount') wanted.count ??= 1
}
