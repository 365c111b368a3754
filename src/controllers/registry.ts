/** Every controller by its name in `--controllers`, as upstream names them. */
import { createAttachDetachController } from './attach-detach.ts'
import { createBootstrapSigner, createTokenCleaner } from './bootstrap-tokens.ts'
import { createCertificateApprover, createCertificateCleaner, createCertificateSigner } from './certificates.ts'
import { createClusterRoleAggregationController } from './cluster-role-aggregation.ts'
import type { CreateController } from './controller.ts'
import { createCronJobController } from './cron-job.ts'
import { createDaemonSetController } from './daemon-set.ts'
import { createDeploymentController } from './deployment.ts'
import { createDeviceTaintEvictionController } from './device-taint-eviction.ts'
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
import { createTtlController } from './ttl.ts'
import { createTtlAfterFinishedController } from './ttl-after-finished.ts'
import { createValidatingAdmissionPolicyStatusController } from './validating-admission-policy-status.ts'
import { createVolumeAttributesClassProtectionController } from './volume-attributes-class-protection.ts'
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
  'ttl-controller': createTtlController,
  'bootstrap-signer-controller': createBootstrapSigner,
  'token-cleaner-controller': createTokenCleaner,
  'node-ipam-controller': createNodeIpamController,
  'node-lifecycle-controller': createNodeLifecycleController,
  'taint-eviction-controller': createTaintEvictionController,
  'device-taint-eviction-controller': createDeviceTaintEvictionController,
  'persistentvolume-binder-controller': createVolumeBinder,
  'persistentvolume-attach-detach-controller': createAttachDetachController,
  'persistentvolume-expander-controller': createVolumeExpandController,
  'persistentvolumeclaim-protection-controller': createClaimProtectionController,
  'persistentvolume-protection-controller': createVolumeProtectionController,
  'volumeattributesclass-protection-controller': createVolumeAttributesClassProtectionController,
  'ephemeral-volume-controller': createEphemeralVolumeController,
  'clusterrole-aggregation-controller': createClusterRoleAggregationController,
  'root-ca-certificate-publisher-controller': createRootCaPublisher,
  'resourceclaim-controller': createResourceClaimController,
  'legacy-serviceaccount-token-cleaner-controller': createLegacyTokenCleaner,
  'service-cidr-controller': createServiceCidrsController,
  'validatingadmissionpolicy-status-controller': createValidatingAdmissionPolicyStatusController,
} satisfies Record<string, CreateController>

/**
 * The service account of kube-system that a controller acts as with `--use-service-account-credentials`, where it is not
 * called like the controller; the roles that come with a cluster are bound to these. Who fills token secrets acts as the
 * manager itself: nobody could give him a token before.
 */
export const serviceAccounts: Readonly<Partial<Record<keyof typeof registry, string | null>>> = {
  'serviceaccount-token-controller': null,
  'endpoints-controller': 'endpoint-controller',
  'endpointslice-mirroring-controller': 'endpointslicemirroring-controller',
  'replicationcontroller-controller': 'replication-controller',
  'pod-garbage-collector-controller': 'pod-garbage-collector',
  'serviceaccount-controller': 'service-account-controller',
  'garbage-collector-controller': 'generic-garbage-collector',
  'daemonset-controller': 'daemon-set-controller',
  'horizontal-pod-autoscaler-controller': 'horizontal-pod-autoscaler',
  'certificatesigningrequest-signing-controller': 'certificate-controller',
  'certificatesigningrequest-approving-controller': 'certificate-controller',
  'certificatesigningrequest-cleaner-controller': 'certificate-controller',
  'bootstrap-signer-controller': 'bootstrap-signer',
  'token-cleaner-controller': 'token-cleaner',
  'node-ipam-controller': 'node-controller',
  'node-lifecycle-controller': 'node-controller',
  'taint-eviction-controller': 'node-controller',
  'persistentvolume-binder-controller': 'persistent-volume-binder',
  'persistentvolume-attach-detach-controller': 'attachdetach-controller',
  'persistentvolume-expander-controller': 'expand-controller',
  'persistentvolumeclaim-protection-controller': 'pvc-protection-controller',
  'persistentvolume-protection-controller': 'pv-protection-controller',
  'root-ca-certificate-publisher-controller': 'root-ca-cert-publisher',
  'resourceclaim-controller': 'resource-claim-controller',
  'legacy-serviceaccount-token-cleaner-controller': 'legacy-service-account-token-cleaner',
  'service-cidr-controller': 'service-cidrs-controller',
}
export const serviceAccountOf = (name: keyof typeof registry): string | null => {
  const named = serviceAccounts[name]
  return named === undefined ? name : named
}

