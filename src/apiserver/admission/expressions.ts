/** Expressions evaluated for one write (apiserver/pkg/admission/plugin/cel): what they see, what they may cost together, and whom they may ask. */
import type { CompiledVariables, Expression, NamedExpression } from '../../api/admission-expressions.ts'
import type { Namespace } from '../../api/types/core-v1.ts'
import {
  type Access,
  type AccessAnswer,
  type AccessQuestion,
  AnswerPending,
  authorizerValue,
  resourceCheckValue,
} from '../../cel/authorizer.ts'
import { perCallLimit } from '../../cel/environment.ts'
import { BudgetError, EvaluationError } from '../../cel/errors.ts'
import { MapValue, type Value } from '../../cel/values.ts'
import type { Authorizer, Decision, WriteAttributes } from '../request.ts'
import { admissionRequest, type VersionedWrite } from './admission-request.ts'
import type { CheckError, ConditionsObserver } from './extension-metrics.ts'

export interface ExpressionInput {
  readonly write: VersionedWrite
  readonly params?: object | undefined
  readonly namespace?: Namespace | undefined
  readonly authorizer: Authorizer
}

/** Names and their values, as `Program.evaluate` takes them. */
export type Bindings = Readonly<Record<string, unknown>>

export function bindingsOf({ write, params, namespace, authorizer }: ExpressionInput): Bindings {
  const { attributes, object, old } = write
  const { resource, subresource, namespace: place, name } = attributes
  const access = accessOf(authorizer, attributes)
  return {
    object: object ?? null,
    oldObject: old ?? null,
    request: admissionRequest(write),
    params: params ?? null,
    namespaceObject: namespace ? namespaceValue(namespace) : null,
    authorizer: authorizerValue(access),
    'authorizer.requestResource': resourceCheckValue(access, {
      group: resource.group,
      resource: resource.resource,
      subresource: subresource?.name ?? '',
      namespace: place,
      name,
    }),
  }
}

/** The fields of a namespace that expressions may see. */
function namespaceValue({ metadata, spec, status }: Namespace): object {
  const { uid, ownerReferences: _o, managedFields: _m, ...rest } = metadata
  return { metadata: { ...rest, UID: uid }, spec: spec ?? {}, status: status ?? {} }
}

/** What the request's user (or a service account) may do. Each question is asked once for a write. */
function accessOf(authorizer: Authorizer, { user }: WriteAttributes): Access {
  const answers = new Map<string, AccessAnswer>()
  const ask = ({ serviceAccount: account, path, group, ...question }: AccessQuestion) =>
    authorizer.authorize({
      ...question,
      user: account
        ? {
            name: `system:serviceaccount:${account.namespace}:${account.name}`,
            groups: ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, 'system:authenticated'],
          }
        : user,
      isResourceRequest: path === undefined,
      path: path ?? '',
      apiGroup: group,
      apiVersion: '*',
    })
  const answerOf = ({ decision, reason, error }: Decision): AccessAnswer => ({
    allowed: decision === 'allow',
    reason,
    ...(error ? { error: error.message } : {}),
  })
  return (question) => {
    const key = JSON.stringify(question)
    const known = answers.get(key)
    if (known) return known
    const keep = (answer: AccessAnswer) => {
      answers.set(key, answer)
      return answer
    }
    const decision = ask(question)
    if (!(decision instanceof Promise)) return keep(answerOf(decision))
    throw new AnswerPending(
      decision.then(
        (d) => keep(answerOf(d)),
        (error: unknown) => keep({ allowed: false, reason: '', error: (error as Error).message }),
      ),
    )
  }
}

/** celconfig.RuntimeCELCostBudget and its quarter for match conditions. */
export const policyBudget = 10_000_000
export const conditionsBudget = policyBudget / 4

export class OutOfBudget extends Error {}

export class Budget {
  private left: number
  constructor(left: number) {
    this.left = left
  }
  /** Throws when it is spent. */
  spend(cost: number): void {
    this.left -= cost
    if (this.left < 0) throw new OutOfBudget('validation failed due to running out of cost budget, no further validation rules will be run')
  }
}

