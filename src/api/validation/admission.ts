/** Webhook configurations, admission policies and their bindings (apis/admissionregistration/validation). */
import {
  type CompiledMutation,
  compileMatchConditions,
  compileMutatingPolicy,
  compileValidatingPolicy,
  type Expression,
  type NamedExpression,
} from '../admission-expressions.ts'
import type {
  MatchCondition,
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhook,
  MutatingWebhookConfiguration,
  NamedRuleWithOperations,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
  WebhookClientConfig,
} from '../types/admissionregistration-v1.ts'
import type { ObjectMeta } from '../types/meta-v1.ts'
import { check, oneOf, optionalOneOf, semanticEqual, validateLabelSelector } from './checks.ts'
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from './field-error.ts'
import {
  isDNS1035Label,
  isDNS1123Label,
  isFullyQualifiedName,
  isQualifiedName,
  isValidPortNum,
  nameIsDNSSubdomain,
  pathSegmentName,
} from './names.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'

// ---- what a rule matches

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']

/** A list that may be `*` alone; `what` is what upstream calls its elements. */
function wildcards(list: readonly string[] | undefined, path: string, what: string): FieldError[] {
  if (!list?.length) return [required(path)]
  const errors: FieldError[] = []
  if (list.length > 1 && list.includes('*')) errors.push(invalid(path, list, `if '*' is present, must not specify other ${what}`))
  return errors
}

function resources(list: readonly string[] | undefined, path: string): FieldError[] {
  if (!list?.length) return [required(path)]
  const errors: FieldError[] = []
  const wholes = new Set<string>()
  const everywhere = new Set<string>()
  list.forEach((entry, i) => {
    const at = `${path}[${i}]`
    if (entry === '') {
      errors.push(required(at))
      return
    }
    if (entry === '*' || entry === '*/*') return
    const [resource, sub] = entry.split('/', 2) as [string, string | undefined]
    if (sub === undefined) return
    if (wholes.has(resource)) errors.push(invalid(at, entry, `if '${resource}/*' is present, must not specify ${entry}`))
    if (everywhere.has(sub)) errors.push(invalid(at, entry, `if '*/${sub}' is present, must not specify ${entry}`))
    if (sub === '*') wholes.add(resource)
    if (resource === '*') everywhere.add(sub)
  })
  if (list.length > 1 && list.includes('*/*')) errors.push(invalid(path, list, "if '*/*' is present, must not specify other resources"))
  if (list.includes('*') && list.some((entry) => entry !== '*' && !entry.includes('/')))
    errors.push(invalid(path, list, "if '*' is present, must not specify other resources without subresources"))
  return errors
}

function rule(entry: Omit<NamedRuleWithOperations, 'resourceNames'>, path: string): FieldError[] {
  const errors = wildcards(entry.operations, `${path}.operations`, 'operations')
  entry.operations?.forEach((operation, i) => {
    errors.push(...oneOf(operation, `${path}.operations[${i}]`, operations))
  })
  errors.push(...wildcards(entry.apiGroups, `${path}.apiGroups`, 'API groups'))
  errors.push(...wildcards(entry.apiVersions, `${path}.apiVersions`, 'API versions'))
  entry.apiVersions?.forEach((version, i) => {
    if (version === '') errors.push(required(`${path}.apiVersions[${i}]`))
  })
  errors.push(...resources(entry.resources, `${path}.resources`))
  return [...errors, ...optionalOneOf(entry.scope, `${path}.scope`, ['*', 'Cluster', 'Namespaced'])]
}

function namedRule(entry: NamedRuleWithOperations, path: string): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  entry.resourceNames?.forEach((name, i) => {
    const at = `${path}.resourceNames[${i}]`
    errors.push(...check(name, at, pathSegmentName))
    if (seen.has(name)) errors.push(duplicate(at, name))
    seen.add(name)
  })
  return [...errors, ...rule(entry, path)]
}

