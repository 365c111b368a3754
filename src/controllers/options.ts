/** What the flags of kube-controller-manager set, with upstream's defaults. Times are in ms. */

export interface ControllerOptions {
  readonly concurrent: {
    readonly deployment: number
    readonly replicaset: number
    readonly rc: number
    readonly endpoint: number
    readonly serviceEndpoint: number
    readonly serviceaccountToken: number
    readonly namespace: number
    readonly gc: number
    readonly statefulset: number
    readonly daemonset: number
    readonly job: number
    readonly cronJob: number
    readonly resourceQuota: number
    readonly ttlAfterFinished: number
    readonly ephemeralvolume: number
    readonly mirroringServiceEndpoint: number
    readonly hpa: number
    readonly disruption: number
  }
  readonly nodeMonitorPeriodMs: number
  readonly nodeMonitorGracePeriodMs: number
  readonly nodeStartupGracePeriodMs: number
  readonly nodeEvictionRate: number
  readonly secondaryNodeEvictionRate: number
  readonly unhealthyZoneThreshold: number
  readonly largeClusterSizeThreshold: number
  readonly terminatedPodGCThreshold: number
  readonly allocateNodeCidrs: boolean
  readonly clusterCidrs: readonly string[]
  readonly nodeCidrMaskSize: number
  readonly nodeCidrMaskSizeIpv6: number
  readonly serviceClusterIpRanges: readonly string[]
  readonly maxEndpointsPerSlice: number
  readonly mirroringMaxEndpointsPerSubset: number
  /** PEM of the cluster's authority, published to each namespace; absent: nothing is published. */
  readonly rootCa?: string
  /** PEM private key that signs service account tokens; absent: no token secrets are filled. */
  readonly serviceAccountPrivateKey?: string
  /** PEM of the authority that signs certificate signing requests; absent: none are signed. */
  readonly clusterSigning?: { readonly certificate: string; readonly key: string }
  readonly clusterSigningDurationMs: number
  readonly resourceQuotaSyncPeriodMs: number
  readonly hpaSyncPeriodMs: number
  readonly hpaDownscaleStabilizationMs: number
  readonly hpaTolerance: number
  readonly hpaCpuInitializationPeriodMs: number
  readonly hpaInitialReadinessDelayMs: number
  readonly legacyTokenCleanUpPeriodMs: number
  /** How long a volume that a silent node may still use is left attached. */
  readonly attachDetachReconcileMaxWaitMs: number
}

const second = 1000
const minute = 60 * second

export const defaultOptions: ControllerOptions = {
  concurrent: {
    deployment: 5,
    replicaset: 5,
    rc: 5,
    endpoint: 5,
    serviceEndpoint: 5,
    serviceaccountToken: 5,
    namespace: 10,
    gc: 20,
    statefulset: 5,
    daemonset: 2,
    job: 5,
    cronJob: 5,
    resourceQuota: 5,
    ttlAfterFinished: 5,
    ephemeralvolume: 5,
    mirroringServiceEndpoint: 5,
    hpa: 5,
    disruption: 1,
  },
  nodeMonitorPeriodMs: 5 * second,
  nodeMonitorGracePeriodMs: 50 * second,
  nodeStartupGracePeriodMs: minute,
  nodeEvictionRate: 0.1,
  secondaryNodeEvictionRate: 0.01,
  unhealthyZoneThreshold: 0.55,
  largeClusterSizeThreshold: 50,
  terminatedPodGCThreshold: 12_500,
  allocateNodeCidrs: false,
  clusterCidrs: [],
  nodeCidrMaskSize: 24,
  nodeCidrMaskSizeIpv6: 64,
  serviceClusterIpRanges: [],
  maxEndpointsPerSlice: 100,
  mirroringMaxEndpointsPerSubset: 1000,
  clusterSigningDurationMs: 365 * 24 * 60 * minute,
  resourceQuotaSyncPeriodMs: 5 * minute,
  hpaSyncPeriodMs: 15 * second,
  hpaDownscaleStabilizationMs: 5 * minute,
  hpaTolerance: 0.1,
  hpaCpuInitializationPeriodMs: 5 * minute,
  hpaInitialReadinessDelayMs: 30 * second,
  legacyTokenCleanUpPeriodMs: 365 * 24 * 60 * minute,
  attachDetachReconcileMaxWaitMs: 6 * minute,
}
