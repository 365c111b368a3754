/**
 * How many seats each priority level has now (upstream: flowcontrol's updateBorrowing, KEP-1040): its part of the
 * server's by its shares, of which it lends what it does not use and to which it borrows what others do not.
 */
import type { PriorityLevelConfiguration } from '../../api/types/flowcontrol-v1.ts'

export interface Limits {
  readonly nominal: number
  readonly min: number
  readonly max: number
}

export const sharesOf = ({ spec }: PriorityLevelConfiguration): number =>
  spec.type === 'Exempt' ? (spec.exempt?.nominalConcurrencyShares ?? 0) : (spec.limited?.nominalConcurrencyShares ?? 30)

export function limitsOf(level: PriorityLevelConfiguration, serverSeats: number, shareSum: number): Limits {
  const { limited, exempt } = level.spec
  const nominal = shareSum === 0 ? 0 : Math.ceil((serverSeats * sharesOf(level)) / shareSum)
  const part = (percent: number) => Math.round((nominal * percent) / 100)
  const borrowing = limited?.borrowingLimitPercent === undefined ? serverSeats : part(limited.borrowingLimitPercent)
  return { nominal, min: nominal - part((limited ?? exempt)?.lendablePercent ?? 0), max: nominal + borrowing }
}

export interface Demand {
  readonly elapsedMs: number
  readonly average: number
  readonly deviation: number
  readonly high: number
}

/** The seats that were used and waited for, integrated over time (upstream: fairqueuing's Integrator). */
export interface DemandIntegrator {
  set(seats: number, at: number): void
  /** Of the time since the last reset. */
  reset(at: number): Demand
}

export function createDemandIntegrator(start: number): DemandIntegrator {
  let at = start
  let seats = 0
  let elapsedMs = 0
  let sum = 0
  let squares = 0
  let high = 0
  const advance = (to: number) => {
    const passed = to - at
    at = to
    elapsedMs += passed
    sum += passed * seats
    squares += passed * seats * seats
  }
  return {
    set(given, to) {
      advance(to)
      seats = given
      if (seats > high) high = seats
    },
    reset(to) {
      advance(to)
      const average = elapsedMs > 0 ? sum / elapsedMs : seats
      const variance = elapsedMs > 0 ? Math.max(0, squares / elapsedMs - average * average) : 0
      const demand = { elapsedMs, average, deviation: Math.sqrt(variance), high }
      elapsedMs = sum = squares = 0
      high = seats
      return demand
    },
  }
}

export const adjustmentPeriodMs = 10_000
/** How much of its earlier demand a level is still believed to have a period later: five minutes until a half. */
const smoothing = 0.977

export function smoothed(before: number, { average, deviation, elapsedMs }: Demand): number {
  const envelope = average + deviation
  const kept = smoothing ** (elapsedMs / adjustmentPeriodMs)
  return Math.max(envelope, kept * before + (1 - kept) * envelope)
}

export interface Claim {
  readonly exempt: boolean
  readonly limits: Limits
  readonly high: number
  readonly smoothed: number
}

/** The seats of each claim in their order, and which part of their targets the levels got that no bound held. */
export function allocate(claims: readonly Claim[]): { readonly seats: readonly number[]; readonly fairFraction: number } {
  // What a level has used of its own it keeps; what it lends it lends only as far as it did not use it.
  const least = claims.map(({ limits, high }) => Math.max(limits.min, Math.min(limits.nominal, high)))
  const sum = (of: (claim: Claim, i: number) => number) => claims.reduce((all, claim, i) => (claim.exempt ? all : all + of(claim, i)), 0)
  const total = claims.reduce((all, { exempt, limits }, i) => all + limits.nominal - (exempt ? (least[i] as number) : 0), 0)
  const lowest = sum((c) => c.limits.min)
  const current = sum((_c, i) => least[i] as number)
  let fairFraction = 0
  let give: (claim: Claim, i: number) => number
  if (total <= lowest) give = ({ limits }) => limits.min
  else if (total <= current) {
    const part = (total - lowest) / (current - lowest)
    give = ({ limits }, i) => limits.min + ((least[i] as number) - limits.min) * part
  } else {
    const at = (fraction: number) => (claim: Claim, i: number) =>
      Math.max(least[i] as number, Math.min(claim.limits.max, fraction * Math.max(least[i] as number, claim.smoothed, 0.001)))
    // The sum grows with the fraction: what uses up the total is found by halving.
    let [low, high] = [0, total / 0.001]
    for (let i = 0; i < 100; i++) {
      const middle = (low + high) / 2
      if (sum(at(middle)) < total) low = middle
      else high = middle
    }
    fairFraction = high
    give = at(high)
  }
  return { seats: claims.map((claim, i) => (claim.exempt ? (least[i] as number) : Math.round(give(claim, i)))), fairFraction }
}
