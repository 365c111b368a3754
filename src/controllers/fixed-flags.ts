/** Upstream's flags of the controller manager that have one value here. */
import { one } from '../flags/fixed-flags.ts'
import type { FlagTable } from '../flags/flags.ts'

const clouds = 'clouds have a controller manager of their own'

export const fixedFlags = {
  'cidr-allocator-type': one('string', 'RangeAllocator', 'nodes get parts of --cluster-cidr'),
  'cloud-config': one('string', '', clouds),
  'controller-start-interval': one('duration', 0, 'all loops begin at once'),
  'disable-attach-detach-reconcile-sync': one('bool', false, 'events and timers tell what is attached'),
  'enable-dynamic-provisioning': one('bool', true, 'provisioners are always asked'),
  'enable-garbage-collector': one('bool', true, 'owners and their finalizers always count'),
  'enable-hostpath-provisioner': one('bool', false, 'it is for tests'),
  'enable-leader-migration': one('bool', false, clouds),
  'leader-elect-resource-lock': one('string', 'leases', 'there is no other lock'),
} as const satisfies FlagTable
