/** What `/configz` shows: a KubeControllerManagerConfiguration with upstream's field names, of the settings that count here. */
import type { LeaseTerms } from '../client/loop-command.ts'
import { formatDuration } from '../flags/flags.ts'
import type { ControllerOptions } from './options.ts'

export interface ConfigzParts {
  readonly options: ControllerOptions
  /** As `--controllers`. */
  readonly controllers: readonly string[]
  readonly lease: LeaseTerms | undefined
  readonly useServiceAccountCredentials: boolean
}

export function configzOf({ options: o, controllers, lease, useServiceAccountCredentials }: ConfigzParts): object {
  const { concurrent } = o
  const time = (ms: number | undefined) => (ms === undefined ? undefined : formatDuration(ms))
  const LeaderElection = {
    LeaderElect: lease !== undefined,
    LeaseDuration: time(lease?.leaseDurationMs),
    RenewDeadline: time(lease?.renewDeadlineMs),
    RetryPeriod: time(lease?.retryPeriodMs),
    ResourceLock: 'leases',
    ResourceName: lease?.name,
    ResourceNamespace: lease?.namespace,
  }
  return {
    'kubecontrollermanager.config.k8s.io': {
      Generic: { LeaderElection, Controllers: controllers },
      KubeCloudShared: {
        UseServiceAccountCredentials: useServiceAccountCredentials,
        NodeMonitorPeriod: time(o.nodeMonitorPeriodMs),
        AllocateNodeCIDRs: o.allocateNodeCidrs,
        ClusterCIDR: o.clusterCidrs.join(','),
      },
      AttachDetachController: { DisableForceDetachOnTimeout: o.disableForceDetachOnTimeout },
      CSRSigningController: { ClusterSigningDuration: time(o.clusterSigningDurationMs) },
      CronJobController: { ConcurrentCronJobSyncs: concurrent.cronJob },
      DaemonSetController: { ConcurrentDaemonSetSyncs: concurrent.daemonset },
      DeploymentController: { ConcurrentDeploymentSyncs: concurrent.deployment },
      DeviceTaintEvictionController: { ConcurrentSyncs: concurrent.deviceTaintEviction },
      EndpointController: {
        ConcurrentEndpointSyncs: concurrent.endpoint,
        EndpointUpdatesBatchPeriod: time(o.endpointUpdatesBatchPeriodMs),
      },
      EndpointSliceController: {
        ConcurrentServiceEndpointSyncs: concurrent.serviceEndpoint,
        MaxEndpointsPerSlice: o.maxEndpointsPerSlice,
        EndpointUpdatesBatchPeriod: time(o.endpointSliceUpdatesBatchPeriodMs),
      },
      EndpointSliceMirroringController: {
        MirroringConcurrentServiceEndpointSyncs: concurrent.mirroringServiceEndpoint,
        MirroringMaxEndpointsPerSubset: o.mirroringMaxEndpointsPerSubset,
        MirroringEndpointUpdatesBatchPeriod: time(o.mirroringEndpointSliceUpdatesBatchPeriodMs),
      },
      EphemeralVolumeController: { ConcurrentEphemeralVolumeSyncs: concurrent.ephemeralvolume },
      GarbageCollectorController: { ConcurrentGCSyncs: concurrent.gc },
      HPAController: {
        ConcurrentHorizontalPodAutoscalerSyncs: concurrent.hpa,
        HorizontalPodAutoscalerSyncPeriod: time(o.hpaSyncPeriodMs),
        HorizontalPodAutoscalerDownscaleStabilizationWindow: time(o.hpaDownscaleStabilizationMs),
        HorizontalPodAutoscalerTolerance: o.hpaTolerance,
        HorizontalPodAutoscalerCPUInitializationPeriod: time(o.hpaCpuInitializationPeriodMs),
        HorizontalPodAutoscalerInitialReadinessDelay: time(o.hpaInitialReadinessDelayMs),
      },
      JobController: { ConcurrentJobSyncs: concurrent.job },
      LegacySATokenCleaner: { CleanUpPeriod: time(o.legacyTokenCleanUpPeriodMs) },
      NamespaceController: { ConcurrentNamespaceSyncs: concurrent.namespace },
      NodeIPAMController: {
        ServiceCIDR: o.serviceClusterIpRanges[0] ?? '',
        SecondaryServiceCIDR: o.serviceClusterIpRanges[1] ?? '',
        NodeCIDRMaskSize: o.nodeCidrMaskSize,
        NodeCIDRMaskSizeIPv6: o.nodeCidrMaskSizeIpv6,
      },
      NodeLifecycleController: {
        NodeEvictionRate: o.nodeEvictionRate,
        SecondaryNodeEvictionRate: o.secondaryNodeEvictionRate,
        NodeStartupGracePeriod: time(o.nodeStartupGracePeriodMs),
        NodeMonitorGracePeriod: time(o.nodeMonitorGracePeriodMs),
        LargeClusterSizeThreshold: o.largeClusterSizeThreshold,
        UnhealthyZoneThreshold: o.unhealthyZoneThreshold,
      },
      PodGCController: { TerminatedPodGCThreshold: o.terminatedPodGCThreshold },
      ReplicaSetController: { ConcurrentRSSyncs: concurrent.replicaset },
      ReplicationController: { ConcurrentRCSyncs: concurrent.rc },
      ResourceClaimController: { ConcurrentSyncs: concurrent.resourceClaim },
      ResourceQuotaController: {
        ResourceQuotaSyncPeriod: time(o.resourceQuotaSyncPeriodMs),
        ConcurrentResourceQuotaSyncs: concurrent.resourceQuota,
      },
      SAController: { ConcurrentSATokenSyncs: concurrent.serviceaccountToken },
      StatefulSetController: { ConcurrentStatefulSetSyncs: concurrent.statefulset },
      TTLAfterFinishedController: { ConcurrentTTLSyncs: concurrent.ttlAfterFinished },
      ValidatingAdmissionPolicyStatusController: { ConcurrentPolicySyncs: concurrent.validatingAdmissionPolicyStatus },
    },
  }
}
