/**
 * What a KubeSchedulerConfiguration may say (pkg/scheduler/apis/config/validation): every mistake is told at once, with
 * its field. What upstream knows and this scheduler does not do is a mistake too, never ignored.
 */

import type { NodeAffinity } from '../api/types/core-v1.ts'
import { causeMessage, type FieldError } from '../api/validation/field-error.ts'
import { isQualifiedName } from '../api/validation/names.ts'
import { validateNodeSelector, validatePreferredSchedulingTerms } from '../api/validation/node-selector.ts'
import { validateLabelName } from '../api/validation/object-meta.ts'
import { isExtendedResource } from '../api/validation/resources.ts'
import { parseDuration } from '../flags/flags.ts'

type Problems = string[]
type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value)

const top = [
  'apiVersion',
  'kind',
  'parallelism',
  'leaderElection',
  'clientConnection',
  'percentageOfNodesToScore',
  'podInitialBackoffSeconds',
  'podMaxBackoffSeconds',
  'profiles',
  'extenders',
  'enableProfiling',
  'enableContentionProfiling',
  'delayCacheUntilActive',
]
const extenderFields: Readonly<Record<string, 'string' | 'number' | 'boolean' | 'object'>> = {
  urlPrefix: 'string',
  filterVerb: 'string',
  preemptVerb: 'string',
  prioritizeVerb: 'string',
  bindVerb: 'string',
  weight: 'number',
  enableHTTPS: 'boolean',
  tlsConfig: 'object',
  httpTimeout: 'string',
  nodeCacheCapable: 'boolean',
  managedResources: 'object',
  ignorable: 'boolean',
}
const tlsFields: typeof extenderFields = {
  insecure: 'boolean',
  serverName: 'string',
  certFile: 'string',
  keyFile: 'string',
  caFile: 'string',
  certData: 'string',
  keyData: 'string',
  caData: 'string',
}
const leaderElectionFields: typeof extenderFields = {
  leaderElect: 'boolean',
  leaseDuration: 'string',
  renewDeadline: 'string',
  retryPeriod: 'string',
  resourceLock: 'string',
  resourceName: 'string',
  resourceNamespace: 'string',
}
const clientConnectionFields: typeof extenderFields = {
  kubeconfig: 'string',
  acceptContentTypes: 'string',
  contentType: 'string',
  qps: 'number',
  burst: 'number',
}
/** What the arguments of each plugin may hold; other plugins take none. */
const argumentFields: Readonly<Record<string, typeof extenderFields>> = {
  DefaultPreemption: { minCandidateNodesPercentage: 'number', minCandidateNodesAbsolute: 'number' },
  DynamicResources: { bindingTimeout: 'string', filterTimeout: 'string' },
  InterPodAffinity: { hardPodAffinityWeight: 'number', ignorePreferredTermsOfExistingPods: 'boolean' },
  NodeAffinity: { addedAffinity: 'object' },
  NodeResourcesBalancedAllocation: { resources: 'object' },
  NodeResourcesFit: { ignoredResources: 'object', ignoredResourceGroups: 'object', scoringStrategy: 'object' },
  PodTopologySpread: { defaultConstraints: 'object', defaultingType: 'string' },
  VolumeBinding: { bindTimeoutSeconds: 'number' },
}
const points = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
  'multiPoint',
]

export function validateConfiguration(configuration: unknown, plugins: ReadonlySet<string>): Problems {
  const problems: Problems = []
  if (!isObject(configuration)) return ['the configuration must be an object']
  for (const field of Object.keys(configuration)) if (!top.includes(field)) problems.push(`unknown field "${field}"`)
  const { parallelism, podInitialBackoffSeconds: initial, podMaxBackoffSeconds: most, profiles } = configuration
  if (parallelism !== undefined && !(isInteger(parallelism) && parallelism > 0))
    problems.push(`parallelism: Invalid value: ${JSON.stringify(parallelism)}: should be an integer value greater than zero`)
  percentage(problems, 'percentageOfNodesToScore', configuration['percentageOfNodesToScore'])
  if (initial !== undefined && !(isInteger(initial) && initial > 0))
    problems.push(`podInitialBackoffSeconds: Invalid value: ${JSON.stringify(initial)}: must be greater than 0`)
  if (most !== undefined && !(isInteger(most) && most >= (isInteger(initial) ? initial : 1)))
    problems.push(`podMaxBackoffSeconds: Invalid value: ${JSON.stringify(most)}: must be greater than or equal to PodInitialBackoffSeconds`)
  if (profiles !== undefined && !Array.isArray(profiles)) problems.push('profiles: must be a list')
  const names = new Set<unknown>()
  for (const [i, profile] of (Array.isArray(profiles) ? profiles : []).entries()) {
    const path = `profiles[${i}]`
    if (!isObject(profile)) {
      problems.push(`${path}: must be an object`)
      continue
    }
    const name = profile['schedulerName'] ?? ((profiles as unknown[]).length === 1 ? 'default-scheduler' : undefined)
    if (typeof name !== 'string' || name === '') problems.push(`${path}.schedulerName: Required value`)
    else if (names.has(name)) problems.push(`${path}.schedulerName: Duplicate value: ${JSON.stringify(name)}`)
    names.add(name)
    validateProfile(problems, path, profile, plugins)
    const [queueSort, first] = [profile, (profiles as unknown[])[0]].map((p) => JSON.stringify(queueSortOf(p)))
    if (queueSort !== first) problems.push(`${path}.plugins.queueSort: Invalid value: ${queueSort}: must be the same for all profiles`)
  }
  validateLeaderElection(problems, configuration['leaderElection'] ?? {})
  validateClientConnection(problems, configuration['clientConnection'] ?? {})
  validateExtenders(problems, configuration['extenders'] ?? [])
  return problems
}

