/** Kubernetes' semver library: Semantic Versioning 2.0.0. What follows a `+` takes no part in comparisons. */
import { EvaluationError } from './errors.ts'
import { fn, type Library, traversal } from './functions.ts'
import { Opaque } from './values.ts'

interface Semver {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  readonly prerelease: readonly string[]
}
type Held = Opaque<Semver>

const self = 'kubernetes.Semver'
const number = '(0|[1-9]\\d*)'
const identifier = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)'
const form = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
)
/** The largest number of an int, so that `major()` has one. */
const most = 9223372036854775807n

export function semverValue(text: string): Held {
  const parsed = parseSemver(text)
  if (!parsed) throw new EvaluationError(`invalid semantic version ${JSON.stringify(text)}`)
  return new Opaque(self, parsed, (other) => compare(parsed, other) === 0)
}

function parseSemver(text: string): Semver | undefined {
  const match = form.exec(text)
  if (!match || match.slice(1, 4).some((n) => (n as string).length > 20)) return undefined
  const [major, minor, patch] = match.slice(1, 4).map(BigInt) as [bigint, bigint, bigint]
  if (major > most || minor > most || patch > most) return undefined
  return { major, minor, patch, prerelease: match[4]?.split('.') ?? [] }
}

/** Takes a `v` away, fills missing numbers in, and drops leading zeros. */
function normalize(text: string): string {
  const end = text.search(/[-+]/)
  const numbers = (end < 0 ? text : text.slice(0, end)).replace(/^v/, '').split('.')
  while (numbers.length < 3) numbers.push('0')
  return numbers.map((n) => n.replace(/^0+(?=\d)/, '')).join('.') + (end < 0 ? '' : text.slice(end))
}

function compare(a: Semver, b: Semver): -1 | 0 | 1 {
  for (const part of ['major', 'minor', 'patch'] as const) if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1
  // A version is later than its pre-releases.
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return a.prerelease.length === b.prerelease.length ? 0 : a.prerelease.length ? -1 : 1
  for (let i = 0; i < Math.min(a.prerelease.length, b.prerelease.length); i++) {
    const [x, y] = [a.prerelease[i] as string, b.prerelease[i] as string]
    if (x === y) continue
    const [m, n] = [/^\d+$/.test(x), /^\d+$/.test(y)]
    if (m !== n) return m ? -1 : 1
    return (m ? x.length - y.length || (x < y ? -1 : 1) : x < y ? -1 : 1) < 0 ? -1 : 1
  }
  return Math.sign(a.prerelease.length - b.prerelease.length) as -1 | 0 | 1
}

export const semverLibrary: Library = [
  fn(`semver(string): ${self}`, semverValue, traversal()),
  fn(`semver(string, bool): ${self}`, (text: string, yes: boolean) => semverValue(yes ? normalize(text) : text), traversal()),
  fn('isSemver(string): bool', (text: string) => parseSemver(text) !== undefined, traversal()),
  fn('isSemver(string, bool): bool', (text: string, yes: boolean) => parseSemver(yes ? normalize(text) : text) !== undefined, traversal()),
  fn(`${self}.major(): int`, ({ value }: Held) => value.major),
  fn(`${self}.minor(): int`, ({ value }: Held) => value.minor),
  fn(`${self}.patch(): int`, ({ value }: Held) => value.patch),
  fn(`${self}.isLessThan(${self}): bool`, (a: Held, b: Held) => compare(a.value, b.value) < 0),
  fn(`${self}.isGreaterThan(${self}): bool`, (a: Held, b: Held) => compare(a.value, b.value) > 0),
  fn(`${self}.compareTo(${self}): int`, (a: Held, b: Held) => BigInt(compare(a.value, b.value))),
]
