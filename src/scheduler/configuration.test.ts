import { expect, test } from 'vitest'
import { knownPlugins } from './configuration.ts'
import { validateConfiguration } from './configuration-validation.ts'

const profile = (more: object) => ({ profiles: [{ schedulerName: 'default-scheduler', ...more }] })

test.each<[what: string, configuration: unknown, problems: string[]]>([
  ['nothing at all', {}, []],
  [
    'two profiles with weights and arguments',
    {
      percentageOfNodesToScore: 50,
      podInitialBackoffSeconds: 2,
      podMaxBackoffSeconds: 20,
      profiles: [
        { schedulerName: 'default-scheduler' },
        {
          schedulerName: 'packing',
          percentageOfNodesToScore: 100,
          plugins: { score: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit', weight: 5 }] } },
          pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'MostAllocated' } } }],
        },
      ],
    },
    [],
  ],
  ['a field that nobody knows', { profile: [] }, ['unknown field "profile"']],
  ['extenders', { extenders: [{ urlPrefix: 'http://x' }] }, ['extenders: extenders are not supported by this scheduler']],
  ['a share above all', { percentageOfNodesToScore: 101 }, ['percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]']],
  [
    'a longest back-off under the first',
    { podInitialBackoffSeconds: 5, podMaxBackoffSeconds: 2 },
    ['podMaxBackoffSeconds: Invalid value: 2: must be greater than or equal to PodInitialBackoffSeconds'],
  ],
  [
    'profiles of one name, and one without',
    { profiles: [{ schedulerName: 'a' }, { schedulerName: 'a' }, {}] },
    ['profiles[1].schedulerName: Duplicate value: "a"', 'profiles[2].schedulerName: Required value'],
  ],
  [
    'a plugin that there is not',
    profile({ plugins: { filter: { enabled: [{ name: 'Mine' }] } } }),
    ['profiles[0].plugins.filter.enabled[0]: Invalid value: "Mine": there is no such plugin'],
  ],
  ['a point that there is not', profile({ plugins: { filters: {} } }), ['unknown field "profiles[0].plugins.filters"']],
  [
    'arguments out of range, each told',
    profile({
      pluginConfig: [
        { name: 'InterPodAffinity', args: { hardPodAffinityWeight: 101 } },
        { name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'Best' } } },
        { name: 'PodTopologySpread', args: { defaultConstraints: [{}] } },
      ],
    }),
    [
      'profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 101: not in valid range [0-100]',
      'profiles[0].pluginConfig[1].args.scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"',
      'profiles[0].pluginConfig[2].args.defaultingType: Invalid value: "System": when .defaultConstraints are not empty, must be "List"',
    ],
  ],
  ['text where a list is meant', { profiles: 'x' }, ['profiles: must be a list']],
])('a configuration with %s', (_, configuration, problems) => {
  expect(validateConfiguration(configuration, knownPlugins)).toEqual(problems)
})
