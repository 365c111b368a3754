/**
 * x-kubernetes-validations (apiextensions' schema/cel): the rules of each node compiled once, and evaluated for the values
 * that stand there. Rules that name oldSelf hold for changes, where there is an old value to compare with.
 */
import { createEnvironment, type Program, perCallLimit } from '../../cel/environment.ts'
import { BudgetError, CompileError, EvaluationError } from '../../cel/errors.ts'
import { namesIn } from '../../cel/names.ts'
import { type CelType, optionalOf } from '../../cel/types.ts'
import { Optional, type Value } from '../../cel/values.ts'
import { equalJson, isObject, type Json } from '../shape.ts'
import type { ValidationRule } from '../types/apiextensions-v1.ts'
import { duplicate, type FieldError, forbidden, invalid, omitted, required } from '../validation/field-error.ts'
import { celTypeOf, celValueOf, withTypeAndMeta } from './cel-types.ts'
import { fieldPathOf } from './field-path.ts'
import { sizesOf } from './rule-cost.ts'
import type { Structural } from './schema.ts'
import { correlate } from './validator.ts'

/** What all rules of one object may cost (celconfig.RuntimeCELCostBudget). */
export const objectBudget = 10_000_000

export interface CompiledRule {
  readonly rule: ValidationRule
  /** The compiler's message where there is no program. */
  readonly program: Program | CompileError
  readonly message: Program | CompileError | undefined
  /** The most that the rule and its message can cost; what does not compile costs nothing. */
  estimate(): { readonly rule: number; readonly message: number }
  readonly usesOldSelf: boolean
  /** Where its errors are told, from the node on. */
  readonly fieldPath: string
}

/** A node that has rules, or has some below it. */
export interface RuleNode {
  readonly structural: Structural
  readonly rules: readonly CompiledRule[]
  readonly properties: ReadonlyMap<string, RuleNode>
  readonly additional: RuleNode | undefined
  readonly items: RuleNode | undefined
}

export function compileRules(root: Structural): RuleNode | undefined {
  return compileNode(withTypeAndMeta(root), 'selfType')
}

function compileNode(node: Structural, name: string): RuleNode | undefined {
  if (!node.below.rules) return undefined
  const properties = new Map<string, RuleNode>()
  for (const [property, schema] of node.properties) {
    const made = compileNode(schema, `${name}.${property}`)
    if (made) properties.set(property, made)
  }
  return {
    structural: node,
    rules: compileRulesOf(node, name) ?? [],
    properties,
    additional: typeof node.additional === 'object' ? compileNode(node.additional, `${name}.@elem`) : undefined,
    items: node.items && compileNode(node.items, `${name}.@idx`),
  }
}

/** The rules of a node; undefined where it has some, but no type that they could speak of. */
export function compileRulesOf(node: Structural, name: string): CompiledRule[] | undefined {
  const rules = node.props['x-kubernetes-validations'] ?? []
  if (rules.length === 0) return []
  const self = celTypeOf(node, name)
  if (!self) return undefined
  const environments = [false, true].map((optional) => environmentOf(self, optional))
  return rules.map((rule) => {
    const environment = environments[rule.optionalOldSelf ? 1 : 0] as ReturnType<typeof environmentOf>
    const program = compiled(() => environment.compile(rule.rule))
    const message = rule.messageExpression ? compiled(() => environment.compile(rule.messageExpression as string)) : undefined
    const costOf = (made: Program | CompileError | undefined): number =>
      !made || made instanceof CompileError ? 0 : environment.estimateCost(made.source, sizesOf(node))
    return {
      rule,
      program,
      message,
      estimate: () => ({ rule: costOf(program), message: costOf(message) }),
      usesOldSelf: namesIn(rule.rule).has('oldSelf'),
      fieldPath: rule.fieldPath ? (fieldPathOf(rule.fieldPath, node)?.text ?? '') : '',
    }
  })
}
const environmentOf = (self: CelType, optional: boolean) =>
  createEnvironment({ variables: { self, oldSelf: optional ? optionalOf(self) : self } })

function compiled(compile: () => Program): Program | CompileError {
  try {
    return compile()
  } catch (error) {
    if (error instanceof CompileError) return error
    throw error
  }
}

/** One object's evaluation: what it has spent and found. */
interface Evaluation {
  budget: number
  readonly errors: FieldError[]
  readonly warn: (text: FieldError) => void
}

/** Errors of values that did not change are told as warnings, unless the rule is about the change. */
export function evaluateRules(root: RuleNode, object: Json, old: Json | undefined, warn: (error: FieldError) => void): FieldError[] {
  const evaluation: Evaluation = { budget: objectBudget, errors: [], warn }
  visit(root, object, old, undefined, '', evaluation)
  return evaluation.errors
}

/** The rules of a default value: it is new as much as it is old. */
export function evaluateDefault(node: Structural, value: unknown, path: string): FieldError[] {
  const compiled = compileNode(node.embedded ? withTypeAndMeta(node) : node, 'selfType')
  const evaluation: Evaluation = { budget: perCallLimit, errors: [], warn: () => {} }
  if (compiled) visit(compiled, value, undefined, undefined, path, evaluation)
  return evaluation.errors
}

