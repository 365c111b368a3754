/**
 * CEL expressions of admission policies and of webhooks' match conditions (apiserver/pkg/admission/plugin/cel): what
 * they may name, and a policy's expressions compiled together. The API server compiles them when they are written, to
 * refuse what is wrong, and again when it first evaluates them.
 */
import { authorizerLibrary, authorizerType, resourceCheckType } from '../cel/authorizer.ts'
import { createEnvironment, type Environment, kubernetesLibraries, type Program } from '../cel/environment.ts'
import { CompileError } from '../cel/errors.ts'
import { fn, traversal } from '../cel/functions.ts'
import { bool, type CelType, dyn, formatType, int, listOf, mapOf, nullType, objectType, string, timestamp } from '../cel/types.ts'
import type {
  MatchCondition,
  MutatingAdmissionPolicySpec,
  ValidatingAdmissionPolicySpec,
  Variable,
} from './types/admissionregistration-v1.ts'

const fields = (of: Readonly<Record<string, CelType>>) => new Map(Object.entries(of))
const texts = (...names: string[]): Record<string, CelType> => Object.fromEntries(names.map((name) => [name, string]))
const made = (name: string, of: Readonly<Record<string, CelType>>): CelType => {
  const known = fields(of)
  return objectType(`kubernetes.${name}`, () => known)
}

const kind = made('GroupVersionKind', texts('group', 'version', 'kind'))
const resource = made('GroupVersionResource', texts('group', 'version', 'resource'))
export const requestType = made('AdmissionRequest', {
  kind,
  resource,
  requestKind: kind,
  requestResource: resource,
  ...texts('subResource', 'requestSubResource', 'name', 'namespace', 'operation'),
  userInfo: made('UserInfo', { ...texts('username', 'uid'), groups: listOf(string), extra: mapOf(string, listOf(string)) }),
  dryRun: bool,
  options: dyn,
})
export const namespaceType = made('Namespace', {
  metadata: made('NamespaceMetadata', {
    ...texts('name', 'generateName', 'namespace', 'UID', 'resourceVersion'),
    labels: mapOf(string, string),
    annotations: mapOf(string, string),
    creationTimestamp: timestamp,
    deletionTimestamp: timestamp,
    deletionGracePeriodSeconds: int,
    generation: int,
    finalizers: listOf(string),
  }),
  spec: made('NamespaceSpec', { finalizers: listOf(string) }),
  status: made('NamespaceStatus', {
    phase: string,
    conditions: listOf(made('NamespaceCondition', { ...texts('type', 'status', 'reason', 'message'), lastTransitionTime: timestamp })),
  }),
})

interface Scope {
  /** The types of what a mutation yields: `Object`, `Object.spec`, … and `JSONPatch`. */
  readonly mutation?: boolean
  readonly params: boolean
  /** Messages of refusals ask nobody. */
  readonly authorizer: boolean
  /** The types of `variables.NAME`; undefined where there are no such. */
  readonly variables?: ReadonlyMap<string, CelType>
  /** What is written and the parameters, where a policy is checked against types; else nothing is known of them. */
  readonly checked?: CheckedTypes | undefined
}
export interface CheckedTypes {
  readonly object: CelType
  readonly params: CelType
}

const libraries = [...kubernetesLibraries, authorizerLibrary]
const authorizerVariables = { authorizer: authorizerType, 'authorizer.requestResource': resourceCheckType }