function queueSortOf(profile: unknown): unknown {
  const plugins = isObject(profile) ? profile['plugins'] : undefined
  return (isObject(plugins) ? plugins['queueSort'] : undefined) ?? {}
}

function validateLeaderElection(problems: Problems, election: unknown): void {
  const path = 'leaderElection'
  if (!isObject(election)) {
    problems.push(`${path}: must be an object`)
    return
  }
  hasFields(problems, path, election, leaderElectionFields)
  if (election['leaderElect'] === false) return
  const times = ['leaseDuration', 'renewDeadline', 'retryPeriod'] as const
  const defaults = { leaseDuration: '15s', renewDeadline: '10s', retryPeriod: '2s' }
  const ms = (field: (typeof times)[number]) => parseDuration(String(election[field] ?? defaults[field])) ?? 0
  for (const field of times)
    if (ms(field) <= 0) problems.push(`${path}.${field}: Invalid value: ${JSON.stringify(election[field])}: must be greater than zero`)
  if (ms('leaseDuration') < ms('renewDeadline'))
    problems.push(
      `${path}.leaseDuration: Invalid value: ${JSON.stringify(election['leaseDuration'] ?? defaults.leaseDuration)}: LeaseDuration must be greater than RenewDeadline`,
    )
  const { resourceLock = 'leases' } = election
  if (resourceLock !== 'leases')
    problems.push(`${path}.resourceLock: Invalid value: ${JSON.stringify(resourceLock)}: resourceLock value must be "leases"`)
}

function validateClientConnection(problems: Problems, connection: unknown): void {
  if (!isObject(connection)) {
    problems.push('clientConnection: must be an object')
    return
  }
  hasFields(problems, 'clientConnection', connection, clientConnectionFields)
  const { burst } = connection
  if (typeof burst === 'number' && burst < 0) problems.push(`clientConnection.burst: Invalid value: ${burst}: must be non-negative`)
}

function validateExtenders(problems: Problems, extenders: unknown): void {
  if (!Array.isArray(extenders)) {
    problems.push('extenders: must be a list')
    return
  }
  let binders = 0
  const managed = new Set<string>()
  for (const [i, extender] of extenders.entries()) {
    const path = `extenders[${i}]`
    if (!isObject(extender)) {
      problems.push(`${path}: must be an object`)
      continue
    }
    hasFields(problems, path, extender, extenderFields)
    const { urlPrefix, prioritizeVerb, weight = 0, bindVerb, httpTimeout, tlsConfig, managedResources = [] } = extender
    if (!/^https?:$/.test(URL.parse(String(urlPrefix))?.protocol ?? ''))
      problems.push(`${path}.urlPrefix: Invalid value: ${JSON.stringify(urlPrefix)}: must be an http or https URL`)
    if (prioritizeVerb && !(isInteger(weight) && weight > 0))
      problems.push(`${path}.weight: Invalid value: ${JSON.stringify(weight)}: must have a positive weight applied to it`)
    if (bindVerb) binders++
    if (typeof httpTimeout === 'string' && !((parseDuration(httpTimeout) ?? -1) >= 0))
      problems.push(`${path}.httpTimeout: Invalid value: ${JSON.stringify(httpTimeout)}: must be a duration that is not negative`)
    if (isObject(tlsConfig)) {
      hasFields(problems, `${path}.tlsConfig`, tlsConfig, tlsFields)
      if (tlsConfig['insecure'] && (tlsConfig['caFile'] || tlsConfig['caData']))
        problems.push(`${path}.tlsConfig: specifying a root certificates file with the insecure flag is not allowed`)
    }
    if (!Array.isArray(managedResources)) problems.push(`${path}.managedResources: must be a list`)
    else
      for (const [j, resource] of managedResources.entries())
        validateManagedResource(problems, `${path}.managedResources[${j}]`, resource, managed)
  }
  if (binders > 1)
    problems.push(`extenders: Invalid value: "found ${binders} extenders implementing bind": only one extender can implement bind`)
}

