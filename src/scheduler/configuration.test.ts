import { expect, test } from 'vitest'
import { problemsOf, type SchedulerConfiguration } from './configuration.ts'

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
  [
    'an extender with all that it can say',
    {
      extenders: [
        {
          urlPrefix: 'https://127.0.0.1:8888/scheduler',
          filterVerb: 'filter',
          prioritizeVerb: 'prioritize',
          weight: 2,
          bindVerb: 'bind',
          preemptVerb: 'preempt',
          enableHTTPS: true,
          tlsConfig: { insecure: false, serverName: 'extender', caData: 'eA==' },
          httpTimeout: '1.5s',
          nodeCacheCapable: true,
          managedResources: [{ name: 'example.com/gpu', ignoredByScheduler: true }],
          ignorable: true,
        },
      ],
    },
    [],
  ],
  [
    'extenders that cannot be, each told',
    {
      extenders: [
        { urlPrefix: 'x', prioritizeVerb: 'p', bindVerb: 'b', httpTimeout: 'soon', managedResources: [{ name: 'cpu' }] },
        {
          urlPrefix: 'http://x',
          bindVerb: 'b',
          tlsConfig: { insecure: true, caFile: '/ca' },
          ignorable: 'yes',
          verb: 'x',
          managedResources: [{ name: 'a.com/x' }, { name: 'a.com/x' }],
        },
      ],
    },
    [
      'extenders[0].urlPrefix: Invalid value: "x": must be an http or https URL',
      'extenders[0].weight: Invalid value: 0: must have a positive weight applied to it',
      'extenders[0].httpTimeout: Invalid value: "soon": must be a duration that is not negative',
      'extenders[0].managedResources[0].name: Invalid value: "cpu": is an invalid extended resource name',
      'extenders[1].ignorable: must be of type boolean',
      'unknown field "extenders[1].verb"',
      'extenders[1].tlsConfig: specifying a root certificates file with the insecure flag is not allowed',
      'extenders[1].managedResources[1].name: Invalid value: "a.com/x": duplicate extender managed resource name',
      'extenders: Invalid value: "found 2 extenders implementing bind": only one extender can implement bind',
    ],
  ],
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
        {
          name: 'PodTopologySpread',
          args: { defaultConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] },
        },
      ],
    }),
    [
      'profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]',
      'profiles[0].pluginConfig[1].args.scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"',
      'profiles[0].pluginConfig[2].args.defaultingType: Invalid value: "System": when .defaultConstraints are not empty',
    ],
  ],
  [
    'arguments that cannot be, of each plugin that has some',
    profile({
      pluginConfig: [
        { name: 'DefaultPreemption', args: { minCandidateNodesPercentage: 101, minCandidateNodesAbsolute: -1 } },
        { name: 'VolumeBinding', args: { bindTimeoutSeconds: -1 } },
        { name: 'NodeResourcesBalancedAllocation', args: { resources: [{ name: 'cpu', weight: 2 }, { name: 'cpu' }] } },
        {
          name: 'NodeResourcesFit',
          args: {
            scoringStrategy: {
              type: 'RequestedToCapacityRatio',
              resources: [{ name: 'cpu', weight: 101 }],
              requestedToCapacityRatio: {
                shape: [
                  { utilization: 50, score: 11 },
                  { utilization: 50, score: 0 },
                  { utilization: 101, score: 0 },
                ],
              },
            },
          },
        },
        {
          name: 'PodTopologySpread',
          args: {
            defaultingType: 'List',
            defaultConstraints: [
              { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} },
              { maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' },
              { maxSkew: 1, topologyKey: '-', whenUnsatisfiable: 'Never' },
              { maxSkew: 1 },
            ],
          },
        },
        { name: 'NodeName', args: { strict: true } },
        { name: 'DynamicResources', args: { bindingTimeout: '10ms', filterTimeout: '-1s' } },
        {
          name: 'NodeAffinity',
          args: { addedAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
        },
      ],
    }),
    [
      'profiles[0].pluginConfig[0].args.minCandidateNodesPercentage: Invalid value: 101: not in valid range [0, 100]',
      'profiles[0].pluginConfig[0].args.minCandidateNodesAbsolute: Invalid value: -1: not in valid range [0, inf)',
      'profiles[0].pluginConfig[1].args.bindTimeoutSeconds: Invalid value: -1: invalid BindTimeoutSeconds, should not be a negative value',
      'profiles[0].pluginConfig[2].args.resources[0].weight: Invalid value: 2: must be 1',
      'profiles[0].pluginConfig[2].args.resources[1].name: Duplicate value: "cpu"',
      'profiles[0].pluginConfig[3].args.scoringStrategy.resources[0].weight: Invalid value: 101: resource weight of cpu not in valid range (0, 100]',
      'profiles[0].pluginConfig[3].args.scoringStrategy.requestedToCapacityRatio.shape[0].score: Invalid value: 11: not in valid range [0, 10]',
      'profiles[0].pluginConfig[3].args.scoringStrategy.requestedToCapacityRatio.shape[1].utilization: Invalid value: 50: values must be sorted in increasing order',
      'profiles[0].pluginConfig[3].args.scoringStrategy.requestedToCapacityRatio.shape[2].utilization: Invalid value: 101: not in valid range [0, 100]',
      'profiles[0].pluginConfig[4].args.defaultConstraints[0].labelSelector: Forbidden: constraint must not define a selector, as they deduced for each pod',
      'profiles[0].pluginConfig[4].args.defaultConstraints[1].maxSkew: Invalid value: 0: not in valid range (0, inf)',
      'profiles[0].pluginConfig[4].args.defaultConstraints[1]: Duplicate value: "{zone, DoNotSchedule}"',
      expect.stringContaining('defaultConstraints[2].topologyKey: Invalid value: "-": name part must consist of') as string,
      'profiles[0].pluginConfig[4].args.defaultConstraints[2].whenUnsatisfiable: Unsupported value: "Never": supported values: "DoNotSchedule", "ScheduleAnyway"',
      'profiles[0].pluginConfig[4].args.defaultConstraints[3].topologyKey: Required value: can not be empty',
      'profiles[0].pluginConfig[4].args.defaultConstraints[3].whenUnsatisfiable: Required value: can not be empty',
      'unknown field "profiles[0].pluginConfig[5].args.strict"',
      'profiles[0].pluginConfig[6].args.filterTimeout: Invalid value: "-1s": must be zero or positive',
      'profiles[0].pluginConfig[6].args.bindingTimeout: Invalid value: "10ms": must be at least 1 second',
      'profiles[0].pluginConfig[7].args.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
    ],
  ],
  [
    'resources to ignore that have no such names, and a shape that nobody asked for',
    profile({
      pluginConfig: [
        {
          name: 'NodeResourcesFit',
          args: { ignoredResourceGroups: ['a.com/x'], scoringStrategy: { type: 'LeastAllocated', requestedToCapacityRatio: {} } },
        },
      ],
    }),
    [
      "profiles[0].pluginConfig[0].args.ignoredResourceGroups[0]: Invalid value: \"a.com/x\": resource group name can't contain '/'",
      'profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio: Forbidden: must be nil when type is not RequestedToCapacityRatio',
    ],
  ],
  [
    'a shape that is missing',
    profile({ pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'RequestedToCapacityRatio' } } }] }),
    [
      'profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio: Required value: must be specified when type is RequestedToCapacityRatio',
    ],
  ],
  [
    'profiles that sort the one queue in different ways',
    { profiles: [{ schedulerName: 'a' }, { schedulerName: 'b', plugins: { queueSort: { disabled: [{ name: '*' }] } } }] },
    ['profiles[1].plugins.queueSort: Invalid value: {"disabled":[{"name":"*"}]}: must be the same for all profiles'],
  ],
  [
    'profiles that bind no pod, and sort none',
    { profiles: [{ schedulerName: 'a', plugins: { multiPoint: { disabled: [{ name: '*' }] } } }] },
    [
      'only one queue sort plugin required for profile with scheduler name "a", but got 0',
      'at least one bind plugin is needed for profile with scheduler name "a"',
    ],
  ],
  [
    'no candidates for preemption at all',
    profile({ pluginConfig: [{ name: 'DefaultPreemption', args: { minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0 } }] }),
    [
      'profiles[0].pluginConfig[0].args.minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as minCandidateNodesAbsolute',
      'profiles[0].pluginConfig[0].args.minCandidateNodesAbsolute: Invalid value: 0: cannot be zero at the same time as minCandidateNodesPercentage',
    ],
  ],
  [
    'times of leader election that cannot be',
    { leaderElection: { leaseDuration: '5s', retryPeriod: '0s', resourceLock: 'endpoints', lock: 'x' } },
    [
      'unknown field "leaderElection.lock"',
      'leaderElection.retryPeriod: Invalid value: "0s": must be greater than zero',
      'leaderElection.leaseDuration: Invalid value: "5s": LeaseDuration must be greater than RenewDeadline',
      'leaderElection.resourceLock: Invalid value: "endpoints": resourceLock value must be "leases"',
    ],
  ],
  [
    'a connection that cannot be',
    { clientConnection: { burst: -1, qps: '5' } },
    ['clientConnection.qps: must be of type number', 'clientConnection.burst: Invalid value: -1: must be non-negative'],
  ],
  ['text where a list is meant', { profiles: 'x' }, ['profiles: must be a list']],
])('a configuration with %s', (_, configuration, problems) => {
  expect(problemsOf(configuration as SchedulerConfiguration)).toEqual(problems)
})
