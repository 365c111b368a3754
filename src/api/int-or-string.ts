/** util/intstr: a number, or a percentage of a total. */

export type IntOrString = number | string

/** Upstream's GetScaledValueFromIntOrPercent: throws when the text is not a percentage. */
export function scaledValue(from: IntOrString, total: number, roundUp: boolean): number {
  if (typeof from === 'number') return from
  const percent = percentOf(from)
  if (percent === undefined) throw new Error(`invalid value for IntOrString: invalid type: string is not a percentage`)
  const exact = (percent * total) / 100
  return roundUp ? Math.ceil(exact) : Math.floor(exact)
}

/** 25 for `25%`; undefined when it is not of that form. */
export function percentOf(text: string): number | undefined {
  return /^[+-]?\d+%$/.test(text) ? Number(text.slice(0, -1)) : undefined
}

/**
 * How many replicas of a rolling update may be above and below the desired number (ResolveFenceposts): both zero would
 * make no progress, so that one may then be unavailable.
 */
export function resolveFenceposts(
  maxSurge: IntOrString,
  maxUnavailable: IntOrString,
  desired: number,
): { surge: number; unavailable: number } {
  const surge = scaledValue(maxSurge, desired, true)
  const unavailable = scaledValue(maxUnavailable, desired, false)
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}
