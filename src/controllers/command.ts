/** `kijabi kube-controller-manager`: the controllers by themselves, against any API server. */
import { readFileSync } from 'node:fs'
import { leaseTermsOf, loopFlags, type RunningLoops, runLoops, startLoops } from '../client/loop-command.ts'
import type { Transport } from '../client/transport.ts'
import type { Command } from '../flags/command.ts'
import { checkFixedFlags } from '../flags/fixed-flags.ts'
import type { FlagTable, ParsedFlags } from '../flags/flags.ts'
import { ExitError } from '../flags/run.ts'
import { loggerOf } from '../log/flags.ts'
import type { Logger } from '../log/log.ts'
import type { MetricsRegistry } from '../metrics/metrics.ts'
import { fixedFlags } from './fixed-flags.ts'
import { chooseControllers, createControllerManager } from './manager.ts'
import { type ControllerOptions, defaultOptions, signers } from './options.ts'
import { registry } from './registry.ts'

const d = defaultOptions
const workers = (default_: number, what: string) =>
  ({ type: 'int', default: default_, doc: `How many ${what} are worked on at the same time.` }) as const

/** Flags whose value goes into an option as it is. */
const plain = {
  'node-monitor-period': 'nodeMonitorPeriodMs',
  'node-monitor-grace-period': 'nodeMonitorGracePeriodMs',
  'node-startup-grace-period': 'nodeStartupGracePeriodMs',
  'node-eviction-rate': 'nodeEvictionRate',
  'secondary-node-eviction-rate': 'secondaryNodeEvictionRate',
  'unhealthy-zone-threshold': 'unhealthyZoneThreshold',
  'large-cluster-size-threshold': 'largeClusterSizeThreshold',
  'terminated-pod-gc-threshold': 'terminatedPodGCThreshold',
  'allocate-node-cidrs': 'allocateNodeCidrs',
  'cluster-cidr': 'clusterCidrs',
  'service-cluster-ip-range': 'serviceClusterIpRanges',
  'node-cidr-mask-size-ipv6': 'nodeCidrMaskSizeIpv6',
  'endpoint-updates-batch-period': 'endpointUpdatesBatchPeriodMs',
  'endpointslice-updates-batch-period': 'endpointSliceUpdatesBatchPeriodMs',
  'mirroring-endpointslice-updates-batch-period': 'mirroringEndpointSliceUpdatesBatchPeriodMs',
  'max-endpoints-per-slice': 'maxEndpointsPerSlice',
  'mirroring-max-endpoints-per-subset': 'mirroringMaxEndpointsPerSubset',
  'disable-force-detach-on-timeout': 'disableForceDetachOnTimeout',
  'cluster-signing-duration': 'clusterSigningDurationMs',
  'resource-quota-sync-period': 'resourceQuotaSyncPeriodMs',
  'horizontal-pod-autoscaler-sync-period': 'hpaSyncPeriodMs',
  'horizontal-pod-autoscaler-downscale-stabilization': 'hpaDownscaleStabilizationMs',
  'horizontal-pod-autoscaler-tolerance': 'hpaTolerance',
  'horizontal-pod-autoscaler-cpu-initialization-period': 'hpaCpuInitializationPeriodMs',
  'horizontal-pod-autoscaler-initial-readiness-delay': 'hpaInitialReadinessDelayMs',
  'legacy-service-account-token-clean-up-period': 'legacyTokenCleanUpPeriodMs',
} as const satisfies Record<string, keyof ControllerOptions>

const concurrent = {
  'concurrent-deployment-syncs': 'deployment',
  'concurrent-replicaset-syncs': 'replicaset',
  'concurrent-rc-syncs': 'rc',
  'concurrent-endpoint-syncs': 'endpoint',
  'concurrent-service-endpoint-syncs': 'serviceEndpoint',
  'concurrent-serviceaccount-token-syncs': 'serviceaccountToken',
  'concurrent-namespace-syncs': 'namespace',
  'concurrent-gc-syncs': 'gc',
  'concurrent-statefulset-syncs': 'statefulset',
  'concurrent-daemonset-syncs': 'daemonset',
  'concurrent-job-syncs': 'job',
  'concurrent-cron-job-syncs': 'cronJob',
  'concurrent-resource-quota-syncs': 'resourceQuota',
  'concurrent-ttl-after-finished-syncs': 'ttlAfterFinished',
  'concurrent-ephemeralvolume-syncs': 'ephemeralvolume',
  'mirroring-concurrent-service-endpoint-syncs': 'mirroringServiceEndpoint',
  'concurrent-horizontal-pod-autoscaler-syncs': 'hpa',
  'concurrent-resourceclaim-syncs': 'resourceClaim',
  'concurrent-device-taint-eviction-syncs': 'deviceTaintEviction',
  'concurrent-validating-admission-policy-status-syncs': 'validatingAdmissionPolicyStatus',
} as const satisfies Record<string, keyof ControllerOptions['concurrent']>

const batchPeriod = (what: string) =>
  ({ type: 'duration', default: 0, doc: `How long changes are gathered before ${what} are written.` }) as const