/** `variables.NAME`: evaluated when first asked for, and once. */
class Variables extends MapValue {
  cost = 0
  private readonly known = new Map<string, Value | EvaluationError>()
  private readonly named: ReadonlyMap<string, NamedExpression>
  private readonly bindings: Bindings
  constructor(expressions: readonly NamedExpression[], bindings: Bindings) {
    super()
    this.named = new Map(expressions.map((e) => [e.name, e]))
    this.bindings = { ...bindings, variables: this }
  }
  get size(): number {
    return this.named.size
  }
  keys(): Iterable<Value> {
    return this.named.keys()
  }
  get(key: Value): Value | undefined {
    const expression = typeof key === 'string' ? this.named.get(key) : undefined
    if (!expression) return undefined
    let value = this.known.get(expression.name)
    if (value === undefined) {
      value = this.evaluate(expression)
      this.known.set(expression.name, value)
    }
    if (value instanceof EvaluationError) throw value
    return value
  }
  private evaluate({ name, compiled }: NamedExpression): Value | EvaluationError {
    const failed = (how: string, error: Error) =>
      new EvaluationError(`composited variable ${JSON.stringify(name)} fails to ${how}: ${error.message}`)
    if (compiled instanceof Error) return failed('compile', compiled)
    try {
      const { value, cost } = compiled.evaluate(this.bindings)
      this.cost += cost
      return value
    } catch (error) {
      if (error instanceof EvaluationError || error instanceof BudgetError) return failed('evaluate', error)
      throw error
    }
  }
}

export interface Result {
  readonly expression: Expression
  readonly value?: Value
  readonly error?: string
  readonly errorType: CheckError
  readonly seconds: number
}
export type Evaluator = (expressions: readonly Expression[], budget: Budget) => Promise<Result[]>

/** Evaluates a policy's expressions over one write; its variables are shared by all of them. */
export function createEvaluator(bindings: Bindings, { variables: named }: Pick<CompiledVariables, 'variables'>): Evaluator {
  const variables = new Variables(named, bindings)
  const all = { ...bindings, variables }
  const evaluate = async (expression: Expression, budget: Budget): Promise<Result> => {
    const { compiled, source } = expression
    if (compiled instanceof Error)
      return { expression, error: `compilation error: ${compiled.message}`, errorType: 'compile_error', seconds: 0 }
    const startedAt = performance.now()
    const seconds = () => (performance.now() - startedAt) / 1000
    for (;;) {
      const before = variables.cost
      try {
        const { value, cost } = compiled.evaluate(all)
        budget.spend(cost + variables.cost - before)
        return { expression, value, errorType: 'no_error', seconds: seconds() }
      } catch (error) {
        if (error instanceof AnswerPending) {
          await error.answer
          continue
        }
        if (!(error instanceof EvaluationError) && !(error instanceof BudgetError)) throw error
        const spent = error instanceof BudgetError
        budget.spend((spent ? perCallLimit : 0) + variables.cost - before)
        const errorType = spent ? 'out_of_budget' : 'invalid_error'
        return { expression, error: `expression '${source}' resulted in error: ${error.message}`, errorType, seconds: seconds() }
      }
    }
  }
  return async (expressions, budget) => {
    const results: Result[] = []
    for (const expression of expressions) results.push(await evaluate(expression, budget))
    return results
  }
}

/** Whether all conditions hold. One that is false decides; otherwise a failure counts by the failure policy: with Fail it is thrown. */
export async function conditionsHold(
  conditions: readonly NamedExpression[],
  bindings: Bindings,
  failurePolicy: 'Fail' | 'Ignore' | undefined,
  observer: ConditionsObserver,
): Promise<boolean> {
  if (conditions.length === 0) return true
  let failure: string | undefined
  const startedAt = performance.now()
  try {
    const results = await createEvaluator(bindings, { variables: [] })(conditions, new Budget(conditionsBudget))
    if (results.some(({ value }) => value === false)) {
      observer.excluded()
      return false
    }
    const errors = results.flatMap(({ error }) => error ?? [])
    if (errors.length > 0) failure = errors.length === 1 ? errors[0] : `[${[...new Set(errors)].join(', ')}]`
  } catch (error) {
    failure = (error as Error).message
  } finally {
    observer.evaluated((performance.now() - startedAt) / 1000)
  }
  if (failure !== undefined) observer.failed()
  if (failure === undefined) return true
  if (failurePolicy === 'Ignore') return false
  throw new Error(failure)
}