function matchResources(match: MatchResources | undefined, path: string): FieldError[] {
  if (!match) return []
  const errors = [
    ...validateLabelSelector(match.namespaceSelector, `${path}.namespaceSelector`),
    ...validateLabelSelector(match.objectSelector, `${path}.objectSelector`),
  ]
  for (const field of ['resourceRules', 'excludeResourceRules'] as const)
    match[field]?.forEach((entry, i) => {
      errors.push(...namedRule(entry, `${path}.${field}[${i}]`))
    })
  return [...errors, ...optionalOneOf(match.matchPolicy, `${path}.matchPolicy`, ['Equivalent', 'Exact'])]
}
function matchConstraints(match: MatchResources | undefined, path: string): FieldError[] {
  if (!match) return [required(path)]
  return [...matchResources(match, path), ...(match.resourceRules?.length ? [] : [required(`${path}.resourceRules`)])]
}

/** What the compiler says of an expression; `missing` where there is none. */
function expressionErrors({ source, compiled }: Expression, at: string, missing = ''): FieldError[] {
  if (!source.trim()) return [required(at, missing)]
  return compiled instanceof Error ? [invalid(at, source, compiled.message)] : []
}

const maxConditions = 64
function matchConditions(
  conditions: readonly MatchCondition[] | undefined,
  compiled: readonly NamedExpression[],
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  const count = conditions?.length ?? 0
  if (count > maxConditions) errors.push({ type: 'tooMany', field: path, value: count, detail: `must have at most ${maxConditions} items` })
  const seen = new Set<string>()
  compiled.forEach((condition, i) => {
    const { name } = condition
    const at = `${path}[${i}]`
    errors.push(...expressionErrors(condition, `${at}.expression`))
    if (!name) errors.push(required(`${at}.name`))
    else {
      errors.push(...check(name, `${at}.name`, isQualifiedName))
      if (seen.has(name)) errors.push(duplicate(`${at}.name`, name))
      seen.add(name)
    }
  })
  return errors
}

// ---- webhooks

function webhookURL(url: string, path: string): FieldError[] {
  const form = '; desired format: https://host[/path]'
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    return [required(path, `url must be a valid URL${form}`)]
  }
  const errors: FieldError[] = []
  const scheme = parsed.protocol.slice(0, -1)
  if (scheme !== 'https') errors.push(invalid(path, scheme, `'https' is the only allowed URL scheme${form}`))
  if (!parsed.host) errors.push(invalid(path, parsed.host, `host must be specified${form}`))
  if (parsed.username || parsed.password) errors.push(invalid(path, parsed.username, 'user information is not permitted in the URL'))
  if (parsed.hash) errors.push(invalid(path, parsed.hash.slice(1), 'fragments are not permitted in the URL'))
  if (parsed.search) errors.push(invalid(path, parsed.search.slice(1), 'query parameters are not permitted in the URL'))
  return errors
}

/** How a webhook is reached, of admission or of conversion. */
export function webhookClientConfig({ url, service }: WebhookClientConfig, path: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) return [required(path, 'exactly one of url or service is required')]
  if (url !== undefined) return webhookURL(url, `${path}.url`)
  return webhookService(service as NonNullable<typeof service>, `${path}.service`)
}

/** The service of a webhook, of admission or of conversion (util/webhook/validation.go). */
export function webhookService(
  { name, namespace, path: sub, port }: { name: string; namespace: string; path?: string; port?: number },
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  if (!name) errors.push(required(`${path}.name`, 'service name is required'))
  if (!namespace) errors.push(required(`${path}.namespace`, 'service namespace is required'))
  if (port !== undefined && isValidPortNum(port).length > 0)
    errors.push(invalid(`${path}.port`, port, `port is not valid: ${isValidPortNum(port).join(', ')}`))
  if (sub === undefined || sub === '/') return errors
  const at = `${path}.path`
  if (!sub.startsWith('/')) return [...errors, invalid(at, sub, "must start with a '/'")]
  const steps = sub.slice(1).replace(/\/$/, '').split('/')
  steps.forEach((step, i) => {
    if (step === '') errors.push(invalid(at, sub, `segment[${i}] may not be empty`))
    else for (const message of nameIsDNSSubdomain(step)) errors.push(invalid(at, sub, `segment[${i}]: ${message}`))
  })
  return errors
}

