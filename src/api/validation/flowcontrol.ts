/** API priority and fairness: flow schemas and priority levels (flowcontrol/validation). */
import type { FlowSchema, NonResourcePolicyRule, PriorityLevelConfiguration, ResourcePolicyRule, Subject } from '../types/flowcontrol-v1.ts'
import { check, optionalOneOf } from './checks.ts'
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from './field-error.ts'
import { mandatoryFlowSchemas, mandatoryPriorityLevels } from './flowcontrol-mandatory.ts'
import { internalEqual, internalValue } from './internal.ts'
import { isDNS1123Label, isDNS1123Subdomain, nameIsDNSSubdomain } from './names.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']

function subject(from: Subject, path: string): FieldError[] {
  const errors: FieldError[] = []
  const kinds = { User: 'user', Group: 'group', ServiceAccount: 'serviceAccount' } as const
  const own = kinds[from.kind as keyof typeof kinds]
  if (!own) return [notSupported(`${path}.kind`, from.kind, ['Group', 'ServiceAccount', 'User'])]
  if (!from[own]) errors.push(required(`${path}.${own}`, `${own} is required when subject kind is '${from.kind}'`))
  else if (own === 'serviceAccount') {
    const { name = '', namespace = '' } = from.serviceAccount ?? {}
    if (!name) errors.push(required(`${path}.serviceAccount.name`))
    else if (name !== '*') errors.push(...check(name, `${path}.serviceAccount.name`, isDNS1123Subdomain))
    if (!namespace) errors.push(required(`${path}.serviceAccount.namespace`, 'must specify namespace for service account'))
    else errors.push(...check(namespace, `${path}.serviceAccount.namespace`, isDNS1123Label))
  } else if (!from[own]?.name) errors.push(required(`${path}.${own}.name`))
  for (const [kind, field] of Object.entries(kinds) as [string, (typeof kinds)[keyof typeof kinds]][])
    if (field !== own && from[field]) errors.push(forbidden(`${path}.${field}`, `${field} is forbidden when subject kind is not '${kind}'`))
  return errors
}

/** A list that must have something, and nothing beside `*`. */
function wildcards(values: readonly string[] | null | undefined, path: string, missing: string, what: string): FieldError[] {
  if (!values?.length) return [required(path, missing)]
  return values.length > 1 && values.includes('*') ? [invalid(path, values, `if '*' is present, must not specify other ${what}`)] : []
}
/** Upstream takes the verbs of resources for those of paths, too. */
const ruleVerbs = (values: readonly string[] | null | undefined, path: string): FieldError[] =>
  values?.length && !values.includes('*') && values.some((verb) => !verbs.includes(verb))
    ? [notSupported(path, values, verbs)]
    : wildcards(values, path, 'verbs must contain at least one value', 'verbs')
function resourceRule(rule: ResourcePolicyRule, path: string): FieldError[] {
  const errors = ruleVerbs(rule.verbs, `${path}.verbs`)
  errors.push(...wildcards(rule.apiGroups, `${path}.apiGroups`, 'resource rules must supply at least one api group', 'api groups'))
  errors.push(...wildcards(rule.resources, `${path}.resources`, 'resource rules must supply at least one resource', 'resources'))
  if (!rule.namespaces?.length) {
    if (!rule.clusterScope)
      errors.push(required(`${path}.namespaces`, 'resource rules that are not cluster scoped must supply at least one namespace'))
  } else if (rule.namespaces.includes('*')) {
    if (rule.namespaces.length > 1)
      errors.push(invalid(`${path}.namespaces`, rule.namespaces, "if '*' is present, must not specify other namespaces"))
  } else
    rule.namespaces.forEach((namespace, i) => {
      const own = (value: string) =>
        isDNS1123Label(value).map((text) => `each member of this list must be '*' or a DNS-1123 label; ${text}`)
      errors.push(...check(namespace, `${path}.namespaces[${i}]`, own))
    })
  return errors
}
function nonResourceRule(rule: NonResourcePolicyRule, path: string): FieldError[] {
  const errors = ruleVerbs(rule.verbs, `${path}.verbs`)
  errors.push(
    ...wildcards(rule.nonResourceURLs, `${path}.nonResourceURLs`, 'nonResourceURLs must contain at least one value', 'non-resource URLs'),
  )
  rule.nonResourceURLs?.forEach((url, i) => {
    const at = `${path}.nonResourceURLs[${i}]`
    if (url === '*' || url === '/') return
    if (url === '') errors.push(invalid(at, url, 'must not be empty'))
    else if (!url.startsWith('/')) errors.push(invalid(at, url, 'must start with slash'))
    else if (url.includes(' ')) errors.push(invalid(at, url, 'must not contain white-space'))
    else if (url.includes('//')) errors.push(invalid(at, url, 'must not contain double slash'))
    else if (/\*/.test(url.replace(/\/\*$/, ''))) errors.push(invalid(at, url, 'wildcard can only do suffix matching'))
  })
  return errors
}

