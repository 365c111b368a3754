/**
 * What a claim takes of a device's capacity (KEP-5075, upstream: dynamic-resource-allocation/structured, consumable
 * capacity): what it asks for, raised to what the device's policies allow, or what they give where it asks for nothing.
 */
import { addQuantity, compareQuantity, formatQuantity, parseQuantity, type Quantity, subQuantity } from '../../api/quantity.ts'
import type { CapacityRequirements, Device, DeviceCapacity, ResourceClaim } from '../../api/types/resource-v1.ts'

/** Amounts by the capacity's name. */
export type Amounts = Readonly<Record<string, Quantity>>

/** What a request takes of a device at once; undefined where the device does not have it, or its policies do not allow it. */
export function amountsOf({ capacity = {} }: Device, asked: CapacityRequirements | undefined): Amounts | undefined {
  const requests = asked?.requests ?? {}
  if (Object.keys(requests).some((name) => !capacity[name])) return undefined
  const amounts: Record<string, Quantity> = {}
  for (const [name, has] of Object.entries(capacity)) {
    const amount = allowed(has, requests[name])
    if (!amount || compareQuantity(amount, has.value) > 0) return undefined
    amounts[name] = amount
  }
  return amounts
}

/** The amount as the policy has it: a valid value, or one of a range's steps, never less than what was asked for. */
function allowed({ value, requestPolicy: policy }: DeviceCapacity, asked: string | undefined): Quantity | undefined {
  if (asked === undefined) return parseQuantity(policy?.default ?? value)
  const wanted = parseQuantity(asked)
  if (policy?.validValues?.length) {
    const valid = policy.validValues.find((v) => compareQuantity(v, wanted) >= 0)
    return valid === undefined ? undefined : parseQuantity(valid)
  }
  if (!policy?.validRange) return wanted
  const { min, max, step } = policy.validRange
  const raised = raise(wanted, parseQuantity(min), step === undefined ? undefined : parseQuantity(step))
  return max !== undefined && compareQuantity(raised, max) > 0 ? undefined : raised
}

function raise(wanted: Quantity, min: Quantity, step: Quantity | undefined): Quantity {
  if (compareQuantity(wanted, min) <= 0) return min
  if (!step || step.nano <= 0n) return wanted
  const over = wanted.nano - min.nano
  return { nano: min.nano + ((over + step.nano - 1n) / step.nano) * step.nano, format: wanted.format }
}

export const plus = (a: Amounts, b: Amounts): Amounts => together(a, b, addQuantity)
export const minus = (a: Amounts, b: Amounts): Amounts => together(a, b, subQuantity)
function together(a: Amounts, b: Amounts, join: (x: Quantity, y: Quantity) => Quantity): Amounts {
  const sum: Record<string, Quantity> = { ...a }
  for (const [name, amount] of Object.entries(b)) sum[name] = join(sum[name] ?? parseQuantity('0'), amount)
  return sum
}
/** Whether a device has as much. */
export const has = ({ capacity = {} }: Device, amounts: Amounts): boolean =>
  Object.entries(amounts).every(([name, amount]) => {
    const whole = capacity[name]?.value
    return whole === undefined || compareQuantity(amount, whole) <= 0 // a capacity that is gone limits nobody
  })

export const formatAmounts = (amounts: Amounts): Record<string, string> =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, formatQuantity(amount)]))

/** The devices that claims have: whole, or with what is taken of those that several may have. */
export interface DevicesInUse {
  readonly whole: ReadonlySet<string>
  readonly shared: ReadonlyMap<string, Amounts>
}

type Allocation = NonNullable<NonNullable<ResourceClaim['status']>['allocation']>
/** Whom administrators look at is not in use for that. */
export function devicesInUse(
  allocations: Iterable<Allocation>,
  idOf: (driver: string, pool: string, device: string) => string,
): DevicesInUse {
  const whole = new Set<string>()
  const shared = new Map<string, Amounts>()
  for (const { devices } of allocations)
    for (const { driver, pool, device, adminAccess, shareID, consumedCapacity = {} } of devices.results ?? []) {
      if (adminAccess) continue
      const id = idOf(driver, pool, device)
      if (shareID === undefined) whole.add(id)
      else {
        const taken = Object.fromEntries(Object.entries(consumedCapacity).map(([name, amount]) => [name, parseQuantity(amount)]))
        shared.set(id, plus(shared.get(id) ?? {}, taken))
      }
    }
  return { whole, shared }
}
