/** The flow schemas, priority levels and priority classes that every cluster has (upstream: apis/flowcontrol/bootstrap, apis/scheduling). */
import {
  everyone,
  everyRequestOf,
  group,
  mandatoryFlowSchemas,
  mandatoryPriorityLevels,
} from '../../api/validation/flowcontrol-mandatory.ts'

const metadata = (name: string) => ({ name, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } })

/** Name, shares, percent that may be lent; queues, hand size and queue length where requests wait. */
const levels = [
  ['global-default', 20, 50, 128, 6, 50],
  ['leader-election', 10, 0, 16, 4, 50],
  ['node-high', 40, 25, 64, 6, 50],
  ['system', 30, 33, 64, 6, 50],
  ['workload-high', 40, 50, 128, 6, 50],
  ['workload-low', 100, 90, 128, 6, 50],
] as const

const mandatory = (specs: ReadonlyMap<string, object>) => [...specs].map(([name, spec]) => ({ metadata: metadata(name), spec }))

export const priorityLevels = () => [
  ...mandatory(mandatoryPriorityLevels),
  ...levels.map(([name, nominalConcurrencyShares, lendablePercent, queues, handSize, queueLengthLimit]) => ({
    metadata: metadata(name),
    spec: {
      type: 'Limited',
      limited: {
        nominalConcurrencyShares,
        limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit } },
        lendablePercent,
      },
    },
  })),
]

const user = (name: string) => ({ kind: 'User', user: { name } })
const systemAccounts = { kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name: '*' } }
const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['*'] }

const schema = (name: string, level: string, matchingPrecedence: number, distinguisher: string, rule: object) => ({
  metadata: metadata(name),
  spec: {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence,
    ...(distinguisher ? { distinguisherMethod: { type: distinguisher } } : {}),
    rules: [rule],
  },
})

export const flowSchemas = () => [
  ...mandatory(mandatoryFlowSchemas),
  schema('probes', 'exempt', 2, '', {
    subjects: everyone,
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  schema('system-leader-election', 'leader-election', 100, 'ByUser', {
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler'), systemAccounts],
    resourceRules: [{ verbs: ['get', 'create', 'update'], ...leases }],
  }),
  schema('system-node-high', 'node-high', 400, 'ByUser', {
    subjects: [group('system:nodes')],
    resourceRules: [
      { verbs: ['*'], apiGroups: [''], resources: ['nodes', 'nodes/status'], clusterScope: true, namespaces: ['*'] },
      { verbs: ['*'], ...leases },
    ],
  }),
  schema('system-nodes', 'system', 500, 'ByUser', everyRequestOf(group('system:nodes'))),
  schema('kube-controller-manager', 'workload-high', 800, 'ByNamespace', everyRequestOf(user('system:kube-controller-manager'))),
  schema('kube-scheduler', 'workload-high', 800, 'ByNamespace', everyRequestOf(user('system:kube-scheduler'))),
  schema('kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', everyRequestOf(systemAccounts)),
  schema('service-accounts', 'workload-low', 9000, 'ByUser', everyRequestOf(group('system:serviceaccounts'))),
  schema('global-default', 'global-default', 9900, 'ByUser', everyRequestOf(...everyone)),
]

export const priorityClasses = () => [
  {
    metadata: { name: 'system-cluster-critical' },
    value: 2_000_000_000,
    description: 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    preemptionPolicy: 'PreemptLowerPriority',
  },
  {
    metadata: { name: 'system-node-critical' },
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
    preemptionPolicy: 'PreemptLowerPriority',
  },
]