/** Run only when they are named. */
export const offByDefault: ReadonlySet<string> = new Set(['bootstrap-signer-controller', 'token-cleaner-controller'])

const apiIsOff = (api: string) => `it works on ${api}, which are not served`
const cloud = 'it needs a cloud provider, and belongs to the cloud-controller-manager'
/** Upstream's other controllers, and why they do not run here. */
export const notHere: Readonly<Record<string, string>> = {
  'podcertificaterequest-cleaner-controller': apiIsOff('PodCertificateRequests'),
  'kube-apiserver-serving-clustertrustbundle-publisher-controller': apiIsOff('ClusterTrustBundles'),
  'podgroup-protection-controller': apiIsOff('PodGroups'),
  'resourcepoolstatusrequest-controller': apiIsOff('ResourcePoolStatusRequests'),
  'storageversion-garbage-collector-controller': apiIsOff('StorageVersions'),
  'storage-version-migrator-controller': apiIsOff('StorageVersionMigrations'),
  'selinux-warning-controller': 'nodes here mount no volumes with SELinux labels',
  'service-lb-controller': cloud,
  'node-route-controller': cloud,
  'cloud-node-lifecycle-controller': cloud,
}

/** What controllers were called before 1.28; upstream takes these names as well. */
export const formerNames: Readonly<Record<string, string>> = {
  'serviceaccount-token': 'serviceaccount-token-controller',
  endpoint: 'endpoints-controller',
  endpointslice: 'endpointslice-controller',
  endpointslicemirroring: 'endpointslice-mirroring-controller',
  replicationcontroller: 'replicationcontroller-controller',
  podgc: 'pod-garbage-collector-controller',
  resourcequota: 'resourcequota-controller',
  namespace: 'namespace-controller',
  serviceaccount: 'serviceaccount-controller',
  garbagecollector: 'garbage-collector-controller',
  daemonset: 'daemonset-controller',
  job: 'job-controller',
  deployment: 'deployment-controller',
  replicaset: 'replicaset-controller',
  horizontalpodautoscaling: 'horizontal-pod-autoscaler-controller',
  disruption: 'disruption-controller',
  statefulset: 'statefulset-controller',
  cronjob: 'cronjob-controller',
  csrsigning: 'certificatesigningrequest-signing-controller',
  csrapproving: 'certificatesigningrequest-approving-controller',
  csrcleaner: 'certificatesigningrequest-cleaner-controller',
  ttl: 'ttl-controller',
  bootstrapsigner: 'bootstrap-signer-controller',
  tokencleaner: 'token-cleaner-controller',
  nodeipam: 'node-ipam-controller',
  nodelifecycle: 'node-lifecycle-controller',
  'persistentvolume-binder': 'persistentvolume-binder-controller',
  attachdetach: 'persistentvolume-attach-detach-controller',
  'persistentvolume-expander': 'persistentvolume-expander-controller',
  'clusterrole-aggregation': 'clusterrole-aggregation-controller',
  'pvc-protection': 'persistentvolumeclaim-protection-controller',
  'pv-protection': 'persistentvolume-protection-controller',
  'ttl-after-finished': 'ttl-after-finished-controller',
  'root-ca-cert-publisher': 'root-ca-certificate-publisher-controller',
  'ephemeral-volume': 'ephemeral-volume-controller',
  'resource-claim-controller': 'resourceclaim-controller',
  'legacy-service-account-token-cleaner': 'legacy-serviceaccount-token-cleaner-controller',
  'storage-version-gc': 'storageversion-garbage-collector-controller',
  service: 'service-lb-controller',
  route: 'node-route-controller',
  'cloud-node-lifecycle': 'cloud-node-lifecycle-controller',
}
