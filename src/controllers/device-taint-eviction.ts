/**
 * Deletes pods that use devices with NoExecute taints which their claims do not tolerate, or no longer
 * (pkg/controller/devicetainteviction). Taints stand in ResourceSlices; DeviceTaintRules are of an API that is off.
 */
import { objectKey, splitKey } from '../api/meta.ts'
import type { Pod, Taint, Toleration } from '../api/types/core-v1.ts'
import type { DeviceRequestAllocationResult, DeviceTaint, ResourceClaim, ResourceSlice } from '../api/types/resource-v1.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { toleratedMs, tolerates } from './taints.ts'
import { createTimedEviction } from './timed-eviction.ts'

const poolIndex = 'pool'
const userIndex = 'user'

export function createDeviceTaintEvictionController(deps: ControllerDeps): Controller {
  const { informers, options } = deps
  const pods = informers.of('pods')
  const claims = informers.of('resourceclaims.resource.k8s.io')
  const slices = informers.of('resourceslices.resource.k8s.io')
  const eviction = createTimedEviction(deps, 'device-taint-eviction-controller', 'DeviceTaintManagerEviction', {
    reason: 'DeletionByDeviceTaintManager',
    message: 'Device Taint manager: deleting due to NoExecute taint',
  })
  slices.addIndex(poolIndex, ({ spec }) => [`${spec.driver}/${spec.pool.name}`])
  claims.addIndex(poolIndex, (claim) => [...new Set(resultsOf(claim).map(({ driver, pool }) => `${driver}/${pool}`))])
  claims.addIndex(userIndex, (claim) => usersOf(claim).map(({ uid }) => uid))

  /** The taints of a device that evict; an older generation of its pool no longer counts. */
  function noExecute({ driver, pool, device }: DeviceRequestAllocationResult): readonly DeviceTaint[] {
    let newest: ResourceSlice | undefined
    for (const slice of slices.byIndex(poolIndex, `${driver}/${pool}`))
      if (slice.spec.devices?.some((d) => d.name === device))
        if (!newest || slice.spec.pool.generation > newest.spec.pool.generation) newest = slice
    return (newest?.spec.devices?.find((d) => d.name === device)?.taints ?? []).filter((t) => t.effect === 'NoExecute')
  }
  /** When the first toleration of the pod's devices ends. */
  function dueOf(pod: Pod): number {
    let due = Infinity
    for (const claim of claims.byIndex(userIndex, pod.metadata.uid))
      for (const result of resultsOf(claim))
        for (const taint of noExecute(result)) {
          const since = taint.timeAdded ? Date.parse(taint.timeAdded) : eviction.since(pod)
          const matching = ((result.tolerations ?? []) as Toleration[]).filter((t) => tolerates(t, taint as Taint))
          // Of several that match a device's taint the shortest counts, of a node's taint the first.
          const times = matching.map((t) => toleratedMs([taint as Taint], [t]))
          due = Math.min(due, since + (times.length > 0 ? Math.min(...times) : 0))
        }
    return due
  }

  return {
    name: 'device-taint-eviction-controller',
    workers: options.concurrent.deviceTaintEviction,
    wake(queue) {
      const wakeUsers = (claim: ResourceClaim) => {
        for (const { name } of usersOf(claim)) queue.add(`${claim.metadata.namespace}/${name}`)
      }
      const wakePool = ({ spec }: ResourceSlice) => {
        for (const claim of claims.byIndex(poolIndex, `${spec.driver}/${spec.pool.name}`)) wakeUsers(claim)
      }
      claims.addHandler({ added: wakeUsers, updated: wakeUsers, deleted: wakeUsers })
      slices.addHandler({
        added: wakePool,
        updated: (slice, before) => slice.spec !== before.spec && wakePool(slice),
        deleted: wakePool,
      })
      pods.addHandler({
        added: (pod) => claims.byIndex(userIndex, pod.metadata.uid).length > 0 && queue.add(objectKey(pod)),
        deleted: eviction.forget,
      })
      return [pods, claims, slices]
    },
    reconcile(key) {
      const { namespace, name } = splitKey(key)
      const pod = pods.get(namespace, name)
      return eviction.settle(key, pod, pod && dueOf(pod))
    },
  }
}

const resultsOf = (claim: ResourceClaim) => claim.status?.allocation?.devices?.results ?? []
const usersOf = (claim: ResourceClaim) => (claim.status?.reservedFor ?? []).filter((user) => !user.apiGroup && user.resource === 'pods')
