/**
 * ValidatingAdmissionPolicy (apiserver/pkg/admission/plugin/policy/validating): CEL expressions that a write must
 * satisfy. Each binding says where its policy counts, with which parameters, and what a violation leads to.
 */
import { type CompiledValidatingPolicy, compileValidatingPolicy } from '../../api/admission-expressions.ts'
import { StatusError } from '../../api/errors.ts'
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Validation } from '../../api/types/admissionregistration-v1.ts'
import type { WriteAttributes } from '../request.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'
import {
  type Bindings,
  Budget,
  bindingsOf,
  conditionsHold,
  createEvaluator,
  OutOfBudget,
  policyBudget,
  type Result,
} from './expressions.ts'
import { type ConditionsObserver, createConditionMetrics, createValidationMetrics } from './extension-metrics.ts'
import { createPolicySource, invocationsOf, type MeasuredPolicyDeps, namespaceOf } from './policies.ts'
import { isExempt, type Write } from './rules.ts'

/** celconfig.MaxEvaluatedMessageExpressionSizeBytes. */
const longestMessage = 5 * 1024
const longestAnnotation = 10 * 1024
const codes: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413, Invalid: 422 }

/** What a validation found wrong. */
interface Violation extends Pick<Result, 'errorType' | 'seconds'> {
  /** Of the validation. */
  readonly index: number
  readonly message: string
  readonly reason?: string
}
const actions = { Deny: 'deny', Audit: 'audit', Warn: 'warn' } as const
interface Denial extends Pick<Violation, 'message' | 'reason'> {
  readonly policy: string
  readonly binding?: string
}

export function createValidatingAdmissionPolicy(deps: MeasuredPolicyDeps): AdmissionPlugin {
  const { objects, authorizer, metrics } = deps
  const observe = createValidationMetrics(metrics)
  const observerOf = createConditionMetrics(metrics, 'policy', 'validate')
  const source = createPolicySource<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, CompiledValidatingPolicy>(
    objects,
    'validating',
    ({ spec }) => compileValidatingPolicy(spec),
  )
  return {
    name: 'ValidatingAdmissionPolicy',
    handles: () => true,
    isIdle: () => source.ready() === undefined && source.hooks().length === 0,
    async validate(object, old, attributes) {
      if (isExempt(attributes.resource)) return undefined
      await source.ready()
      const write: Write = { object, old, attributes }
      const denials: Denial[] = []
      const annotations = new Map<string, Set<string>>()
      const namespace = await namespaceOf(write, objects)
      for (const step of await invocationsOf(source.hooks(), write, deps)) {
        const policy = step.policy.metadata.name
        const binding = step.binding?.metadata.name
        if ('misconfigured' in step) {
          if (step.policy.spec.failurePolicy !== 'Ignore')
            denials.push({ policy, ...(binding ? { binding } : {}), message: step.misconfigured })
          continue
        }
        const { name } = step.binding.metadata
        const bindings = bindingsOf({ ...step, namespace, authorizer })
        const outcome = await evaluatePolicy(step.policy, step.compiled, bindings, observerOf(policy, attributes.operation))
        for (const { errorType, seconds } of outcome.ignored) observe(policy, name, errorType, 'allow', seconds)
        for (const violation of outcome.violations) {
          act(step.binding, violation, attributes, denials)
          const { errorType, seconds } = violation
          for (const action of step.binding.spec.validationActions ?? []) observe(policy, name, errorType, actions[action], seconds)
        }
        for (const { error, errorType, seconds } of outcome.annotationErrors) {
          denials.push({ policy, binding: name, message: error as string })
          observe(policy, name, errorType, 'deny', seconds)
        }
        for (const [name, value] of outcome.annotations) {
          const key = `${policy}/${name}`
          annotations.set(key, (annotations.get(key) ?? new Set()).add(value))
        }
      }
      for (const [key, values] of annotations) attributes.annotateAudit?.(key, [...values].join(', '))
      const [first] = denials
      if (first) throw refusalOf(write, first)
      return undefined
    },
  }
}