function validateManagedResource(problems: Problems, path: string, resource: unknown, seen: Set<string>): void {
  if (!isObject(resource)) {
    problems.push(`${path}: must be an object`)
    return
  }
  hasFields(problems, path, resource, { name: 'string', ignoredByScheduler: 'boolean' })
  const name = String(resource['name'] ?? '')
  const say = (why: string) => problems.push(`${path}.name: Invalid value: ${JSON.stringify(name)}: ${why}`)
  const malformed = isQualifiedName(name)
  for (const why of malformed) say(why)
  if (malformed.length === 0 && !isExtendedResource(name)) say('is an invalid extended resource name')
  if (seen.has(name)) say('duplicate extender managed resource name')
  seen.add(name)
}

function hasFields(problems: Problems, path: string, value: Fields, fields: typeof extenderFields): void {
  for (const [field, given] of Object.entries(value)) {
    if (!Object.hasOwn(fields, field)) problems.push(`unknown field "${path}.${field}"`)
    else if (typeof given !== fields[field]) problems.push(`${path}.${field}: must be of type ${fields[field]}`)
  }
}

function validateProfile(problems: Problems, path: string, profile: Fields, known: ReadonlySet<string>): void {
  for (const field of Object.keys(profile))
    if (!['schedulerName', 'percentageOfNodesToScore', 'plugins', 'pluginConfig'].includes(field))
      problems.push(`unknown field "${path}.${field}"`)
  percentage(problems, `${path}.percentageOfNodesToScore`, profile['percentageOfNodesToScore'])
  const sets = profile['plugins'] ?? {}
  if (!isObject(sets)) problems.push(`${path}.plugins: must be an object`)
  else
    for (const [point, set] of Object.entries(sets)) {
      const here = `${path}.plugins.${point}`
      if (!points.includes(point)) problems.push(`unknown field "${here}"`)
      else if (!isObject(set)) problems.push(`${here}: must be an object`)
      else for (const side of ['enabled', 'disabled']) validatePlugins(problems, `${here}.${side}`, set[side], side, known)
    }
  const seen = new Set<unknown>()
  const configs = profile['pluginConfig'] ?? []
  if (!Array.isArray(configs)) problems.push(`${path}.pluginConfig: must be a list`)
  else
    for (const [i, config] of configs.entries()) {
      const here = `${path}.pluginConfig[${i}]`
      const name = isObject(config) ? config['name'] : undefined
      if (typeof name !== 'string' || !known.has(name))
        problems.push(`${here}: Invalid value: ${JSON.stringify(name)}: there is no such plugin`)
      else if (seen.has(name)) problems.push(`${here}: Duplicate value: ${JSON.stringify(name)}`)
      seen.add(name)
      if (isObject(config)) validateArguments(problems, `${here}.args`, name as string, config['args'])
    }
}

function validatePlugins(problems: Problems, path: string, list: unknown, side: string, known: ReadonlySet<string>): void {
  if (list === undefined) return
  if (!Array.isArray(list)) {
    problems.push(`${path}: must be a list`)
    return
  }
  const seen = new Set<unknown>()
  for (const [i, entry] of list.entries()) {
    const name = isObject(entry) ? entry['name'] : undefined
    const weight = isObject(entry) ? entry['weight'] : undefined
    const all = name === '*' && side === 'disabled'
    if (typeof name !== 'string' || (!all && !known.has(name)))
      problems.push(`${path}[${i}]: Invalid value: ${JSON.stringify(name)}: there is no such plugin`)
    else if (seen.has(name)) problems.push(`${path}[${i}]: Duplicate value: ${JSON.stringify(name)}`)
    if (weight !== undefined && !(isInteger(weight) && weight >= 0 && weight <= 100))
      problems.push(`${path}[${i}].weight: Invalid value: ${JSON.stringify(weight)}: must be an integer of 0 to 100`)
    seen.add(name)
  }
}

