/** Keeps ServiceCIDRs that still hold addresses from being removed, and says that they are ready (pkg/controller/servicecidrs). */
import { formatTime, hasFinalizer, isBeingDeleted } from '../api/meta.ts'
import type { Condition } from '../api/types/meta-v1.ts'
import type { IPAddress, ServiceCIDR } from '../api/types/networking-v1.ts'
import { addressValue, parseCidr } from './cidr-set.ts'
import type { Controller, ControllerDeps } from './controller.ts'

const resource = 'servicecidrs.networking.k8s.io'
const finalizer = 'networking.k8s.io/service-cidr-finalizer'
/** In this time every server has learned that a range is going, and gives no more addresses of it. */
const deletionGraceMs = 10_000

export function createServiceCidrsController({ client, informers, clock }: ControllerDeps): Controller {
  const cidrs = informers.of(resource)
  const addresses = informers.of('ipaddresses.networking.k8s.io')

  const holds = (cidr: string, address: string) => {
    const { base, prefix, bits } = parseCidr(cidr)
    if ((address.includes(':') ? 128 : 32) !== bits) return false
    const shift = BigInt(bits - prefix)
    return addressValue(address) >> shift === base >> shift
  }
  /** Every address of its own must be covered by another range before it may go. */
  function mayGo(range: ServiceCIDR): boolean {
    const others = cidrs.list().filter((c) => c.metadata.name !== range.metadata.name && !isBeingDeleted(c))
    return !addresses
      .list()
      .some(
        ({ metadata: { name } }: IPAddress) =>
          (range.spec?.cidrs ?? []).some((c) => holds(c, name)) && !others.some((o) => (o.spec?.cidrs ?? []).some((c) => holds(c, name))),
      )
  }

  async function ready(range: ServiceCIDR, status: 'True' | 'False', reason: string, message: string): Promise<void> {
    const have = range.status?.conditions?.find((c) => c.type === 'Ready')
    if (have?.status === status && have.reason === reason) return
    const condition: Condition = { type: 'Ready', status, reason, message, lastTransitionTime: formatTime(clock.now()) }
    await client.updateStatus(resource, {
      ...range,
      status: { ...range.status, conditions: [...(range.status?.conditions ?? []).filter((c) => c !== have), condition] },
    })
  }

  return {
    name: 'service-cidr-controller',
    wake(queue) {
      const all = () => {
        for (const range of cidrs.list()) queue.add(range.metadata.name)
      }
      cidrs.addHandler({ added: all, updated: (range) => queue.add(range.metadata.name), deleted: all })
      addresses.addHandler({
        deleted() {
          for (const range of cidrs.list()) if (isBeingDeleted(range)) queue.add(range.metadata.name)
        },
      })
      return [cidrs, addresses]
    },
    async reconcile(name) {
      const range = cidrs.get(undefined, name)
      if (!range) return
      const { finalizers = [] } = range.metadata
      if (!isBeingDeleted(range)) {
        if (!hasFinalizer(range, finalizer))
          await client.patch(resource, { name }, { metadata: { finalizers: [...finalizers, finalizer] } }, { type: 'merge' })
        else await ready(range, 'True', '', 'Kubernetes Service CIDR is ready')
        return
      }
      if (!hasFinalizer(range, finalizer)) return
      if (!mayGo(range)) {
        await ready(
          range,
          'False',
          'Terminating',
          'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
        )
        return
      }
      const left = Date.parse(range.metadata.deletionTimestamp ?? '') + deletionGraceMs - clock.now()
      if (left > 0) return left
      await client.update(resource, { ...range, metadata: { ...range.metadata, finalizers: finalizers.filter((f) => f !== finalizer) } })
    },
  }
}