function flowSchema({ metadata, spec }: FlowSchema): FieldError[] {
  const errors: FieldError[] = []
  const precedence = spec?.matchingPrecedence ?? 0
  if (precedence <= 0) errors.push(invalid('spec.matchingPrecedence', precedence, 'must be a positive value'))
  if (precedence > 10000) errors.push(invalid('spec.matchingPrecedence', precedence, 'must not be greater than 10000'))
  if (precedence === 1 && metadata.name !== 'exempt')
    errors.push(invalid('spec.matchingPrecedence', precedence, "only the schema named 'exempt' may have matchingPrecedence 1"))
  const method = spec?.distinguisherMethod
  if (method && !['ByNamespace', 'ByUser'].includes(method.type))
    errors.push(notSupported('spec.distinguisherMethod.type', { Type: method.type }, ['ByNamespace', 'ByUser']))
  const level = spec?.priorityLevelConfiguration?.name
  if (!level) errors.push(required('spec.priorityLevelConfiguration.name', 'must reference a priority level'))
  else errors.push(...check(level, 'spec.priorityLevelConfiguration.name', isDNS1123Subdomain))
  spec?.rules?.forEach((rule, i) => {
    const at = `spec.rules[${i}]`
    if (!rule.subjects?.length) errors.push(required(`${at}.subjects`, 'subjects must contain at least one value'))
    rule.subjects?.forEach((s, j) => {
      errors.push(...subject(s, `${at}.subjects[${j}]`))
    })
    if (!rule.resourceRules?.length && !rule.nonResourceRules?.length)
      errors.push(required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty'))
    rule.resourceRules?.forEach((r, j) => {
      errors.push(...resourceRule(r, `${at}.resourceRules[${j}]`))
    })
    rule.nonResourceRules?.forEach((r, j) => {
      errors.push(...nonResourceRule(r, `${at}.nonResourceRules[${j}]`))
    })
  })
  return errors
}
/** What flow control cannot do without is as it is. */
const fixed = (type: string, name: string, spec: object, mandatory: object | undefined): FieldError[] =>
  !mandatory || internalEqual(type, spec, mandatory)
    ? []
    : [invalid('spec', internalValue(type, spec), `spec of '${name}' must equal the fixed value`)]
function conditions(of: readonly { type?: string }[] | undefined): FieldError[] {
  const types = new Set<string>()
  return (of ?? []).flatMap(({ type = '' }, i) => {
    const path = `status.conditions[${i}].type`
    const errors = types.has(type) ? [duplicate(path, type)] : []
    types.add(type)
    return type ? errors : [...errors, required(path, 'must not be empty')]
  })
}
export const validateFlowSchemaStatusUpdate = ({ status }: FlowSchema): FieldError[] => conditions(status?.conditions)
export const validateFlowSchema = (object: FlowSchema): FieldError[] => [
  ...validateObjectMeta(object.metadata, false, nameIsDNSSubdomain),
  ...flowSchema(object),
  ...fixed('FlowSchemaSpec', object.metadata.name ?? '', object.spec, mandatoryFlowSchemas.get(object.metadata.name ?? '')),
  ...validateFlowSchemaStatusUpdate(object),
]
export const validateFlowSchemaUpdate = (object: FlowSchema, old: FlowSchema): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...validateFlowSchema(object),
]

interface Shares {
  readonly nominalConcurrencyShares?: number
  readonly lendablePercent?: number
}
const nominal = ({ nominalConcurrencyShares: value = 0 }: Shares, path: string): FieldError[] =>
  value < 0 ? [invalid(`${path}.nominalConcurrencyShares`, value, 'must be a non-negative integer')] : []
const lendable = ({ lendablePercent: value = 0 }: Shares, path: string): FieldError[] =>
  value < 0 || value > 100 ? [invalid(`${path}.lendablePercent`, value, 'must be between 0 and 100, inclusive')] : []