function webhook(hook: ValidatingWebhook | MutatingWebhook, path: string): FieldError[] {
  const errors = check(hook.name, `${path}.name`, isFullyQualifiedName)
  const versions = hook.admissionReviewVersions ?? []
  const at = `${path}.admissionReviewVersions`
  if (versions.length === 0) errors.push(required(at, 'must specify one of v1, v1beta1'))
  else {
    versions.forEach((version, i) => {
      if (versions.indexOf(version) < i) errors.push(invalid(`${at}[${i}]`, version, 'duplicate version'))
      else errors.push(...check(version, `${at}[${i}]`, isDNS1035Label))
    })
    if (!versions.some((v) => v === 'v1' || v === 'v1beta1')) errors.push(invalid(at, versions, 'must include at least one of v1, v1beta1'))
  }
  hook.rules?.forEach((entry, i) => {
    errors.push(...rule(entry, `${path}.rules[${i}]`))
  })
  errors.push(...optionalOneOf(hook.failurePolicy, `${path}.failurePolicy`, ['Fail', 'Ignore']))
  errors.push(...optionalOneOf(hook.matchPolicy, `${path}.matchPolicy`, ['Equivalent', 'Exact']))
  if (!hook.sideEffects) errors.push(required(`${path}.sideEffects`, 'must specify one of None, NoneOnDryRun'))
  else errors.push(...oneOf(hook.sideEffects, `${path}.sideEffects`, ['None', 'NoneOnDryRun']))
  if (hook.timeoutSeconds !== undefined && (hook.timeoutSeconds < 1 || hook.timeoutSeconds > 30))
    errors.push(invalid(`${path}.timeoutSeconds`, hook.timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'))
  errors.push(...validateLabelSelector(hook.namespaceSelector, `${path}.namespaceSelector`))
  errors.push(...validateLabelSelector(hook.objectSelector, `${path}.objectSelector`))
  errors.push(...webhookClientConfig(hook.clientConfig, `${path}.clientConfig`))
  if ('reinvocationPolicy' in hook)
    errors.push(...optionalOneOf(hook.reinvocationPolicy, `${path}.reinvocationPolicy`, ['IfNeeded', 'Never']))
  return [...errors, ...matchConditions(hook.matchConditions, compileMatchConditions(hook.matchConditions), `${path}.matchConditions`)]
}

type WebhookConfiguration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration
function webhooks({ webhooks: hooks = [] }: WebhookConfiguration): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  hooks.forEach((hook, i) => {
    errors.push(...webhook(hook, `webhooks[${i}]`))
    if (seen.has(hook.name)) errors.push(duplicate(`webhooks[${i}].name`, hook.name))
    seen.add(hook.name)
  })
  return errors
}

// ---- policies

function paramKind(kind: ParamKind | undefined, path: string): FieldError[] {
  if (!kind) return []
  const errors: FieldError[] = []
  const { apiVersion = '', kind: name = '' } = kind
  const parts = apiVersion.split('/')
  if (!apiVersion) errors.push(required(`${path}.apiVersion`))
  else if (parts.length > 2) errors.push(invalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  else if (parts.length === 2) errors.push(...check(parts[0] as string, `${path}.apiVersion`, nameIsDNSSubdomain))
  if (parts.length <= 2 && apiVersion) errors.push(...check(parts.at(-1) as string, `${path}.apiVersion`, isDNS1035Label))
  if (!name) errors.push(required(`${path}.kind`))
  else errors.push(...check(name.toLowerCase(), `${path}.kind`, isDNS1035Label))
  return errors
}

const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/
function variables(list: readonly NamedExpression[], path: string): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  list.forEach((variable, i) => {
    const { name } = variable
    const at = `${path}[${i}]`
    if (!name) errors.push(required(`${at}.name`, 'name is not specified'))
    else {
      if (!identifier.test(name)) errors.push(invalid(`${at}.name`, name, 'must be a valid CEL identifier'))
      if (seen.has(name)) errors.push(duplicate(`${at}.name`, name))
      seen.add(name)
    }
    errors.push(...expressionErrors(variable, `${at}.expression`, 'expression is not specified'))
  })
  return errors
}

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']

function validatingPolicy({ metadata, spec }: ValidatingAdmissionPolicy): FieldError[] {
  const compiled = compileValidatingPolicy(spec)
  const errors = [
    ...optionalOneOf(spec.failurePolicy, 'spec.failurePolicy', ['Fail', 'Ignore']),
    ...paramKind(spec.paramKind, 'spec.paramKind'),
    ...matchConstraints(spec.matchConstraints, 'spec.matchConstraints'),
    ...matchConditions(spec.matchConditions, compiled.matchConditions, 'spec.matchConditions'),
    ...variables(compiled.variables, 'spec.variables'),
  ]
  if (!spec.validations?.length && !spec.auditAnnotations?.length)
    for (const field of ['spec.validations', 'spec.auditAnnotations'])
      errors.push(required(field, 'validations or auditAnnotations must contain at least one item'))
  spec.validations?.forEach((validation, i) => {
    const at = `spec.validations[${i}]`
    const { message: messageExpression, ...expression } = compiled.validations[i] as (typeof compiled.validations)[number]
    errors.push(...expressionErrors(expression, `${at}.expression`, 'expression is not specified'))
    if (messageExpression && !messageExpression.source.trim())
      errors.push(invalid(`${at}.messageExpression`, messageExpression.source, 'must be non-empty if specified'))
    else if (messageExpression) errors.push(...expressionErrors(messageExpression, `${at}.messageExpression`))
    const { message } = validation
    if (message && !message.trim()) errors.push(invalid(`${at}.message`, message, 'must be non-empty if specified'))
    else if (message?.includes('\n')) errors.push(invalid(`${at}.message`, message, 'must not contain line breaks'))
    errors.push(...optionalOneOf(validation.reason, `${at}.reason`, reasons))
  })
  const keys = new Set<string>()
  compiled.auditAnnotations.forEach((annotation, i) => {
    const key = annotation.name
    const at = `spec.auditAnnotations[${i}]`
    if (!key) errors.push(required(`${at}.key`))
    // The audit log keeps it under the policy's name.
    else errors.push(...check(`${metadata.name}/${key}`, `${at}.key`, isQualifiedName))
    errors.push(...expressionErrors(annotation, `${at}.valueExpression`, 'valueExpression is not specified'))
    if (keys.has(key)) errors.push(duplicate(`${at}.key`, key))
    keys.add(key)
  })
  return errors
}

function mutatingPolicy({ spec }: MutatingAdmissionPolicy): FieldError[] {
  const compiled = compileMutatingPolicy(spec)
  const errors = [
    ...optionalOneOf(spec.failurePolicy, 'spec.failurePolicy', ['Fail', 'Ignore']),
    ...paramKind(spec.paramKind, 'spec.paramKind'),
    ...matchConstraints(spec.matchConstraints, 'spec.matchConstraints'),
    ...matchConditions(spec.matchConditions, compiled.matchConditions, 'spec.matchConditions'),
    ...variables(compiled.variables, 'spec.variables'),
  ]
  if (!spec.mutations?.length) errors.push(required('spec.mutations', 'mutations must contain at least one item'))
  const kinds = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const
  spec.mutations?.forEach((mutation, i) => {
    const at = `spec.mutations[${i}]`
    const own = kinds[mutation.patchType]
    if (!own) {
      errors.push(
        mutation.patchType ? notSupported(`${at}.patchType`, mutation.patchType, Object.keys(kinds)) : required(`${at}.patchType`),
      )
      return
    }
    if (!mutation[own]) errors.push(required(`${at}.${own}`, `must be specified when patchType is ${mutation.patchType}`))
    else
      errors.push(...expressionErrors(compiled.mutations[i] as CompiledMutation, `${at}.${own}.expression`, 'expression is not specified'))
    const other = own === 'jsonPatch' ? 'applyConfiguration' : 'jsonPatch'
    if (mutation[other])
      errors.push(invalid(`${at}.${other}`, `{${other}}`, `must not be specified when patchType is ${mutation.patchType}`))
  })
  return [...errors, ...oneOf(spec.reinvocationPolicy, 'spec.reinvocationPolicy', ['IfNeeded', 'Never'])]
}

// ---- bindings

function paramRef(ref: ParamRef | undefined, path: string): FieldError[] {
  if (!ref) return []
  const errors: FieldError[] = []
  const { name, namespace, selector, parameterNotFoundAction } = ref
  if (name) {
    errors.push(...check(name, `${path}.name`, pathSegmentName))
    if (selector)
      for (const field of ['name', 'selector']) errors.push(forbidden(`${path}.${field}`, 'name and selector are mutually exclusive'))
  } else if (selector) errors.push(...validateLabelSelector(selector, `${path}.selector`))
  else errors.push(required(path, 'one of name or selector must be specified'))
  if (namespace) errors.push(...check(namespace, `${path}.namespace`, isDNS1123Label))
  return [...errors, ...oneOf(parameterNotFoundAction, `${path}.parameterNotFoundAction`, ['Deny', 'Allow'])]
}

const policyName = (name: string | undefined): FieldError[] =>
  name ? check(name, 'spec.policyName', nameIsDNSSubdomain) : [required('spec.policyName')]

function validatingBinding({ spec }: ValidatingAdmissionPolicyBinding): FieldError[] {
  const errors = [
    ...policyName(spec.policyName),
    ...paramRef(spec.paramRef, 'spec.paramRef'),
    ...matchResources(spec.matchResources, 'spec.matchResources'),
  ]
  const actions = spec.validationActions ?? []
  const path = 'spec.validationActions'
  if (actions.length === 0) errors.push(required(path, 'at least one validation action is required'))
  actions.forEach((action, i) => {
    if (!['Audit', 'Deny', 'Warn'].includes(action)) errors.push(notSupported(`${path}[${i}]`, action, ['Audit', 'Deny', 'Warn']))
    else if (actions.indexOf(action) < i) errors.push(duplicate(`${path}[${i}]`, action))
  })
  if (actions.includes('Deny') && actions.includes('Warn'))
    errors.push(
      invalid(
        path,
        actions,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    )
  return errors
}
const mutatingBinding = ({ spec }: MutatingAdmissionPolicyBinding): FieldError[] => [
  ...policyName(spec.policyName),
  ...paramRef(spec.paramRef, 'spec.paramRef'),
  ...matchResources(spec.matchResources, 'spec.matchResources'),
]

/** Create and update checks of a kind that is checked whole each time. */
function whole<T extends { metadata: ObjectMeta }>(rules: (object: T) => FieldError[]) {
  return {
    validate: (object: T): FieldError[] => [...validateObjectMeta(object.metadata, false, nameIsDNSSubdomain), ...rules(object)],
    validateUpdate: (object: T, old: T): FieldError[] => [
      ...validateObjectMetaUpdate(object.metadata, old.metadata),
      // What was good once stays good: rules that came later must not stop other changes.
      ...(semanticEqual({ ...object, metadata: null }, { ...old, metadata: null }) ? [] : rules(object)),
    ],
  }
}
export const webhookConfigurationRules = whole<WebhookConfiguration>(webhooks)
export const validatingPolicyRules = whole(validatingPolicy)
export const mutatingPolicyRules = whole(mutatingPolicy)
export const validatingBindingRules = whole(validatingBinding)
export const mutatingBindingRules = whole(mutatingBinding)
