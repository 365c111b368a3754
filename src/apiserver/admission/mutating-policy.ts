/**
 * MutatingAdmissionPolicy (apiserver/pkg/admission/plugin/policy/mutating): CEL expressions that yield a configuration
 * to merge into the object, or the operations of a JSON patch. Nobody owns what they set.
 */
import { type CompiledMutatingPolicy, type CompiledMutation, compileMutatingPolicy } from '../../api/admission-expressions.ts'
import { type ApplySchema, schemaOf } from '../../api/apply/schema.ts'
import { merge, schemaErrors } from '../../api/apply/typed.ts'
import { newInternalError, StatusError } from '../../api/errors.ts'
import { applyJsonPatch, type JsonPatchOperation } from '../../api/patch/json-patch.ts'
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding } from '../../api/types/admissionregistration-v1.ts'
import { JsonMap, MapValue, toJson, type Value } from '../../cel/values.ts'
import { applySchemaOf } from '../field-manager.ts'
import type { ApiObject } from '../request.ts'
import { deepEqual } from '../rest/equal.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'
import { mutated, type VersionedWrite, versionedWrite } from './admission-request.ts'
import { type Bindings, Budget, bindingsOf, conditionsHold, createEvaluator, OutOfBudget, policyBudget } from './expressions.ts'
import { type CheckError, createConditionMetrics, createMutationMetrics } from './extension-metrics.ts'
import { createPolicySource, invocationsOf, type MeasuredPolicyDeps, namespaceOf } from './policies.ts'
import { createRounds } from './reinvocation.ts'
import { isExempt, type Write } from './rules.ts'

interface Failure {
  readonly policy: string
  readonly binding: string | undefined
  readonly message: string
  readonly reason: 'Invalid' | 'Forbidden'
}

export function createMutatingAdmissionPolicy(deps: MeasuredPolicyDeps): AdmissionPlugin {
  const { objects, endpoints, authorizer, metrics } = deps
  const observe = createMutationMetrics(metrics)
  const observerOf = createConditionMetrics(metrics, 'policy', 'admit')
  const source = createPolicySource<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, CompiledMutatingPolicy>(
    objects,
    'mutating',
    ({ spec }) => compileMutatingPolicy(spec),
  )
  const roundsOf = createRounds<string>()
  return {
    name: 'MutatingAdmissionPolicy',
    handles: () => true,
    isIdle: () => source.ready() === undefined && source.hooks().length === 0,
    async admit(object, old, attributes) {
      if (isExempt(attributes.resource)) return object
      await source.ready()
      const write: Write = { object, old, attributes }
      const rounds = roundsOf(attributes.reinvocation, object)
      const namespace = await namespaceOf(write, objects)
      const failures: Failure[] = []
      let current = object
      for (const step of await invocationsOf(source.hooks(), write, deps)) {
        const { spec, metadata } = step.policy
        const fail = (message: string, reason: Failure['reason']) => {
          if (spec.failurePolicy !== 'Ignore')
            failures.push({ policy: metadata.name, binding: step.binding?.metadata.name, message, reason })
        }
        if ('misconfigured' in step) {
          fail(step.misconfigured, 'Forbidden')
          continue
        }
        const { metadata: params } = (step.params ?? {}) as Partial<ApiObject>
        const key = JSON.stringify([metadata.name, step.binding.metadata.name, params?.namespace, params?.name])
        const before = current
        const versioned = () => versionedWrite({ object: current, old, attributes }, step.write.endpoint, endpoints)
        const bindings = (): Bindings => bindingsOf({ ...step, write: versioned(), namespace, authorizer })
        const failed = (error: unknown) => {
          if (error instanceof StatusError) throw error
          fail((error as Error).message, 'Invalid')
          return false
        }
        const observer = observerOf(metadata.name, attributes.operation)
        if (!(await conditionsHold(step.compiled.matchConditions, bindings(), spec.failurePolicy, observer).catch(failed))) continue
        if (!rounds.isDue(key)) continue
        for (const mutation of step.compiled.mutations) {
          if (current === undefined || !mutation) continue
          const at = versioned()
          const startedAt = performance.now()
          let errorType: CheckError = 'no_error'
          try {
            current = mutated(at, await mutate(mutation, step.compiled, at, bindings()), endpoints)
          } catch (error) {
            errorType =
              error instanceof ExpressionError ? error.errorType : error instanceof OutOfBudget ? 'out_of_budget' : 'invalid_error'
            failed(error)
          } finally {
            observe(metadata.name, step.binding.metadata.name, errorType, (performance.now() - startedAt) / 1000)
          }
        }
        rounds.ran(key, !deepEqual(before, current), spec.reinvocationPolicy)
      }
      rounds.end(current)
      if (failures.length > 0) throw refusalOf(write, failures)
      return current
    },
  }
}