/** What the binding says is to follow from a violation. */
function act(
  { metadata, spec }: ValidatingAdmissionPolicyBinding,
  { index, message, reason }: Violation,
  attributes: WriteAttributes,
  denials: Denial[],
): void {
  const policy = spec.policyName as string
  const binding = metadata.name
  for (const action of spec.validationActions ?? []) {
    if (action === 'Deny') denials.push({ policy, binding, message, ...(reason ? { reason } : {}) })
    else if (action === 'Warn')
      attributes.warn(`Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${binding}': ${message}`)
    else {
      const failure = { message, policy, binding, expressionIndex: index, validationActions: spec.validationActions }
      attributes.annotateAudit?.('validation.policy.admission.k8s.io/validation_failure', JSON.stringify([failure]))
    }
  }
}

function refusalOf({ object, attributes }: Write, { policy, binding, message, reason = 'Invalid' }: Denial): StatusError {
  const text = `ValidatingAdmissionPolicy '${policy}'${binding ? ` with binding '${binding}'` : ''} denied request: ${message}`
  const { status } = newRefusal(attributes, object, text)
  return new StatusError({
    ...status,
    code: codes[reason] ?? 422,
    reason,
    message: status.message as string,
    details: { ...status.details, causes: [{ message: text }] },
  })
}

interface PolicyOutcome {
  readonly violations: readonly Violation[]
  readonly annotations: readonly (readonly [string, string])[]
  readonly annotationErrors: readonly Result[]
  /** What failed and counts for nothing. */
  readonly ignored: readonly Pick<Result, 'errorType' | 'seconds'>[]
}
const nothing: PolicyOutcome = { violations: [], annotations: [], annotationErrors: [], ignored: [] }

async function evaluatePolicy(
  { spec }: ValidatingAdmissionPolicy,
  compiled: CompiledValidatingPolicy,
  bindings: Bindings,
  observer: ConditionsObserver,
): Promise<PolicyOutcome> {
  const ignore = spec.failurePolicy === 'Ignore'
  const startedAt = performance.now()
  const failed = (error: unknown): PolicyOutcome => {
    const how = {
      errorType: error instanceof OutOfBudget ? ('out_of_budget' as const) : ('invalid_error' as const),
      seconds: (performance.now() - startedAt) / 1000,
    }
    return ignore ? { ...nothing, ignored: [how] } : { ...nothing, violations: [{ index: 0, message: (error as Error).message, ...how }] }
  }
  const evaluate = createEvaluator(bindings, compiled)
  try {
    if (!(await conditionsHold(compiled.matchConditions, bindings, spec.failurePolicy, observer))) return nothing
    const budget = new Budget(policyBudget)
    const results = await evaluate(compiled.validations, budget)
    const violations: Violation[] = []
    const ignored: Result[] = []
    for (const [index, result] of results.entries()) {
      const { errorType, seconds } = result
      if (result.error !== undefined) {
        if (ignore) ignored.push(result)
        else violations.push({ index, message: result.error, errorType, seconds })
      } else if (result.value !== true) {
        const { message } = compiled.validations[index] as CompiledValidatingPolicy['validations'][number]
        const said = message && (await evaluate([message], budget).catch(() => []))[0]
        const validation = spec.validations?.[index] as Validation
        violations.push({ index, message: messageOf(validation, said), reason: validation.reason ?? 'Invalid', errorType, seconds })
      }
    }
    return { violations, ignored, ...annotationsOf(await evaluate(compiled.auditAnnotations, new Budget(policyBudget)), spec, ignore) }
  } catch (error) {
    return failed(error)
  }
}

/** The expression's message where that is one line of fair length, else the fixed one, else the expression itself. */
function messageOf({ message, expression }: Validation, said: Result | undefined): string {
  const text = typeof said?.value === 'string' ? said.value.trim() : ''
  if (text && Buffer.byteLength(text) <= longestMessage && !text.includes('\n')) return text
  return message?.trim() || `failed expression: ${expression.trim()}`
}

function annotationsOf(
  results: readonly Result[],
  { auditAnnotations = [] }: ValidatingAdmissionPolicy['spec'],
  ignore: boolean,
): Pick<PolicyOutcome, 'annotations' | 'annotationErrors'> {
  const annotations: [string, string][] = []
  const annotationErrors: Result[] = []
  for (const [i, result] of results.entries()) {
    const { value, error } = result
    const text = typeof value === 'string' ? value.trim().slice(0, longestAnnotation) : ''
    if (error !== undefined) annotationErrors.push(result)
    else if (text) annotations.push([(auditAnnotations[i] as { key: string }).key, text])
  }
  return { annotations, annotationErrors: ignore ? [] : annotationErrors }
}
