/**
 * What a KubeSchedulerConfiguration may say (pkg/scheduler/apis/config/validation): every mistake is told at once, with
 * its field. What upstream knows and this scheduler does not do is a mistake too, never ignored.
 */

import { isQualifiedName } from '../api/validation/names.ts'
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
  }
  validateExtenders(problems, configuration['extenders'] ?? [])
  return problems
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

function validateArguments(problems: Problems, path: string, plugin: string, args: unknown): void {
  if (args === undefined) return
  if (!isObject(args)) {
    problems.push(`${path}: must be an object`)
    return
  }
  const inRange = (field: string, least: number, most: number) => {
    const value = args[field]
    if (value !== undefined && !(isInteger(value) && value >= least && value <= most))
      problems.push(`${path}.${field}: Invalid value: ${JSON.stringify(value)}: not in valid range [${least}-${most}]`)
  }
  if (plugin === 'InterPodAffinity') inRange('hardPodAffinityWeight', 0, 100)
  if (plugin === 'VolumeBinding') inRange('bindTimeoutSeconds', 0, Number.MAX_SAFE_INTEGER)
  if (plugin === 'PodTopologySpread') {
    const { defaultConstraints, defaultingType } = args
    if (defaultingType !== undefined && defaultingType !== 'System' && defaultingType !== 'List')
      problems.push(`${path}.defaultingType: Unsupported value: ${JSON.stringify(defaultingType)}: supported values: "List", "System"`)
    if (defaultingType !== 'List' && Array.isArray(defaultConstraints) && defaultConstraints.length)
      problems.push(
        `${path}.defaultingType: Invalid value: ${JSON.stringify(defaultingType ?? 'System')}: when .defaultConstraints are not empty, must be "List"`,
      )
  }
  if (plugin === 'NodeResourcesFit') {
    const type = isObject(args['scoringStrategy']) ? args['scoringStrategy']['type'] : undefined
    const types = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio']
    if (type !== undefined && !types.includes(type as string))
      problems.push(
        `${path}.scoringStrategy.type: Unsupported value: ${JSON.stringify(type)}: supported values: ${types.map((t) => `"${t}"`).join(', ')}`,
      )
  }
}

function percentage(problems: Problems, path: string, value: unknown): void {
  if (value !== undefined && !(isInteger(value) && value >= 0 && value <= 100))
    problems.push(`${path}: Invalid value: ${JSON.stringify(value)}: not in valid range [0-100]`)
}