/** An authority for one signer each, where they are not all the same. */
const signingFlags = Object.fromEntries(
  Object.entries(signers).flatMap(([name, signer]) => [
    [`cluster-signing-${name}-cert-file`, { type: 'string', doc: `The authority that signs requests to ${signer}.` }],
    [`cluster-signing-${name}-key-file`, { type: 'string', doc: 'Its key.' }],
  ]),
) as FlagTable

const concurrentFlags = Object.fromEntries(
  Object.entries(concurrent).map(([flag, key]) => [
    flag,
    workers(d.concurrent[key], flag.replace(/^concurrent-|-syncs$|^mirroring-concurrent-/g, '')),
  ]),
)

export const flags: FlagTable = {
  ...loopFlags('kube-controller-manager', 10257),
  controllers: {
    type: 'list',
    default: ['*'],
    doc: `Which controllers run: '*' all that are on by default, 'foo' the one named foo, '-foo' not that one. All: ${Object.keys(registry).join(', ')}.`,
  },
  'use-service-account-credentials': {
    type: 'bool',
    default: false,
    doc: 'Each controller acts as a service account of its own in kube-system, with a token that is renewed.',
  },
  'root-ca-file': { type: 'string', doc: 'The authority that is published to every namespace.' },
  'service-account-private-key-file': { type: 'string', doc: 'The key that signs tokens in secrets.' },
  'cluster-signing-cert-file': { type: 'string', doc: 'The authority that signs certificate signing requests.' },
  'cluster-signing-key-file': { type: 'string', doc: 'Its key.' },
  'node-monitor-period': { type: 'duration', default: d.nodeMonitorPeriodMs, doc: 'How often a node that is waited for is looked at.' },
  'node-monitor-grace-period': { type: 'duration', default: d.nodeMonitorGracePeriodMs, doc: 'How long a node may be silent.' },
  'node-startup-grace-period': {
    type: 'duration',
    default: d.nodeStartupGracePeriodMs,
    doc: 'How long a node may be silent at its start.',
  },
  'node-eviction-rate': { type: 'float', default: d.nodeEvictionRate, doc: 'Nodes a second whose pods are evicted, in a healthy zone.' },
  'secondary-node-eviction-rate': { type: 'float', default: d.secondaryNodeEvictionRate, doc: 'The same in an unhealthy zone.' },
  'unhealthy-zone-threshold': {
    type: 'float',
    default: d.unhealthyZoneThreshold,
    doc: 'The share of nodes not ready that makes a zone unhealthy.',
  },
  'large-cluster-size-threshold': {
    type: 'int',
    default: d.largeClusterSizeThreshold,
    doc: 'In an unhealthy zone of no more nodes nothing is evicted.',
  },
  'terminated-pod-gc-threshold': { type: 'int', default: d.terminatedPodGCThreshold, doc: 'Finished pods that are kept; 0 keeps all.' },
  'allocate-node-cidrs': { type: 'bool', default: d.allocateNodeCidrs, doc: 'Give each node a part of the cluster’s pod addresses.' },
  'cluster-cidr': { type: 'list', doc: 'The pods’ addresses.' },
  'service-cluster-ip-range': { type: 'list', doc: 'The services’ addresses, which no node gets.' },
  'node-cidr-mask-size': { type: 'int', default: d.nodeCidrMaskSize, doc: 'The size of a node’s part.' },
  'node-cidr-mask-size-ipv4': { type: 'int', default: d.nodeCidrMaskSize, doc: 'The same where there are two families.' },
  'node-cidr-mask-size-ipv6': { type: 'int', default: d.nodeCidrMaskSizeIpv6, doc: 'The size of a node’s IPv6 part.' },
  'endpoint-updates-batch-period': batchPeriod('Endpoints'),
  'endpointslice-updates-batch-period': batchPeriod('EndpointSlices'),
  'mirroring-endpointslice-updates-batch-period': batchPeriod('mirrored EndpointSlices'),
  'disable-force-detach-on-timeout': {
    type: 'bool',
    default: d.disableForceDetachOnTimeout,
    doc: 'Leave volumes attached to a silent node until it is declared out of service, not for six minutes only.',
  },
  'max-endpoints-per-slice': { type: 'int', default: d.maxEndpointsPerSlice, doc: 'Endpoints in one slice at most.' },
  'mirroring-max-endpoints-per-subset': {
    type: 'int',
    default: d.mirroringMaxEndpointsPerSubset,
    doc: 'Endpoints mirrored of one subset at most.',
  },
  'cluster-signing-duration': { type: 'duration', default: d.clusterSigningDurationMs, doc: 'How long signed certificates last at most.' },
  'resource-quota-sync-period': { type: 'duration', default: d.resourceQuotaSyncPeriodMs, doc: 'How often usage is counted anew.' },
  'horizontal-pod-autoscaler-sync-period': { type: 'duration', default: d.hpaSyncPeriodMs, doc: 'How often metrics are read.' },
  'horizontal-pod-autoscaler-downscale-stabilization': {
    type: 'duration',
    default: d.hpaDownscaleStabilizationMs,
    doc: 'How long a higher recommendation holds.',
  },
  'horizontal-pod-autoscaler-tolerance': { type: 'float', default: d.hpaTolerance, doc: 'A ratio this close to 1 changes nothing.' },
  'horizontal-pod-autoscaler-cpu-initialization-period': {
    type: 'duration',
    default: d.hpaCpuInitializationPeriodMs,
    doc: 'How long a young pod’s CPU may be left out.',
  },
  'horizontal-pod-autoscaler-initial-readiness-delay': {
    type: 'duration',
    default: d.hpaInitialReadinessDelayMs,
    doc: 'How long a pod’s readiness is taken for its start.',
  },
  'legacy-service-account-token-clean-up-period': {
    type: 'duration',
    default: d.legacyTokenCleanUpPeriodMs,
    doc: 'How long an unused token secret is kept.',
  },
  // These tell clouds which cluster is which, and kubeadm always gives the name.
  'cluster-name': { type: 'string', default: 'kubernetes', doc: 'What clouds call the cluster: taken, and of no effect.' },
  'cloud-provider': { type: 'string', doc: 'Empty or `external`: no cloud is built in.' },
  ...fixedFlags,
  ...signingFlags,
  ...concurrentFlags,
}

