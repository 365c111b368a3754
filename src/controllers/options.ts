/** What the flags of kube-controller-manager set, with upstream's defaults. Times are in ms. */

/** The signers of certificate signing requests, by what they are called in `--cluster-signing-NAME-cert-file`. */
export const signers = {
  'kube-apiserver-client': 'kubernetes.io/kube-apiserver-client',
  'kubelet-client': 'kubernetes.io/kube-apiserver-client-kubelet',
  'kubelet-serving': 'kubernetes.io/kubelet-serving',
  'legacy-unknown': 'kubernetes.io/legacy-unknown',
} as const
export type Signer = (typeof signers)[keyof typeof signers]

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
    readonly resourceClaim: number
    readonly deviceTaintEviction: number
    readonly validatingAdmissionPolicyStatus: number
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
  /** How long changes of pods are gathered before a service's endpoints are written. */
  readonly endpointUpdatesBatchPeriodMs: number
  readonly endpointSliceUpdatesBatchPeriodMs: number
  readonly mirroringEndpointSliceUpdatesBatchPeriodMs: number
  readonly maxEndpointsPerSlice: number
  readonly mirroringMaxEndpointsPerSubset: number
  /** PEM of the cluster's authority, published to each namespace; absent: nothing is published. */
  readonly rootCa?: string
  /** PEM private key that signs service account tokens; absent: no token secrets are filled. */
  readonly serviceAccountPrivateKey?: string
  /** PEM of the authority that signs requests to each signer; those of a signer that is absent are not signed. */
  readonly clusterSigning: Readonly<Partial<Record<Signer, { readonly certificate: string; readonly key: string }>>>
  readonly clusterSigningDurationMs: number
  readonly resourceQuotaSyncPeriodMs: number
  readonly hpaSyncPeriodMs: number
  readonly hpaDownscaleStabilizationMs: number
  readonly hpaTolerance: number
  readonly hpaCpuInitializationPeriodMs: number
  readonly hpaInitialReadinessDelayMs: number
  readonly legacyTokenCleanUpPeriodMs: number
  /** A volume that a silent node may still use stays attached until the node is declared out of service. */
  readonly disableForceDetachOnTimeout: boolean
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
    resourceClaim: 10,
    deviceTaintEviction: 8,
    validatingAdmissionPolicyStatus: 5,
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
  endpointUpdatesBatchPeriodMs: 0,
  endpointSliceUpdatesBatchPeriodMs: 0,
  mirroringEndpointSliceUpdatesBatchPeriodMs: 0,
  maxEndpointsPerSlice: 100,
  mirroringMaxEndpointsPerSubset: 1000,
  clusterSigning: {},
  clusterSigningDurationMs: 365 * 24 * 60 * minute,
  resourceQuotaSyncPeriodMs: 5 * minute,
  hpaSyncPeriodMs: 15 * second,
  hpaDownscaleStabilizationMs: 5 * minute,
  hpaTolerance: 0.1,
  hpaCpuInitializationPeriodMs: 5 * minute,
  hpaInitialReadinessDelayMs: 30 * second,
  legacyTokenCleanUpPeriodMs: 365 * 24 * 60 * minute,
  disableForceDetachOnTimeout: false,
}
