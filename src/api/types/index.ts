// Written by scripts/generate-types.ts: edit the tables, not this.
import type * as admissionregistration_v1 from './admissionregistration-v1.ts'
import type * as apiextensions_v1 from './apiextensions-v1.ts'
import type * as apiregistration_v1 from './apiregistration-v1.ts'
import type * as apps_v1 from './apps-v1.ts'
import type * as authentication_v1 from './authentication-v1.ts'
import type * as authorization_v1 from './authorization-v1.ts'
import type * as autoscaling_v1 from './autoscaling-v1.ts'
import type * as autoscaling_v2 from './autoscaling-v2.ts'
import type * as batch_v1 from './batch-v1.ts'
import type * as certificates_v1 from './certificates-v1.ts'
import type * as coordination_v1 from './coordination-v1.ts'
import type * as core_v1 from './core-v1.ts'
import type * as discovery_v1 from './discovery-v1.ts'
import type * as events_v1 from './events-v1.ts'
import type * as flowcontrol_v1 from './flowcontrol-v1.ts'
import type * as networking_v1 from './networking-v1.ts'
import type * as node_v1 from './node-v1.ts'
import type * as policy_v1 from './policy-v1.ts'
import type * as rbac_v1 from './rbac-v1.ts'
import type * as resource_v1 from './resource-v1.ts'
import type * as scheduling_v1 from './scheduling-v1.ts'
import type * as storage_v1 from './storage-v1.ts'

/** The TypeScript type of each built-in resource's objects, by `resource.group`; where two versions are served, the older is `resource.version.group`. */
export interface ResourceTypes {
  'mutatingadmissionpolicies.admissionregistration.k8s.io': admissionregistration_v1.MutatingAdmissionPolicy
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': admissionregistration_v1.MutatingAdmissionPolicyBinding
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': admissionregistration_v1.MutatingWebhookConfiguration
  'validatingadmissionpolicies.admissionregistration.k8s.io': admissionregistration_v1.ValidatingAdmissionPolicy
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': admissionregistration_v1.ValidatingAdmissionPolicyBinding
  'validatingwebhookconfigurations.admissionregistration.k8s.io': admissionregistration_v1.ValidatingWebhookConfiguration
  'customresourcedefinitions.apiextensions.k8s.io': apiextensions_v1.CustomResourceDefinition
  'apiservices.apiregistration.k8s.io': apiregistration_v1.APIService
  'controllerrevisions.apps': apps_v1.ControllerRevision
  'daemonsets.apps': apps_v1.DaemonSet
  'deployments.apps': apps_v1.Deployment
  'replicasets.apps': apps_v1.ReplicaSet
  'statefulsets.apps': apps_v1.StatefulSet
  'selfsubjectreviews.authentication.k8s.io': authentication_v1.SelfSubjectReview
  'tokenreviews.authentication.k8s.io': authentication_v1.TokenReview
  'localsubjectaccessreviews.authorization.k8s.io': authorization_v1.LocalSubjectAccessReview
  'selfsubjectaccessreviews.authorization.k8s.io': authorization_v1.SelfSubjectAccessReview
  'selfsubjectrulesreviews.authorization.k8s.io': authorization_v1.SelfSubjectRulesReview
  'subjectaccessreviews.authorization.k8s.io': authorization_v1.SubjectAccessReview
  'horizontalpodautoscalers.v1.autoscaling': autoscaling_v1.HorizontalPodAutoscaler
  'horizontalpodautoscalers.autoscaling': autoscaling_v2.HorizontalPodAutoscaler
  'cronjobs.batch': batch_v1.CronJob
  'jobs.batch': batch_v1.Job
  'certificatesigningrequests.certificates.k8s.io': certificates_v1.CertificateSigningRequest
  'leases.coordination.k8s.io': coordination_v1.Lease
  'bindings': core_v1.Binding
  'componentstatuses': core_v1.ComponentStatus
  'configmaps': core_v1.ConfigMap
  'endpoints': core_v1.Endpoints
  'events': core_v1.Event
  'limitranges': core_v1.LimitRange
  'namespaces': core_v1.Namespace
  'nodes': core_v1.Node
  'persistentvolumeclaims': core_v1.PersistentVolumeClaim
  'persistentvolumes': core_v1.PersistentVolume
  'pods': core_v1.Pod
  'podtemplates': core_v1.PodTemplate
  'replicationcontrollers': core_v1.ReplicationController
  'resourcequotas': core_v1.ResourceQuota
  'secrets': core_v1.Secret
  'serviceaccounts': core_v1.ServiceAccount
  'services': core_v1.Service
  'endpointslices.discovery.k8s.io': discovery_v1.EndpointSlice
  'events.events.k8s.io': events_v1.Event
  'flowschemas.flowcontrol.apiserver.k8s.io': flowcontrol_v1.FlowSchema
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': flowcontrol_v1.PriorityLevelConfiguration
  'ingressclasses.networking.k8s.io': networking_v1.IngressClass
  'ingresses.networking.k8s.io': networking_v1.Ingress
  'ipaddresses.networking.k8s.io': networking_v1.IPAddress
  'networkpolicies.networking.k8s.io': networking_v1.NetworkPolicy
  'servicecidrs.networking.k8s.io': networking_v1.ServiceCIDR
  'runtimeclasses.node.k8s.io': node_v1.RuntimeClass
  'poddisruptionbudgets.policy': policy_v1.PodDisruptionBudget
  'clusterrolebindings.rbac.authorization.k8s.io': rbac_v1.ClusterRoleBinding
  'clusterroles.rbac.authorization.k8s.io': rbac_v1.ClusterRole
  'rolebindings.rbac.authorization.k8s.io': rbac_v1.RoleBinding
  'roles.rbac.authorization.k8s.io': rbac_v1.Role
  'deviceclasses.resource.k8s.io': resource_v1.DeviceClass
  'resourceclaims.resource.k8s.io': resource_v1.ResourceClaim
  'resourceclaimtemplates.resource.k8s.io': resource_v1.ResourceClaimTemplate
  'resourceslices.resource.k8s.io': resource_v1.ResourceSlice
  'priorityclasses.scheduling.k8s.io': scheduling_v1.PriorityClass
  'csidrivers.storage.k8s.io': storage_v1.CSIDriver
  'csinodes.storage.k8s.io': storage_v1.CSINode
  'csistoragecapacities.storage.k8s.io': storage_v1.CSIStorageCapacity
  'storageclasses.storage.k8s.io': storage_v1.StorageClass
  'volumeattachments.storage.k8s.io': storage_v1.VolumeAttachment
  'volumeattributesclasses.storage.k8s.io': storage_v1.VolumeAttributesClass
}
export type ResourceName = keyof ResourceTypes