/** What the flags say; `ca` is published where no file is named. */
export function optionsOf({ values, given }: Pick<ParsedFlags, 'values' | 'given'>, ca?: string): Partial<ControllerOptions> {
  const file = (name: string) => (values[name] ? readFileSync(values[name] as string, 'utf8') : undefined)
  return {
    ...Object.fromEntries(Object.entries(plain).map(([flag, key]) => [key, values[flag]])),
    nodeCidrMaskSize: values[given.has('node-cidr-mask-size-ipv4') ? 'node-cidr-mask-size-ipv4' : 'node-cidr-mask-size'] as number,
    concurrent: {
      ...d.concurrent,
      ...Object.fromEntries(Object.entries(concurrent).map(([flag, key]) => [key, values[flag] as number])),
    },
    rootCa: file('root-ca-file') ?? ca,
    serviceAccountPrivateKey: file('service-account-private-key-file'),
    clusterSigning: signingAuthorities(given, file),
  }
}

function signingAuthorities(given: ParsedFlags['given'], file: (name: string) => string | undefined): ControllerOptions['clusterSigning'] {
  const pair = (prefix: string) => {
    const [certificate, key] = [file(`${prefix}-cert-file`), file(`${prefix}-key-file`)]
    if (!certificate !== !key)
      throw new ExitError(`kube-controller-manager: --${prefix}-cert-file and --${prefix}-key-file belong together`)
    return certificate && key ? { certificate, key } : undefined
  }
  const all = pair('cluster-signing')
  if (all && Object.keys(signingFlags).some((flag) => given.has(flag)))
    throw new ExitError(
      'kube-controller-manager: cannot specify --cluster-signing-{cert,key}-file and other --cluster-signing-*-file flags at the same time',
    )
  return Object.fromEntries(
    Object.entries(signers).flatMap(([name, signer]) => {
      const authority = all ?? pair(`cluster-signing-${name}`)
      return authority ? [[signer, authority]] : []
    }),
  )
}

export const command: Command = {
  summary: 'Runs the control loops that bring the cluster from the state it has to the state it should have.',
  usage: 'kube-controller-manager [flags]',
  flags,
  run(invocation) {
    const log = loggerOf('kube-controller-manager', invocation)
    return runLoops('kube-controller-manager', invocation, log, ({ connection: { ca }, ...api }) =>
      startControllerManager(invocation, { ...api, log, rootCa: ca === undefined ? undefined : String(ca) }),
    )
  },
}

/**
 * The manager that the flags describe, at work, with its health and metrics served. The control plane's process starts
 * it so too. `rootCa` is published where no --root-ca-file says otherwise; `api` is asked who may read the metrics where
 * no flag says otherwise; `anonymous` makes a transport without an identity, for controllers that have their own.
 */
export function startControllerManager(
  { values, given }: Pick<ParsedFlags, 'values' | 'given'>,
  deps: {
    transport: Transport
    log: Logger
    anonymous: () => Transport
    metrics: MetricsRegistry
    rootCa?: string | undefined
    api?: Transport
  },
): Promise<RunningLoops> {
  const { transport, log, metrics, rootCa, api } = deps
  const controllers = values['controllers'] as string[]
  const cloud = values['cloud-provider'] as string
  try {
    checkFixedFlags(fixedFlags, values)
    if (cloud && cloud !== 'external') throw new Error(`--cloud-provider may only be empty or "external": no cloud is built in`)
    chooseControllers(controllers)
  } catch (error) {
    throw new ExitError(`kube-controller-manager: ${(error as Error).message}`)
  }
  return startLoops('kube-controller-manager', values, { log, api }, () =>
    createControllerManager({
      transport,
      log,
      metrics,
      anonymous: values['use-service-account-credentials'] ? deps.anonymous() : undefined,
      options: optionsOf({ values, given }, rootCa),
      controllers,
      ...(values['leader-elect'] ? { leaderElection: leaseTermsOf(values) } : {}),
    }),
  )
}
