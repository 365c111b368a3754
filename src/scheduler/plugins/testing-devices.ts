/** For the tests of devices: slices, requests and claims in few words. */
import type { Device, DeviceRequest, ResourceClaim, ResourceSlice } from '../../api/types/resource-v1.ts'

export const device = (name: string, more: Partial<Device> = {}): Device => ({ name, ...more })
export const slice = (nodeName: string, devices: Device[], pool: object = {}, spec: object = {}): ResourceSlice =>
  ({
    metadata: { name: `${nodeName}-slice` },
    spec: { driver: 'gpu.example', nodeName, pool: { name: nodeName, generation: 1, resourceSliceCount: 1, ...pool }, devices, ...spec },
  }) as unknown as ResourceSlice
export const request = (name: string, more: object = {}): DeviceRequest => ({
  name,
  exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1, ...more },
})
export const claim = (name: string, requests: DeviceRequest[], more: object = {}): ResourceClaim =>
  ({ metadata: { name, namespace: 'default', uid: name }, spec: { devices: { requests, ...more } } }) as unknown as ResourceClaim
