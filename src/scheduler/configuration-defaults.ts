/**
 * A KubeSchedulerConfiguration with upstream's defaults in place of what it leaves out (apis/config/v1/defaults.go): what
 * `--write-config-to` writes and `/configz` shows.
 */
import type { SchedulerConfiguration } from './configuration.ts'
import { defaultPlugins } from './default-plugins.ts'

type Fields = Readonly<Record<string, unknown>>

const cpuAndMemory = ['cpu', 'memory'].map((name) => ({ name, weight: 1 }))

const defaultArguments: Readonly<Record<string, Fields>> = {
  DefaultPreemption: { minCandidateNodesAbsolute: 100, minCandidateNodesPercentage: 10 },
  DynamicResources: { bindingTimeout: '10m0s', filterTimeout: '10s' },
  InterPodAffinity: { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false },
  NodeAffinity: {},
  NodeResourcesBalancedAllocation: { resources: cpuAndMemory },
  NodeResourcesFit: { scoringStrategy: { resources: cpuAndMemory, type: 'LeastAllocated' } },
  PodTopologySpread: { defaultingType: 'System' },
  VolumeBinding: { bindTimeoutSeconds: 600 },
}

export function withDefaults(configuration: SchedulerConfiguration): Fields {
  const { profiles, clientConnection, leaderElection } = configuration
  return {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    clientConnection: {
      acceptContentTypes: '',
      burst: 100,
      contentType: 'application/vnd.kubernetes.protobuf',
      kubeconfig: '',
      qps: 50,
      ...clientConnection,
    },
    delayCacheUntilActive: false,
    enableContentionProfiling: true,
    enableProfiling: true,
    kind: 'KubeSchedulerConfiguration',
    leaderElection: {
      leaderElect: true,
      leaseDuration: '15s',
      renewDeadline: '10s',
      resourceLock: 'leases',
      resourceName: 'kube-scheduler',
      resourceNamespace: 'kube-system',
      retryPeriod: '2s',
      ...leaderElection,
    },
    parallelism: 16,
    percentageOfNodesToScore: 0,
    podInitialBackoffSeconds: 1,
    podMaxBackoffSeconds: 10,
    ...without(configuration, 'clientConnection', 'leaderElection', 'profiles'),
    profiles: (profiles?.length ? profiles : [{}]).map(({ pluginConfig = [], plugins = {}, ...profile }) => ({
      schedulerName: 'default-scheduler',
      ...profile,
      pluginConfig: Object.entries(defaultArguments).map(([name, defaults]) => ({
        args: {
          apiVersion: 'kubescheduler.config.k8s.io/v1',
          kind: `${name}Args`,
          ...defaults,
          ...pluginConfig.find((config) => config.name === name)?.args,
        },
        name,
      })),
      plugins: {
        ...plugins,
        multiPoint: { enabled: defaultPlugins.map(({ name, weight }) => ({ name, weight: weight ?? 0 })), ...plugins['multiPoint'] },
      },
    })),
  }
}

function without(fields: object, ...names: string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))
}