function validateArguments(problems: Problems, path: string, plugin: string, given: unknown): void {
  if (given === undefined) return
  if (!isObject(given)) {
    problems.push(`${path}: must be an object`)
    return
  }
  const { apiVersion: _, kind: __, ...args } = given
  hasFields(problems, path, args, argumentFields[plugin] ?? {})
  const invalid = (field: string, value: unknown, why: string) =>
    problems.push(`${path}.${field}: Invalid value: ${JSON.stringify(value)}: ${why}`)
  const say = (errors: readonly FieldError[]) => {
    for (const error of errors) problems.push(`${error.field}: ${causeMessage(error)}`)
  }
  const inRange = (field: string, least: number, most: number, why: string) => {
    const value = args[field]
    if (value !== undefined && !(isInteger(value) && value >= least && value <= most)) invalid(field, value, why)
  }
  switch (plugin) {
    case 'DefaultPreemption': {
      inRange('minCandidateNodesPercentage', 0, 100, 'not in valid range [0, 100]')
      inRange('minCandidateNodesAbsolute', 0, Number.MAX_SAFE_INTEGER, 'not in valid range [0, inf)')
      if (args['minCandidateNodesPercentage'] === 0 && args['minCandidateNodesAbsolute'] === 0) {
        invalid('minCandidateNodesPercentage', 0, 'cannot be zero at the same time as minCandidateNodesAbsolute')
        invalid('minCandidateNodesAbsolute', 0, 'cannot be zero at the same time as minCandidateNodesPercentage')
      }
      break
    }
    case 'InterPodAffinity':
      inRange('hardPodAffinityWeight', 0, 100, 'not in valid range [0, 100]')
      break
    case 'NodeAffinity': {
      const { addedAffinity } = args
      if (!isObject(addedAffinity)) break
      const { requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution: preferred } =
        addedAffinity as Partial<NodeAffinity>
      const at = `${path}.addedAffinity`
      if (isObject(required)) say(validateNodeSelector(required, `${at}.requiredDuringSchedulingIgnoredDuringExecution`))
      if (Array.isArray(preferred))
        say(validatePreferredSchedulingTerms(preferred, `${at}.preferredDuringSchedulingIgnoredDuringExecution`))
      break
    }
    case 'DynamicResources': {
      const { bindingTimeout, filterTimeout } = args
      if (typeof filterTimeout === 'string' && !((parseDuration(filterTimeout) ?? -1) >= 0))
        invalid('filterTimeout', filterTimeout, 'must be zero or positive')
      if (typeof bindingTimeout === 'string' && !((parseDuration(bindingTimeout) ?? 0) >= 1000))
        invalid('bindingTimeout', bindingTimeout, 'must be at least 1 second')
      break
    }
    case 'VolumeBinding':
      inRange('bindTimeoutSeconds', 0, Number.MAX_SAFE_INTEGER, 'invalid BindTimeoutSeconds, should not be a negative value')
      break
    case 'PodTopologySpread': {
      const { defaultConstraints, defaultingType } = args
      if (defaultingType !== undefined && defaultingType !== 'System' && defaultingType !== 'List')
        problems.push(`${path}.defaultingType: Unsupported value: ${JSON.stringify(defaultingType)}: supported values: "List", "System"`)
      if (defaultingType !== 'List' && Array.isArray(defaultConstraints) && defaultConstraints.length)
        invalid('defaultingType', defaultingType ?? 'System', 'when .defaultConstraints are not empty')
      if (Array.isArray(defaultConstraints)) validateDefaultConstraints(problems, `${path}.defaultConstraints`, defaultConstraints)
      break
    }
    case 'NodeResourcesBalancedAllocation': {
      resourceWeights(problems, `${path}.resources`, args['resources'], 1, () => 'must be 1')
      const names = (Array.isArray(args['resources']) ? args['resources'] : []).map((r: unknown) => (isObject(r) ? r['name'] : undefined))
      for (const [i, name] of names.entries())
        if (names.indexOf(name) < i) problems.push(`${path}.resources[${i}].name: Duplicate value: ${JSON.stringify(name)}`)
      break
    }
    case 'NodeResourcesFit': {
      for (const field of ['ignoredResources', 'ignoredResourceGroups'])
        for (const [i, name] of (Array.isArray(args[field]) ? (args[field] as unknown[]) : []).entries()) {
          if (field === 'ignoredResourceGroups' && String(name).includes('/'))
            invalid(`${field}[${i}]`, name, "resource group name can't contain '/'")
          say(validateLabelName(String(name), `${path}.${field}[${i}]`))
        }
      const strategy = args['scoringStrategy']
      if (isObject(strategy)) validateScoringStrategy(problems, `${path}.scoringStrategy`, strategy)
    }
  }
}

