/** The expressions of the AuthenticationConfiguration (upstream: apiserver/pkg/authentication/cel): over a token's claims, and over the user that they make. */
import type { Expr } from '../../cel/ast.ts'
import { createEnvironment, type Program } from '../../cel/environment.ts'
import { parse } from '../../cel/parser.ts'
import { dyn, listOf, mapOf, objectType, string } from '../../cel/types.ts'
import type { Value } from '../../cel/values.ts'
import type { User } from '../request.ts'
import type { Claims } from './jwt.ts'

const claimsEnvironment = createEnvironment({ variables: { claims: mapOf(string, dyn) } })
const userType = objectType(
  'kubernetes.UserInfo',
  () =>
    new Map([
      ['username', string],
      ['uid', string],
      ['groups', listOf(string)],
      ['extra', mapOf(string, listOf(string))],
    ]),
)
const userEnvironment = createEnvironment({ variables: { user: userType }, types: { 'kubernetes.UserInfo': userType } })

/** Throws CompileError. */
export const compileClaims = (source: string): Program => claimsEnvironment.compile(source)

/** A condition: what it yields must be a boolean. */
export const compileClaimsCondition = (source: string): Program => condition(compileClaims(source))
export const compileUserCondition = (source: string): Program => condition(userEnvironment.compile(source))

function condition(program: Program): Program {
  if (program.type.kind !== 'bool') throw new Error('must evaluate to bool')
  return program
}

export const evaluateClaims = (program: Program, claims: Claims): Value => program.evaluate({ claims }).value

export const evaluateUser = (program: Program, { name, uid = '', groups, extra = {} }: User): Value =>
  program.evaluate({ user: { username: name, uid, groups, extra } }).value

/** A text, or a list of texts; an empty one and null are nothing. */
export function textsOf(value: Value): string[] {
  if (value === null || value === '') return []
  if (typeof value === 'string') return [value]
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.filter((one) => one !== '') as string[]
  throw new Error('expression must return a string or a list of strings')
}

/** Whether the expression reads `claims.FIELD`. */
export function readsClaim(source: string, field: string): boolean {
  const reads = (part: unknown): boolean => {
    if (typeof part !== 'object' || part === null) return false
    const e = part as Expr
    if (e.kind === 'select' && e.field === field && e.operand.kind === 'ident' && e.operand.name === 'claims') return true
    return Object.values(part).some(reads)
  }
  return reads(parse(source))
}
