/** KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1): profiles, their plugins with weights, and the plugins' arguments. */
import type { EventRecorder } from '../client/events.ts'
import { validateConfiguration } from './configuration-validation.ts'
import { defaultPlugins, knownPlugins } from './default-plugins.ts'
import type { ExtenderConfiguration } from './extender.ts'
import { type Plugin, type PluginDeps, type Point, type Profile, points } from './framework.ts'

export interface SchedulerConfiguration {
  readonly profiles?: readonly ProfileConfiguration[]
  readonly percentageOfNodesToScore?: number
  readonly podInitialBackoffSeconds?: number
  readonly podMaxBackoffSeconds?: number
  readonly extenders?: readonly ExtenderConfiguration[]
  readonly leaderElection?: LeaderElectionConfiguration
  readonly clientConnection?: { readonly kubeconfig?: string }
}

interface ProfileConfiguration {
  readonly schedulerName?: string
  readonly percentageOfNodesToScore?: number
  readonly plugins?: Readonly<Record<string, PluginSet>>
  readonly pluginConfig?: readonly { readonly name: string; readonly args?: object }[]
}
interface PluginSet {
  readonly enabled?: readonly Enabled[]
  readonly disabled?: readonly { readonly name: string }[]
}
interface Enabled {
  readonly name: string
  readonly weight?: number
}

/** Times are durations as Go writes them. */
export interface LeaderElectionConfiguration {
  readonly leaderElect?: boolean
  readonly leaseDuration?: string
  readonly renewDeadline?: string
  readonly retryPeriod?: string
  readonly resourceName?: string
  readonly resourceNamespace?: string
}

export class ConfigurationError extends Error {}

/** What is wrong with a configuration: with its fields, or else with what is left of its plugins (NewFramework). */
export function problemsOf(configuration: SchedulerConfiguration): string[] {
  const problems = validateConfiguration(configuration, knownPlugins)
  if (problems.length) return problems
  return profilesOf(configuration).flatMap(({ schedulerName, plugins = {} }) => {
    const everywhere = merged(defaultPlugins, plugins['multiPoint'])
    const isOn = (plugin: string, point: string) => expanded(everywhere, plugins[point]).some(({ name }) => name === plugin)
    const profile = `for profile with scheduler name ${JSON.stringify(schedulerName)}`
    return [
      ...(isOn('PrioritySort', 'queueSort') ? [] : [`only one queue sort plugin required ${profile}, but got 0`]),
      ...(isOn('DefaultBinder', 'bind') ? [] : [`at least one bind plugin is needed ${profile}`]),
    ]
  })
}

const profilesOf = ({ profiles }: SchedulerConfiguration) =>
  (profiles?.length ? profiles : [{}]).map((profile) => ({ schedulerName: 'default-scheduler', ...profile }))

/** The profiles by scheduler name. Throws ConfigurationError for what cannot be. */
export function createProfiles(configuration: SchedulerConfiguration, deps: PluginDeps): Map<string, Profile> {
  const problems = problemsOf(configuration)
  if (problems.length) throw new ConfigurationError(problems.join('\n'))
  return new Map(
    profilesOf(configuration).map((profile) => {
      const { schedulerName } = profile
      return [schedulerName, createProfile(profile, schedulerName, configuration, deps)]
    }),
  )
}

function createProfile(
  given: ProfileConfiguration,
  schedulerName: string,
  configuration: SchedulerConfiguration,
  shared: PluginDeps,
): Profile {
  const { recorder: of } = shared
  const recorder: EventRecorder = { ...of, event: (about, type, reason, message) => of.event(about, type, reason, message, schedulerName) }
  const deps = { ...shared, recorder }
  const everywhere = merged(defaultPlugins, given.plugins?.['multiPoint'])
  const plugins = new Map(
    defaultPlugins.map(({ name, create }) => [name, create(deps, given.pluginConfig?.find((c) => c.name === name)?.args ?? {})]),
  )
  const at = (point: Point) =>
    upstreamPoints[point]
      .reduce<readonly Enabled[]>((enabled, name) => expanded(enabled, given.plugins?.[name]), everywhere)
      .map(({ name }) => plugins.get(name) as Plugin)
      .filter((plugin) => plugin[point])
  // A weight that is not told is 1, also for a plugin that weighs more by default and is enabled by name.
  const scores = expanded(everywhere, given.plugins?.['score'])
  return {
    schedulerName,
    at: Object.fromEntries(points.map((point) => [point, at(point)])) as unknown as Profile['at'],
    weights: new Map(scores.map(({ name, weight }) => [name, weight || 1])),
    percentageOfNodesToScore: given.percentageOfNodesToScore ?? configuration.percentageOfNodesToScore ?? 0,
    recorder,
  }
}

/** Where upstream has two points for what is one here, a plugin must be on at both. */
const upstreamPoints: Readonly<Record<Point, readonly string[]>> = {
  preEnqueue: ['preEnqueue'],
  preFilter: ['preFilter', 'filter'],
  postFilter: ['postFilter'],
  preScore: ['preScore', 'score'],
  reserve: ['reserve'],
  preBind: ['preBind'],
  bind: ['bind'],
}

/** The default plugins with what multiPoint says of them, in place, and with what it adds (mergePluginSet). */
function merged(defaults: readonly Enabled[], { enabled = [], disabled = [] }: PluginSet = {}): readonly Enabled[] {
  const kept = disabled.some(({ name }) => name === '*') ? [] : defaults.filter(({ name }) => !disabled.some((d) => d.name === name))
  const added = enabled.filter(({ name }) => !kept.some((k) => k.name === name))
  return [...kept.map((plugin) => enabled.find(({ name }) => name === plugin.name) ?? plugin), ...added]
}

/** The plugins of one point: those it enables itself come first, in its order (expandMultiPointPlugins). */
function expanded(everywhere: readonly Enabled[], { enabled = [], disabled = [] }: PluginSet = {}): readonly Enabled[] {
  if (disabled.some(({ name }) => name === '*')) return enabled
  const overriding = enabled.filter(({ name }) => everywhere.some((e) => e.name === name))
  const added = enabled.filter((plugin) => !overriding.includes(plugin))
  return [...overriding, ...everywhere.filter(({ name }) => ![...enabled, ...disabled].some((e) => e.name === name)), ...added]
}
