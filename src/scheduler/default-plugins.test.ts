import { expect, test } from 'vitest'
import { createProfiles, type SchedulerConfiguration } from './configuration.ts'
import { defaultPlugins } from './default-plugins.ts'
import type { PluginDeps, Point } from './framework.ts'
import { withObjects } from './plugins/testing.ts'

test('the default plugins are upstream’s, in its order, with its weights', () => {
  expect(defaultPlugins.map(({ name, weight }) => (weight ? `${name} ${weight}` : name))).toEqual([
    'SchedulingGates',
    'PrioritySort',
    'NodeUnschedulable',
    'NodeName',
    'TaintToleration 3',
    'NodeAffinity 2',
    'NodePorts',
    'NodeResourcesFit 1',
    'VolumeRestrictions',
    'NodeVolumeLimits',
    'VolumeBinding',
    'VolumeZone',
    'PodTopologySpread 2',
    'InterPodAffinity 2',
    'DynamicResources 2',
    'DefaultPreemption',
    'NodeResourcesBalancedAllocation 1',
    'ImageLocality 1',
    'DefaultBinder',
    'NodeDeclaredFeatures',
  ])
})

async function profileOf(configuration: SchedulerConfiguration) {
  const { client, informers } = await withObjects({})
  const profiles = createProfiles(configuration, { client, informers, extenders: [] } as unknown as PluginDeps)
  const profile = [...profiles.values()][0]
  if (!profile) throw new Error('no profile')
  return { ...profile, names: (point: Point) => profile.at[point].map(({ name }) => name) }
}
const scorers = [
  'TaintToleration',
  'NodeAffinity',
  'NodeResourcesFit',
  'PodTopologySpread',
  'InterPodAffinity',
  'DynamicResources',
  'NodeResourcesBalancedAllocation',
  'ImageLocality',
]

test.each<[Point, string[]]>([
  ['preEnqueue', ['SchedulingGates', 'DynamicResources', 'DefaultPreemption']],
  ['postFilter', ['DynamicResources', 'DefaultPreemption']],
  ['preScore', scorers],
  ['reserve', ['VolumeBinding', 'DynamicResources']],
  ['preBind', ['VolumeBinding', 'DynamicResources']],
  ['bind', ['DefaultBinder']],
])('by default at %s', async (point, names) => {
  expect((await profileOf({})).names(point)).toEqual(names)
})

const withPlugins = (plugins: NonNullable<NonNullable<SchedulerConfiguration['profiles']>[number]['plugins']>) => ({
  profiles: [{ plugins }],
})
test.each<[string, SchedulerConfiguration, Point, string[]]>([
  ['a plugin off at one point', withPlugins({ score: { disabled: [{ name: 'ImageLocality' }] } }), 'preScore', scorers.slice(0, -1)],
  [
    'a plugin off everywhere',
    withPlugins({ multiPoint: { disabled: [{ name: 'DefaultPreemption' }] } }),
    'postFilter',
    ['DynamicResources'],
  ],
  [
    'all off but one',
    withPlugins({ score: { disabled: [{ name: '*' }], enabled: [{ name: 'ImageLocality' }] } }),
    'preScore',
    ['ImageLocality'],
  ],
  [
    'off everywhere and on at a point',
    withPlugins({
      multiPoint: { disabled: [{ name: '*' }] },
      queueSort: { enabled: [{ name: 'PrioritySort' }] },
      bind: { enabled: [{ name: 'DefaultBinder' }] },
    }),
    'bind',
    ['DefaultBinder'],
  ],
  [
    'a point’s own plugins come first',
    withPlugins({ score: { enabled: [{ name: 'ImageLocality', weight: 5 }] } }),
    'preScore',
    ['ImageLocality', ...scorers.slice(0, -1)],
  ],
])('a profile with %s', async (_, configuration, point, names) => {
  expect((await profileOf(configuration)).names(point)).toEqual(names)
})

test.each<[string, SchedulerConfiguration, string, number | undefined]>([
  ['the default', {}, 'TaintToleration', 3],
  ['of the point', withPlugins({ score: { enabled: [{ name: 'TaintToleration', weight: 7 }] } }), 'TaintToleration', 7],
  ['of multiPoint', withPlugins({ multiPoint: { enabled: [{ name: 'TaintToleration', weight: 6 }] } }), 'TaintToleration', 6],
  ['1 where it is named without one', withPlugins({ multiPoint: { enabled: [{ name: 'TaintToleration' }] } }), 'TaintToleration', 1],
])('the weight is %s', async (_, configuration, plugin, weight) => {
  expect((await profileOf(configuration)).weights.get(plugin)).toBe(weight)
})