/** The first failure is the answer; the others stand among the causes. Its code stays that of a refusal, as upstream's. */
function refusalOf({ object, attributes }: Write, failures: readonly Failure[]): StatusError {
  const { status } = newRefusal(attributes, object, '')
  const texts = failures.map(
    ({ policy, binding, message }) => `policy '${policy}'${binding ? ` with binding '${binding}'` : ''} denied request: ${message}`,
  )
  return new StatusError({
    ...status,
    code: 403,
    reason: (failures[0] as Failure).reason,
    message: texts[0] as string,
    details: { ...status.details, causes: texts.map((message) => ({ message })) },
  })
}

class ExpressionError extends Error {
  readonly errorType: CheckError
  constructor(message: string, errorType: CheckError) {
    super(message)
    this.errorType = errorType
  }
}

async function mutate(
  mutation: CompiledMutation,
  compiled: CompiledMutatingPolicy,
  write: VersionedWrite,
  bindings: Bindings,
): Promise<ApiObject> {
  const [result] = await createEvaluator(bindings, compiled)([mutation], new Budget(policyBudget))
  if (result?.error !== undefined) throw new ExpressionError(result.error, result.errorType)
  const value = result?.value as Value
  return write.complete(mutation.patchType === 'JSONPatch' ? patched(value as readonly Value[], write) : configured(value, write))
}

function patched(operations: readonly Value[], { object }: VersionedWrite): unknown {
  for (const operation of operations) {
    const value = (operation as MapValue).get('value')
    if (value instanceof JsonMap) checkNames(value, [value.type?.kind === 'object' ? value.type.name : ''])
  }
  const patch = operations.map(toJson) as JsonPatchOperation[]
  try {
    return applyJsonPatch(object, patch)
  } catch (error) {
    const { message } = error as Error
    // A test that fails leaves the object as it is.
    if (/: test failed$/.test(message)) return object
    throw new Error(`JSONPath: ${message}`)
  }
}

function configured(value: Value, write: VersionedWrite): unknown {
  checkNames(value, ['Object'])
  const { kind, apiVersion } = write.object as ApiObject
  const config = { ...(toJson(value) as object), kind, apiVersion }
  const schema = schemaFor(write)
  const failed = (why: string) => new Error(`error applying patch: ${why}`)
  const errors = schemaErrors(schema, config)
  if (errors.length > 0)
    throw failed(`failed to convert patch object to typed object: ${errors.length === 1 ? errors[0] : `errors:\n  ${errors.join('\n  ')}`}`)
  const atomic = atomics(schema, config, '')
  if (atomic.length > 0) throw failed(`invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic.join(', ')}`)
  return merge(schema, write.object, config)
}

function schemaFor({ endpoint, type, attributes }: VersionedWrite): ApplySchema {
  if (!attributes.subresource) return applySchemaOf(endpoint)
  if (!type) throw newInternalError(new Error(`nothing is known of the kind of ${attributes.subresource.name}`))
  return schemaOf(type)
}

/** What would be set as a whole: a configuration that names a part of it would drop the rest. */
function atomics(schema: ApplySchema, value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  switch (schema.kind) {
    case 'leaf':
      return schema.go === 'map' || schema.go === 'list' ? [path] : []
    case 'struct':
      return Object.entries(value).flatMap(([key, item]) => {
        const field = schema.byName.get(key)
        return field ? atomics(field.schema(), item, `${path}.${key}`) : []
      })
    case 'items':
      return Array.isArray(value) ? value.flatMap((item, i) => atomics(schema.of(), item, `${path}[${i}]`)) : []
    default:
      return []
  }
}

/** The parts of a configuration are called by the path to them: `Object.spec` at `spec`. */
function checkNames(value: Value, path: readonly string[]): void {
  if (Array.isArray(value)) for (const item of value as readonly Value[]) checkNames(item, path)
  if (!(value instanceof MapValue)) return
  const name = value instanceof JsonMap && value.type?.kind === 'object' ? value.type.name : undefined
  const wanted = path.join('.')
  if (name !== undefined && name !== wanted)
    throw new Error(
      `type mismatch: unexpected type name ${JSON.stringify(name)}, expected ${JSON.stringify(wanted)}, which matches field name path from root Object type`,
    )
  for (const key of value.keys()) checkNames(value.get(key) as Value, name === undefined ? path : [...path, String(key)])
}