/** How many bits of a hash choose a hand from a deck (shufflesharding.RequiredEntropyBits); more than these there are not. */
const entropyBits = (deck: number, hand: number): number => Math.ceil(Math.log2(deck) * hand)
const mostHashBits = 60

function priorityLevel({ metadata, spec }: PriorityLevelConfiguration): FieldError[] {
  const errors: FieldError[] = []
  const { type, limited, exempt } = spec ?? {}
  if ((metadata.name === 'exempt') !== (type === 'Exempt'))
    errors.push(invalid('spec.type', type ?? '', "type must be 'Exempt' if and only if name is 'exempt'"))
  if (type === 'Exempt') {
    if (limited) errors.push(forbidden('spec.limited', 'must be nil if the type is not Limited'))
    if (exempt) errors.push(...nominal(exempt, 'spec.exempt'), ...lendable(exempt, 'spec.exempt'))
    return errors
  }
  if (type !== 'Limited') return [...errors, notSupported('spec.type', type ?? '', ['Exempt', 'Limited'])]
  if (exempt) errors.push(forbidden('spec.exempt', 'must be nil if the type is Limited'))
  if (!limited) return [...errors, required('spec.limited', 'must not be empty when type is Limited')]
  const at = 'spec.limited'
  errors.push(...nominal(limited, at))
  const response = limited.limitResponse
  if (response?.type === 'Reject') {
    if (response.queuing) errors.push(forbidden(`${at}.limitResponse.queuing`, 'must be nil if limited.limitResponse.type is not Limited'))
  } else if (response?.type === 'Queue') {
    const queuing = response.queuing
    const path = `${at}.limitResponse.queuing`
    if (!queuing) return [...errors, required(path, 'must not be empty if limited.limitResponse.type is Limited')]
    const { queues = 0, queueLengthLimit = 0, handSize = 0 } = queuing
    if (queueLengthLimit <= 0) errors.push(invalid(`${path}.queueLengthLimit`, queueLengthLimit, 'must be positive'))
    if (queues <= 0) errors.push(invalid(`${path}.queues`, queues, 'must be positive'))
    else if (queues > 10_000_000) errors.push(invalid(`${path}.queues`, queues, 'must not be greater than 10000000'))
    if (handSize <= 0) errors.push(invalid(`${path}.handSize`, handSize, 'must be positive'))
    else if (handSize > queues) errors.push(invalid(`${path}.handSize`, handSize, `should not be greater than queues (${queues})`))
    else if (entropyBits(queues, handSize) > mostHashBits)
      errors.push(
        invalid(
          `${path}.handSize`,
          handSize,
          `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${mostHashBits}`,
        ),
      )
  } else errors.push(...optionalOneOf(response?.type ?? '', `${at}.limitResponse.type`, ['Queue', 'Reject']))
  errors.push(...lendable(limited, at))
  const borrowed = limited.borrowingLimitPercent
  if (borrowed !== undefined && borrowed < 0)
    errors.push(invalid(`${at}.borrowingLimitPercent`, borrowed, 'if specified, must be a non-negative integer'))
  return errors
}
/** The level of the exempt may lend of its seats, or ask for some. */
function fixedLevel({ metadata: { name = '' }, spec }: PriorityLevelConfiguration): FieldError[] {
  const type = 'PriorityLevelConfigurationSpec'
  const mandatory = mandatoryPriorityLevels.get(name)
  if (name !== 'exempt') return fixed(type, name, spec, mandatory)
  const { exempt: _own, ...rest } = spec
  const { exempt: _default, ...wanted } = mandatory as typeof spec
  const changed = !internalEqual(type, rest, wanted)
  return changed
    ? [invalid('spec', internalValue(type, spec), "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value")]
    : []
}
export const validatePriorityLevelStatusUpdate = ({ status }: PriorityLevelConfiguration): FieldError[] => conditions(status?.conditions)
export const validatePriorityLevel = (object: PriorityLevelConfiguration): FieldError[] => [
  ...validateObjectMeta(object.metadata, false, nameIsDNSSubdomain),
  ...priorityLevel(object),
  ...fixedLevel(object),
  ...validatePriorityLevelStatusUpdate(object),
]
export const validatePriorityLevelUpdate = (object: PriorityLevelConfiguration, old: PriorityLevelConfiguration): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...validatePriorityLevel(object),
]
