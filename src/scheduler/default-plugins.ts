/** Upstream's default plugins, one file each in `plugins`, in its order, with its weights (apis/config/v1/default_plugins.go). */
import type { Plugin, PluginDeps } from './framework.ts'
import { createDefaultBinder } from './plugins/default-binder.ts'
import { createDefaultPreemption, type DefaultPreemptionArgs } from './plugins/default-preemption.ts'
import { createDefaultSelector } from './plugins/default-selector.ts'
import { createDynamicResources, type DynamicResourcesArgs } from './plugins/dynamic-resources.ts'
import { createDeviceClassOf } from './plugins/extended-resources.ts'
import { imageLocality } from './plugins/image-locality.ts'
import { createInterPodAffinity, type InterPodAffinityArgs } from './plugins/inter-pod-affinity.ts'
import { createNodeAffinity, type NodeAffinityArgs } from './plugins/node-affinity.ts'
import { nodeDeclaredFeatures } from './plugins/node-declared-features.ts'
import { nodeName } from './plugins/node-name.ts'
import { nodePorts } from './plugins/node-ports.ts'
import { type BalancedAllocationArgs, createNodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.ts'
import { createNodeResourcesFit, type FitArgs } from './plugins/node-resources-fit.ts'
import { nodeUnschedulable } from './plugins/node-unschedulable.ts'
import { createNodeVolumeLimits } from './plugins/node-volume-limits.ts'
import { createPodTopologySpread, type TopologySpreadArgs } from './plugins/pod-topology-spread.ts'
import { prioritySort } from './plugins/priority-sort.ts'
import { schedulingGates } from './plugins/scheduling-gates.ts'
import { taintToleration } from './plugins/taint-toleration.ts'
import { createVolumeBinding, type VolumeBindingArgs } from './plugins/volume-binding.ts'
import { createVolumeRestrictions } from './plugins/volume-restrictions.ts'
import { createVolumeZone } from './plugins/volume-zone.ts'

/** The order decides whose reason is told when several plugins turn a node down. */
export const defaultPlugins: readonly {
  readonly name: string
  readonly weight?: number
  readonly create: (deps: PluginDeps, args: object) => Plugin
}[] = [
  { name: 'SchedulingGates', create: () => schedulingGates },
  { name: 'PrioritySort', create: () => prioritySort },
  { name: 'NodeUnschedulable', create: () => nodeUnschedulable },
  { name: 'NodeName', create: () => nodeName },
  { name: 'TaintToleration', weight: 3, create: () => taintToleration },
  { name: 'NodeAffinity', weight: 2, create: (_, args: NodeAffinityArgs) => createNodeAffinity(args) },
  { name: 'NodePorts', create: () => nodePorts },
  {
    name: 'NodeResourcesFit',
    weight: 1,
    create: (deps, args: FitArgs) => createNodeResourcesFit(args, deps.extenders, createDeviceClassOf(deps.informers)),
  },
  { name: 'VolumeRestrictions', create: (deps) => createVolumeRestrictions(deps.informers) },
  { name: 'NodeVolumeLimits', create: (deps) => createNodeVolumeLimits(deps.informers) },
  { name: 'VolumeBinding', create: (deps, args: VolumeBindingArgs) => createVolumeBinding(deps, args) },
  { name: 'VolumeZone', create: (deps) => createVolumeZone(deps.informers) },
  {
    name: 'PodTopologySpread',
    weight: 2,
    create: (deps, args: TopologySpreadArgs) => createPodTopologySpread(createDefaultSelector(deps.informers), args),
  },
  { name: 'InterPodAffinity', weight: 2, create: (_, args: InterPodAffinityArgs) => createInterPodAffinity(args) },
  // Before preemption: an idle claim is better given up than a pod.
  {
    name: 'DynamicResources',
    weight: 2,
    create: (deps, args: DynamicResourcesArgs) => createDynamicResources(deps, createDeviceClassOf(deps.informers), args),
  },
  { name: 'DefaultPreemption', create: (deps, args: DefaultPreemptionArgs) => createDefaultPreemption(deps, args) },
  {
    name: 'NodeResourcesBalancedAllocation',
    weight: 1,
    create: (_, args: BalancedAllocationArgs) => createNodeResourcesBalancedAllocation(args),
  },
  { name: 'ImageLocality', weight: 1, create: () => imageLocality },
  { name: 'DefaultBinder', create: (deps) => createDefaultBinder(deps) },
  { name: 'NodeDeclaredFeatures', create: () => nodeDeclaredFeatures },
]

export const knownPlugins: ReadonlySet<string> = new Set(defaultPlugins.map((plugin) => plugin.name))
