/** The string functions (cel-go ext.Strings, version 2) and regular expressions (Kubernetes' regex library). */
import { EvaluationError } from './errors.ts'
import { fn, type Library, regexCost, resultTraversal, traversal } from './functions.ts'
import { compileRegex } from './regex.ts'

/** Positions count code points. */
const points = (s: string): string[] => [...s]
const outside = (at: bigint): never => {
  throw new EvaluationError(`index out of range: ${at}`)
}
const substring = (s: string, from: bigint, to?: bigint): string => {
  const all = points(s)
  const end = to ?? BigInt(all.length)
  if (from < 0n || from > all.length) return outside(from)
  if (end < 0n || end > all.length) return outside(end)
  if (from > end) throw new EvaluationError(`invalid substring range. start: ${from}, end: ${end}`)
  return all.slice(Number(from), Number(end)).join('')
}
const toPoints = (s: string, at: number): bigint => BigInt(at < 0 ? -1 : points(s.slice(0, at)).length)
const toUnits = (s: string, at: bigint): number => {
  const all = points(s)
  return at < 0n || at > all.length ? outside(at) : all.slice(0, Number(at)).join('').length
}
const split = (s: string, by: string, limit = -1n): string[] => {
  if (limit === 0n) return []
  const parts = by === '' ? points(s) : s.split(by)
  if (limit < 0n || parts.length <= limit) return parts
  const kept = Number(limit) - 1
  return [...parts.slice(0, kept), parts.slice(kept).join(by)]
}
const replace = (s: string, from: string, to: string, limit = -1n): string => {
  if (limit === 0n) return s
  if (from !== '') {
    const parts = split(s, from, limit < 0n ? -1n : limit + 1n)
    return parts.join(to)
  }
  const all = points(s)
  const count = limit < 0n ? all.length + 1 : Math.min(Number(limit), all.length + 1)
  return all.map((c, i) => (i < count ? to + c : c)).join('') + (count > all.length ? to : '')
}
const ascii = (s: string, pattern: RegExp, by: number): string => s.replace(pattern, (c) => String.fromCharCode(c.charCodeAt(0) + by))
const findAll = (s: string, pattern: string, limit = -1n): string[] => {
  const regex = compileRegex(pattern)
  const found: string[] = []
  let at = 0
  let last = -1
  while (at <= s.length && (limit < 0n || found.length < limit)) {
    const match = regex.find(s, at)
    if (!match) break
    const [start, end] = match
    // An empty match right after a match is none, as in Go.
    if (end > start || start !== last) found.push(s.slice(start, end))
    last = end
    at = end > start ? end : end + ((s.codePointAt(end) ?? 0) > 0xffff ? 2 : 1)
  }
  return found
}
const find = (s: string, pattern: string): string => {
  const match = compileRegex(pattern).find(s)
  return match ? s.slice(...match) : ''
}
const double = traversal(0.2)
const space = /^[\s\u0085]+|[\s\u0085]+$/g

export const stringsLibrary: Library = [
  fn('string.charAt(int): string', (s: string, at: bigint) => {
    const all = points(s)
    return at < 0n || at > all.length ? outside(at) : (all[Number(at)] ?? '')
  }),
  fn('string.indexOf(string): int', (s: string, t: string) => toPoints(s, s.indexOf(t)), traversal()),
  fn('string.indexOf(string, int): int', (s: string, t: string, from: bigint) => toPoints(s, s.indexOf(t, toUnits(s, from))), traversal()),
  fn('string.lastIndexOf(string): int', (s: string, t: string) => toPoints(s, s.lastIndexOf(t)), traversal()),
  fn(
    'string.lastIndexOf(string, int): int',
    (s: string, t: string, from: bigint) => toPoints(s, s.lastIndexOf(t, toUnits(s, from))),
    traversal(),
  ),
  fn('string.lowerAscii(): string', (s: string) => ascii(s, /[A-Z]/g, 32), traversal()),
  fn('string.upperAscii(): string', (s: string) => ascii(s, /[a-z]/g, -32), traversal()),
  fn('string.trim(): string', (s: string) => s.replace(space, ''), traversal()),
  fn('string.substring(int): string', substring, traversal()),
  fn('string.substring(int, int): string', substring, traversal()),
  fn('string.replace(string, string): string', replace, (args, result) => double(args, result) + resultTraversal(args, result)),
  fn('string.replace(string, string, int): string', replace, (args, result) => double(args, result) + resultTraversal(args, result)),
  fn('string.split(string): list<string>', split, double),
  fn('string.split(string, int): list<string>', split, double),
  fn('list<string>.join(): string', (list: string[]) => list.join(''), resultTraversal),
  fn('list<string>.join(string): string', (list: string[], by: string) => list.join(by), resultTraversal),
  fn('string.find(string): string', find, regexCost),
  fn('string.findAll(string): list<string>', findAll, regexCost),
  fn('string.findAll(string, int): list<string>', findAll, regexCost),
]
