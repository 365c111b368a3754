/**
 * Upstream's flags that have one value here: they may be given with it, and are refused with any other, so that nobody
 * believes a setting that counts for nothing.
 */
import type { FlagSpec, FlagTable } from './flags.ts'

export const one = <Type extends FlagSpec['type']>(type: Type, value: unknown, why: string) => ({
  type,
  default: value,
  doc: `Only this value: ${why}.`,
})

/** Throws when a flag of the table has another value. */
export function checkFixedFlags(fixed: FlagTable, values: Readonly<Record<string, unknown>>): void {
  for (const [name, { default: only, doc }] of Object.entries(fixed)) {
    const value = values[name]
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(only))
      throw new Error(`--${name} may only be ${JSON.stringify(only)}: ${doc.slice(doc.indexOf(': ') + 2, -1)}`)
  }
}
