/** Every controller by its name in `--controllers`, as upstream names them. */
import { createAttachDetachController } from './attach-detach.ts'
import { createBootstrapSigner, createTokenCleaner } from './bootstrap-tokens.ts'
import { createCertificateApprover, createCertificateCleaner, createCertificateSigner } from './certificates.ts'
import { createClusterRoleAggregationController } from './cluster-role-aggregation.ts'
import type { CreateController } from './controller.ts'
import { createCronJobController } from './cron-job.ts'
import { createDaemonSetController } from './daemon-set.ts'
import { createDeploymentController } from './deployment.ts'
import { createDisruptionController } from './disruption.ts'
import { createEndpointSliceController } from './endpoint-slice.ts'
import { createEndpointSliceMirroringController } from './endpoint-slice-mirroring.ts'
import { createEndpointsController } from './endpoints.ts'
import { createEphemeralVolumeController } from './ephemeral-volume.ts'
import { createGarbageCollector } from './garbage-collector.ts'
import { createHorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts'
import { createJobController } from './job.ts'
import { createLegacyTokenCleaner } from './legacy-token-cleaner.ts'
import { createNamespaceController } from './namespace.ts'
import { createNodeIpamController } from './node-ipam.ts'
import { createNodeLifecycleController } from './node-lifecycle.ts'
import { createPodGarbageCollector } from './pod-gc.ts'
import { createReplicaSetController } from './replica-set.ts'
import { createReplicationController } from './replication-controller.ts'
import { createResourceClaimController } from './resource-claim.ts'
import { createResourceQuotaController } from './resource-quota.ts'
import { createRootCaPublisher } from './root-ca-publisher.ts'
import { createServiceAccountController } from './service-account.ts'
import { createServiceCidrsController } from './service-cidrs.ts'
import { createStatefulSetController } from './stateful-set.ts'
import { createTaintEvictionController } from './taint-eviction.ts'
import { createTokenController } from './token.ts'
import { createTtlAfterFinishedController } from './ttl-after-finished.ts'
import { createVolumeBinder } from './volume-binder.ts'
import { createVolumeExpandController } from './volume-expand.ts'
import { createClaimProtectionController, createVolumeProtectionController } from './volume-protection.ts'

export const registry = {
  'serviceaccount-token-controller': createTokenController,
  'endpoints-controller': createEndpointsController,
  'endpointslice-controller': createEndpointSliceController,
  'endpointslice-mirroring-controller': createEndpointSliceMirroringController,
  'replicationcontroller-controller': createReplicationController,
  'pod-garbage-collector-controller': createPodGarbageCollector,
  'resourcequota-controller': createResourceQuotaController,
  'namespace-controller': createNamespaceController,
  'serviceaccount-controller': createServiceAccountController,
  'garbage-collector-controller': createGarbageCollector,
  'daemonset-controller': createDaemonSetController,
  'job-controller': createJobController,
  'deployment-controller': createDeploymentController,
  'replicaset-controller': createReplicaSetController,
  'horizontal-pod-autoscaler-controller': createHorizontalPodAutoscaler,
  'disruption-controller': createDisruptionController,
  'statefulset-controller': createStatefulSetController,
  'cronjob-controller': createCronJobController,
  'certificatesigningrequest-signing-controller': createCertificateSigner,
  'certificatesigningrequest-approving-controller': createCertificateApprover,
  'certificatesigningrequest-cleaner-controller': createCertificateCleaner,
  'ttl-after-finished-controller': createTtlAfterFinishedController,
  'bootstrap-signer-controller': createBootstrapSigner,
  'token-cleaner-controller': createTokenCleaner,
  'node-ipam-controller': createNodeIpamController,
  'node-lifecycle-controller': createNodeLifecycleController,
  'taint-eviction-controller': createTaintEvictionController,
  'persistentvolume-binder-controller': createVolumeBinder,
  'persistentvolume-attach-detach-controller': createAttachDetachController,
  'persistentvolume-expander-controller': createVolumeExpandController,
  'persistentvolumeclaim-protection-controller': createClaimProtectionController,
  'persistentvolume-protection-controller': createVolumeProtectionController,
  'ephemeral-volume-controller': createEphemeralVolumeController,
  'clusterrole-aggregation-controller': createClusterRoleAggregationController,
  'root-ca-certificate-publisher-controller': createRootCaPublisher,
  'resourceclaim-controller': createResourceClaimController,
  'legacy-serviceaccount-token-cleaner-controller': createLegacyTokenCleaner,
  'service-cidr-controller': createServiceCidrsController,
} satisfies Record<string, CreateController>

/** Run only when they are named. */
export const offByDefault: ReadonlySet<string> = new Set(['bootstrap-signer-controller', 'token-cleaner-controller'])