/** The JSON of an object to apply; its parts are called by the path to them: `Object.spec.template`. Nothing is known of their fields. */
const applied = (name: string): CelType => objectType(name, () => anyField)
const anyField = { get: () => dyn } as unknown as ReadonlyMap<string, CelType>
const patchOperation = (() => {
  const known = fields({ ...texts('op', 'path', 'from'), value: dyn })
  return objectType('JSONPatch', () => known)
})()
const patchLibrary = [
  fn('jsonpatch.escapeKey(string): string', (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1'), traversal()),
]
const mutationTypes = {
  libraries: [...libraries, patchLibrary],
  resolveType: (name: string) => (name === 'JSONPatch' ? patchOperation : /^Object(\.|$)/.test(name) ? applied(name) : undefined),
}

const environmentOf = ({ params, authorizer, variables, mutation, checked }: Scope): Environment =>
  createEnvironment({
    ...(mutation ? mutationTypes : { libraries }),
    variables: {
      object: checked?.object ?? dyn,
      oldObject: checked?.object ?? dyn,
      request: requestType,
      namespaceObject: namespaceType,
      ...(params ? { params: checked?.params ?? dyn } : {}),
      ...(authorizer ? authorizerVariables : {}),
      ...(variables ? { variables: objectType('kubernetes.variables', () => variables) } : {}),
    },
  })

/** Why an expression is refused, in the words of the API's answer. */
export class ExpressionError extends Error {}
/** What the parser or the type checker found. */
class CompilationError extends ExpressionError {
  readonly found: string
  constructor(found: string) {
    super(`compilation failed: ${found}`)
    this.found = found
  }
}
/** What the checker found in an expression, in its own words. */
export const foundIn = ({ compiled }: Expression): string | undefined =>
  compiled instanceof CompilationError ? compiled.found : compiled instanceof ExpressionError ? compiled.message : undefined

/** The program, which yields one of the types; throws ExpressionError. */
function compile(environment: Environment, source: string, ...types: readonly CelType[]): Program {
  let program: Program
  try {
    program = environment.compile(source)
  } catch (error) {
    if (error instanceof CompileError) throw new CompilationError(error.message)
    throw error
  }
  const found = formatType(program.type)
  const wanted = types.map(formatType)
  if (wanted.length > 0 && !wanted.includes(found))
    throw new ExpressionError(`must evaluate to ${wanted.length > 1 ? `one of [${wanted.join(' ')}]` : wanted[0]} but got ${found}`)
  return program
}

/** An expression that stands in the API, and what became of it. */
export interface Expression {
  /** Below the spec: `validations[0].expression`. */
  readonly field: string
  readonly source: string
  readonly compiled: Program | ExpressionError
}

export interface NamedExpression extends Expression {
  readonly name: string
}

function expression(field: string, source: string, environment: Environment, ...types: readonly CelType[]): Expression {
  try {
    return { field, source, compiled: compile(environment, source, ...types) }
  } catch (error) {
    if (error instanceof ExpressionError) return { field, source, compiled: error }
    throw error
  }
}

const matchConditionsIn = (conditions: readonly MatchCondition[] | undefined, environment: () => Environment): NamedExpression[] =>
  (conditions ?? []).map(({ name, expression: source }, i) => ({
    name,
    ...expression(`matchConditions[${i}].expression`, source, environment(), bool),
  }))

let plain: Environment | undefined
/** Of a webhook. */
export const compileMatchConditions = (conditions: readonly MatchCondition[] | undefined): NamedExpression[] =>
  matchConditionsIn(conditions, () => {
    plain ??= environmentOf({ params: false, authorizer: true })
    return plain
  })

export interface CompiledVariables {
  readonly variables: readonly NamedExpression[]
  readonly matchConditions: readonly NamedExpression[]
  /** What later expressions of the policy may name. */
  environment(authorizer: boolean): Environment
}

/** What policies of all kinds have: conditions, and variables, each of which may name those before it. */
function compileVariables(
  spec: { readonly paramKind?: unknown; readonly matchConditions?: readonly MatchCondition[]; readonly variables?: readonly Variable[] },
  { mutation = false, checked }: Pick<Scope, 'mutation' | 'checked'> = {},
): CompiledVariables {
  const params = spec.paramKind !== undefined
  const types = new Map<string, CelType>()
  const environments = new Map<boolean, Environment>()
  const environment = (authorizer: boolean): Environment => {
    // `variables` grows under an environment that is made already: the type looks into the map when it is asked.
    const known = environments.get(authorizer) ?? environmentOf({ params, authorizer, mutation, checked, variables: types })
    environments.set(authorizer, known)
    return known
  }
  const conditions = environmentOf({ params, authorizer: true, checked })
  return {
    environment,
    matchConditions: matchConditionsIn(spec.matchConditions, () => conditions),
    variables: (spec.variables ?? []).map(({ name, expression: source }, i) => {
      const variable = { name, ...expression(`variables[${i}].expression`, source, environment(true)) }
      if (!(variable.compiled instanceof Error)) types.set(name, variable.compiled.type)
      return variable
    }),
  }
}

export interface CompiledValidation extends Expression {
  readonly message?: Expression
}
export interface CompiledValidatingPolicy extends CompiledVariables {
  readonly validations: readonly CompiledValidation[]
  readonly auditAnnotations: readonly NamedExpression[]
}

export function compileValidatingPolicy(spec: ValidatingAdmissionPolicySpec, checked?: CheckedTypes): CompiledValidatingPolicy {
  const common = compileVariables(spec, { checked })
  const message = (source: string, i: number) =>
    expression(`validations[${i}].messageExpression`, source, common.environment(false), string)
  return {
    ...common,
    validations: (spec.validations ?? []).map(({ expression: source, messageExpression }, i) => ({
      ...expression(`validations[${i}].expression`, source, common.environment(true), bool),
      ...(messageExpression ? { message: message(messageExpression, i) } : {}),
    })),
    auditAnnotations: (spec.auditAnnotations ?? []).map(({ key, valueExpression }, i) => ({
      name: key,
      ...expression(`auditAnnotations[${i}].valueExpression`, valueExpression, common.environment(true), string, nullType),
    })),
  }
}

export interface CompiledMutation extends Expression {
  readonly patchType: 'ApplyConfiguration' | 'JSONPatch'
}
export interface CompiledMutatingPolicy extends CompiledVariables {
  /** Undefined in the place of a mutation that has no expression of its type. */
  readonly mutations: readonly (CompiledMutation | undefined)[]
}

export function compileMutatingPolicy(spec: MutatingAdmissionPolicySpec): CompiledMutatingPolicy {
  const common = compileVariables(spec, { mutation: true })
  return {
    ...common,
    mutations: (spec.mutations ?? []).map(({ patchType, applyConfiguration, jsonPatch }, i) => {
      const environment = common.environment(true)
      const at = (field: string) => `mutations[${i}].${field}.expression`
      if (patchType === 'JSONPatch' && jsonPatch)
        return { patchType, ...expression(at('jsonPatch'), jsonPatch.expression ?? '', environment, listOf(patchOperation)) }
      if (patchType === 'ApplyConfiguration' && applyConfiguration)
        return { patchType, ...expression(at('applyConfiguration'), applyConfiguration.expression ?? '', environment, applied('Object')) }
      return undefined
    }),
  }
}