/** A value and the one that stood in its place: of what cannot be compared itself, the nearest around it that can be. */
interface Change {
  readonly value: unknown
  readonly old: unknown
  same?: boolean
}
function isUnchanged(change: Change): boolean {
  change.same ??= equalJson(change.old, change.value)
  return change.same
}

/** False when the budget is spent. */
function visit(node: RuleNode, value: unknown, old: unknown, around: Change | undefined, path: string, evaluation: Evaluation): boolean {
  if (value === null || value === undefined) return true
  const change = old === undefined ? around : { value, old }
  if (node.rules.length > 0 && !evaluateNode(node, value, old, change, path, evaluation)) return false
  if (Array.isArray(value)) {
    const { items } = node
    if (!items) return true
    const keys = node.structural.props['x-kubernetes-list-type'] === 'map' ? node.structural.props['x-kubernetes-list-map-keys'] : undefined
    const previous = keys && Array.isArray(old) ? correlate(old, keys) : undefined
    return value.every((item, i) => visit(items, item, previous?.(item), change, `${path}[${i}]`, evaluation))
  }
  if (!isObject(value)) return true
  // A map that is one thing has no old members to compare with.
  const before = isObject(old) && node.structural.props['x-kubernetes-map-type'] !== 'atomic' ? old : undefined
  for (const key in value) {
    const property = node.properties.get(key)
    const below = property ?? (node.structural.properties.has(key) ? undefined : node.additional)
    if (!below) continue
    const at = property ? (path === '' ? key : `${path}.${key}`) : `${path}[${key}]`
    const previous = before && Object.hasOwn(before, key) ? before[key] : undefined
    if (!visit(below, value[key], previous, change, at, evaluation)) return false
  }
  return true
}

function evaluateNode(
  { structural, rules }: RuleNode,
  value: unknown,
  old: unknown,
  change: Change | undefined,
  path: string,
  evaluation: Evaluation,
): boolean {
  const self = celValueOf(value, structural)
  let oldSelf: Value | undefined
  const shown = typeof value === 'object' ? omitted : value
  const at = path || '<nil>'
  for (const compiled of rules) {
    const { rule, program, usesOldSelf } = compiled
    if (program instanceof CompileError) {
      evaluation.errors.push(invalid(at, shown, `rule compile error: compilation failed: ${program.message}`))
      continue
    }
    if (usesOldSelf && old === undefined && !rule.optionalOldSelf) continue
    if (old !== undefined) oldSelf ??= celValueOf(old, structural)
    const bindings = { self, oldSelf: rule.optionalOldSelf ? new Optional(oldSelf) : oldSelf }
    const tell = (error: FieldError) => {
      if (!usesOldSelf && change && isUnchanged(change)) evaluation.warn(error)
      else evaluation.errors.push(error)
    }
    const shortly = (rule.message || rule.rule).trim()
    try {
      const { value: holds, cost } = program.evaluate(bindings, perCallLimit)
      evaluation.budget -= cost
      if (evaluation.budget < 0) return outOfBudget(at, shown, evaluation)
      if (holds === true) continue
      const detail = messageOf(compiled, bindings, evaluation)
      if (detail === undefined) return outOfBudget(at, shown, evaluation)
      tell(errorOf(compiled, path, shown, detail))
    } catch (error) {
      if (error instanceof BudgetError) {
        const text = `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${shortly}`
        evaluation.errors.push(invalid(at, shown, text))
        return false
      }
      if (!(error instanceof EvaluationError)) throw error
      tell(
        error.message.startsWith('no such overload')
          ? invalid(
              at,
              shown,
              `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${shortly}`,
            )
          : invalid(at, shown, `${error.message} evaluating rule: ${shortly}`),
      )
    }
  }
  return true
}

function outOfBudget(at: string, shown: unknown, { errors }: Evaluation): false {
  errors.push(invalid(at, shown, 'validation failed due to running out of cost budget, no further validation rules will be run'))
  return false
}

/** The rule's message; undefined when making it spends the budget. An expression that fails gives way to the plain message. */
function messageOf({ rule, message }: CompiledRule, bindings: Record<string, unknown>, evaluation: Evaluation): string | undefined {
  if (message && !(message instanceof CompileError))
    try {
      const { value, cost } = message.evaluate(bindings, perCallLimit)
      evaluation.budget -= cost
      if (evaluation.budget < 0) return undefined
      if (typeof value === 'string' && value.trim() !== '' && !/[\r\n]/.test(value) && value.length <= 5120) return value
    } catch (error) {
      if (error instanceof BudgetError) return undefined
      if (!(error instanceof EvaluationError)) throw error
    }
  return rule.message ? rule.message.trim() : `failed rule: ${rule.rule.trim()}`
}

function errorOf({ rule, fieldPath }: CompiledRule, path: string, shown: unknown, detail: string): FieldError {
  const at = [path, fieldPath].filter(Boolean).join('.') || '<nil>'
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbidden(at, detail)
    case 'FieldValueRequired':
      return required(at, detail)
    case 'FieldValueDuplicate':
      return duplicate(at, shown)
    default:
      return invalid(at, shown, detail)
  }
}
