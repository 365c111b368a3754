/** KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1): profiles, their plugins with weights, and the plugins' arguments. */
import type { Selector } from '../api/labels.ts'
import type { Pod } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import type { Informers } from '../client/informer.ts'
import { validateConfiguration } from './configuration-validation.ts'
import type { Profile } from './cycle.ts'
import type { ExtenderConfiguration } from './extender.ts'
import type { Plugin } from './framework.ts'
import { createDynamicResources } from './plugins/dynamic-resources.ts'
import { imageLocality } from './plugins/image-locality.ts'
import { createInterPodAffinity, type InterPodAffinityArgs } from './plugins/inter-pod-affinity.ts'
import { nodeAffinity } from './plugins/node-affinity.ts'
import { nodeName } from './plugins/node-name.ts'
import { nodePorts } from './plugins/node-ports.ts'
import { nodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.ts'
import { createNodeResourcesFit, type FitArgs } from './plugins/node-resources-fit.ts'
import { nodeUnschedulable } from './plugins/node-unschedulable.ts'
import { createNodeVolumeLimits } from './plugins/node-volume-limits.ts'
import { createPodTopologySpread, type TopologySpreadArgs } from './plugins/pod-topology-spread.ts'
import { schedulingGates } from './plugins/scheduling-gates.ts'
import { taintToleration } from './plugins/taint-toleration.ts'
import { createVolumeBinding, type VolumeBindingArgs } from './plugins/volume-binding.ts'
import { createVolumeRestrictions } from './plugins/volume-restrictions.ts'
import { createVolumeZone } from './plugins/volume-zone.ts'

export interface SchedulerConfiguration {
  readonly profiles?: readonly ProfileConfiguration[]
  readonly percentageOfNodesToScore?: number
  readonly podInitialBackoffSeconds?: number
  readonly podMaxBackoffSeconds?: number
  readonly extenders?: readonly ExtenderConfiguration[]
  readonly leaderElection?: { readonly leaderElect?: boolean }
  readonly clientConnection?: { readonly kubeconfig?: string }
}

interface ProfileConfiguration {
  readonly schedulerName?: string
  readonly percentageOfNodesToScore?: number
  readonly plugins?: Readonly<Record<string, PluginSet>>
  readonly pluginConfig?: readonly { readonly name: string; readonly args?: object }[]
}
interface PluginSet {
  readonly enabled?: readonly { readonly name: string; readonly weight?: number }[]
  readonly disabled?: readonly { readonly name: string }[]
}

export interface ProfileDeps {
  readonly client: Client
  readonly informers: Informers
  readonly defaultSelector: (pod: Pod) => Selector | undefined
}
interface PluginDeps extends ProfileDeps {
  /** Extended resources that an extender checks in NodeResourcesFit's place. */
  readonly ignoredResources: readonly string[]
}

/** In upstream's order, which decides whose reason is told; with the weights of those that score. */
const defaultPlugins: readonly {
  readonly name: string
  readonly weight?: number
  readonly create: (deps: PluginDeps, args: object) => Plugin
}[] = [
  { name: 'SchedulingGates', create: () => schedulingGates },
  { name: 'NodeUnschedulable', create: () => nodeUnschedulable },
  { name: 'NodeName', create: () => nodeName },
  { name: 'TaintToleration', weight: 3, create: () => taintToleration },
  { name: 'NodeAffinity', weight: 2, create: () => nodeAffinity },
  { name: 'NodePorts', create: () => nodePorts },
  {
    name: 'NodeResourcesFit',
    weight: 1,
    create: ({ ignoredResources }, args: FitArgs) =>
      createNodeResourcesFit({ ...args, ignoredResources: [...(args.ignoredResources ?? []), ...ignoredResources] }),
  },
  { name: 'VolumeRestrictions', create: (deps) => createVolumeRestrictions(deps.informers) },
  { name: 'NodeVolumeLimits', create: (deps) => createNodeVolumeLimits(deps.informers) },
  { name: 'VolumeBinding', create: (deps, args) => createVolumeBinding(deps, args as VolumeBindingArgs) },
  { name: 'VolumeZone', create: (deps) => createVolumeZone(deps.informers) },
  {
    name: 'PodTopologySpread',
    weight: 2,
    create: (deps, args) => createPodTopologySpread(deps.defaultSelector, args as TopologySpreadArgs),
  },
  { name: 'InterPodAffinity', weight: 2, create: (_, args) => createInterPodAffinity(args as InterPodAffinityArgs) },
  { name: 'DynamicResources', create: (deps) => createDynamicResources(deps) },
  { name: 'NodeResourcesBalancedAllocation', weight: 1, create: () => nodeResourcesBalancedAllocation },
  { name: 'ImageLocality', weight: 1, create: () => imageLocality },
]

export class ConfigurationError extends Error {}

export const knownPlugins: ReadonlySet<string> = new Set([
  'DefaultBinder',
  'DefaultPreemption',
  'PrioritySort',
  ...defaultPlugins.map((p) => p.name),
])

/** The profiles by scheduler name. Throws ConfigurationError for what cannot be. */
export function createProfiles(configuration: SchedulerConfiguration, deps: ProfileDeps): Map<string, Profile> {
  const problems = validateConfiguration(configuration, knownPlugins)
  if (problems.length) throw new ConfigurationError(problems.join('\n'))
  const profiles = new Map<string, Profile>()
  for (const given of configuration.profiles?.length ? configuration.profiles : [{}]) {
    const schedulerName = given.schedulerName ?? 'default-scheduler'
    profiles.set(schedulerName, createProfile(given, schedulerName, configuration, deps))
  }
  return profiles
}

function createProfile(
  given: ProfileConfiguration,
  schedulerName: string,
  configuration: SchedulerConfiguration,
  deps: ProfileDeps,
): Profile {
  const multiPoint = given.plugins?.['multiPoint']
  const enabledAt = (point: string, name: string): boolean => {
    const sets = [given.plugins?.[point], multiPoint].filter((set) => set !== undefined)
    for (const set of sets) {
      if (set.enabled?.some((p) => p.name === name)) return true
      if (set.disabled?.some((p) => p.name === name || p.name === '*')) return false
    }
    return true
  }
  const weightOf = (name: string, fallback: number) =>
    [given.plugins?.['score'], multiPoint].map((set) => set?.enabled?.find((p) => p.name === name)?.weight).find((weight) => weight) ??
    fallback
  const managed = configuration.extenders?.flatMap((extender) => extender.managedResources ?? []) ?? []
  const ignoredResources = managed.filter((resource) => resource.ignoredByScheduler).map(({ name }) => name)
  const made = defaultPlugins.map(({ name, weight, create }) => ({
    weight,
    plugin: create({ ...deps, ignoredResources }, given.pluginConfig?.find((c) => c.name === name)?.args ?? {}),
  }))
  return {
    schedulerName,
    plugins: made.map(({ plugin }) => plugin).filter(({ name }) => enabledAt('filter', name)),
    scoring: made
      .filter(({ plugin }) => plugin.score && enabledAt('score', plugin.name))
      .map(({ plugin, weight = 1 }) => ({ plugin, weight: weightOf(plugin.name, weight) })),
    percentageOfNodesToScore: given.percentageOfNodesToScore ?? configuration.percentageOfNodesToScore ?? 0,
  }
}