function validateScoringStrategy(problems: Problems, path: string, strategy: Fields): void {
  hasFields(problems, path, strategy, { type: 'string', resources: 'object', requestedToCapacityRatio: 'object' })
  const types = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio']
  const { type, resources, requestedToCapacityRatio: ratio } = strategy
  if (type !== undefined && !types.includes(type as string))
    problems.push(`${path}.type: Unsupported value: ${JSON.stringify(type)}: supported values: ${types.map((t) => `"${t}"`).join(', ')}`)
  resourceWeights(problems, `${path}.resources`, resources, 100, (name) => `resource weight of ${name} not in valid range (0, 100]`)
  if (type !== 'RequestedToCapacityRatio') {
    if (ratio !== undefined)
      problems.push(`${path}.requestedToCapacityRatio: Forbidden: must be nil when type is not RequestedToCapacityRatio`)
    return
  }
  if (!isObject(ratio)) {
    problems.push(`${path}.requestedToCapacityRatio: Required value: must be specified when type is RequestedToCapacityRatio`)
    return
  }
  const { shape } = ratio
  const here = `${path}.requestedToCapacityRatio.shape`
  if (!Array.isArray(shape) || shape.length === 0) {
    problems.push(`${here}: Required value: at least one point must be specified`)
    return
  }
  let last = -1
  for (const [i, point] of shape.entries()) {
    const { utilization, score } = isObject(point) ? point : {}
    if (!(isInteger(utilization) && utilization >= 0 && utilization <= 100))
      problems.push(`${here}[${i}].utilization: Invalid value: ${JSON.stringify(utilization)}: not in valid range [0, 100]`)
    else {
      if (utilization <= last)
        problems.push(`${here}[${i}].utilization: Invalid value: ${utilization}: values must be sorted in increasing order`)
      last = utilization
    }
    if (!(isInteger(score) && score >= 0 && score <= 10))
      problems.push(`${here}[${i}].score: Invalid value: ${JSON.stringify(score)}: not in valid range [0, 10]`)
  }
}

function validateDefaultConstraints(problems: Problems, path: string, constraints: readonly unknown[]): void {
  const seen = new Set<string>()
  for (const [i, constraint] of constraints.entries()) {
    const at = `${path}[${i}]`
    const { maxSkew, topologyKey = '', whenUnsatisfiable = '', labelSelector } = isObject(constraint) ? constraint : {}
    if (!(isInteger(maxSkew) && maxSkew > 0))
      problems.push(`${at}.maxSkew: Invalid value: ${JSON.stringify(maxSkew ?? 0)}: not in valid range (0, inf)`)
    if (topologyKey === '') problems.push(`${at}.topologyKey: Required value: can not be empty`)
    else
      for (const error of validateLabelName(String(topologyKey), `${at}.topologyKey`))
        problems.push(`${error.field}: ${causeMessage(error)}`)
    if (whenUnsatisfiable === '') problems.push(`${at}.whenUnsatisfiable: Required value: can not be empty`)
    else if (whenUnsatisfiable !== 'DoNotSchedule' && whenUnsatisfiable !== 'ScheduleAnyway')
      problems.push(
        `${at}.whenUnsatisfiable: Unsupported value: ${JSON.stringify(whenUnsatisfiable)}: supported values: "DoNotSchedule", "ScheduleAnyway"`,
      )
    if (labelSelector) problems.push(`${at}.labelSelector: Forbidden: constraint must not define a selector, as they deduced for each pod`)
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`
    if (seen.has(pair)) problems.push(`${at}: Duplicate value: ${JSON.stringify(pair)}`)
    seen.add(pair)
  }
}

function resourceWeights(problems: Problems, path: string, resources: unknown, most: number, why: (name: unknown) => string): void {
  if (resources !== undefined && !Array.isArray(resources)) problems.push(`${path}: must be a list`)
  for (const [i, resource] of (Array.isArray(resources) ? resources : []).entries()) {
    const weight = isObject(resource) ? (resource['weight'] ?? 1) : undefined
    if (!(isInteger(weight) && weight > 0 && weight <= most))
      problems.push(`${path}[${i}].weight: Invalid value: ${JSON.stringify(weight)}: ${why(isObject(resource) ? resource['name'] : '')}`)
  }
}

function percentage(problems: Problems, path: string, value: unknown): void {
  if (value !== undefined && !(isInteger(value) && value >= 0 && value <= 100))
    problems.push(`${path}: Invalid value: ${JSON.stringify(value)}: not in valid range [0-100]`)
}
