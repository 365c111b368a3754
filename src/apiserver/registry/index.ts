/** The strategies of the built-in resources, by `resource` or `resource.group`; what is not here gets the server's defaults. */

import { customResourceDefinitions } from '../extensions/definitions.ts'
import * as admission from './admission.ts'
import { cronJobs, jobs } from './batch.ts'
import * as core from './core.ts'
import * as groups from './groups.ts'
import * as networking from './networking.ts'
import { pods } from './pods.ts'
import { withoutPrivileged } from './privileged.ts'
import { createServiceStrategy, type ServiceOptions } from './services.ts'
import type { Strategy } from './strategy.ts'
import {
  controllerRevisions,
  daemonSets,
  deployments,
  podTemplates,
  replicaSets,
  replicationControllers,
  statefulSets,
} from './workloads.ts'

// A strategy's own type is narrower than the server's object, which comes decoded as that type.
const entries = {
  pods,
  podtemplates: podTemplates,
  replicationcontrollers: replicationControllers,
  configmaps: core.configMaps,
  secrets: core.secrets,
  serviceaccounts: core.serviceAccounts,
  limitranges: core.limitRanges,
  resourcequotas: core.resourceQuotas,
  namespaces: core.namespaces,
  nodes: core.nodes,
  endpoints: core.endpoints,
  events: core.events,
  'events.events.k8s.io': core.newEvents,
  persistentvolumes: core.persistentVolumes,
  persistentvolumeclaims: core.persistentVolumeClaims,
  'deployments.apps': deployments,
  'replicasets.apps': replicaSets,
  'daemonsets.apps': daemonSets,
  'statefulsets.apps': statefulSets,
  'controllerrevisions.apps': controllerRevisions,
  'jobs.batch': jobs,
  'cronjobs.batch': cronJobs,
  'ingresses.networking.k8s.io': networking.ingresses,
  'ingressclasses.networking.k8s.io': networking.ingressClasses,
  'networkpolicies.networking.k8s.io': networking.networkPolicies,
  'ipaddresses.networking.k8s.io': networking.ipAddresses,
  'servicecidrs.networking.k8s.io': networking.serviceCIDRs,
  'poddisruptionbudgets.policy': groups.podDisruptionBudgets,
  'endpointslices.discovery.k8s.io': groups.endpointSlices,
  'leases.coordination.k8s.io': groups.leases,
  'roles.rbac.authorization.k8s.io': groups.roles,
  'clusterroles.rbac.authorization.k8s.io': groups.clusterRoles,
  'rolebindings.rbac.authorization.k8s.io': groups.roleBindings,
  'clusterrolebindings.rbac.authorization.k8s.io': groups.clusterRoleBindings,
  'priorityclasses.scheduling.k8s.io': groups.priorityClasses,
  'storageclasses.storage.k8s.io': groups.storageClasses,
  'csidrivers.storage.k8s.io': groups.csiDrivers,
  'csinodes.storage.k8s.io': groups.csiNodes,
  'volumeattachments.storage.k8s.io': groups.volumeAttachments,
  'volumeattributesclasses.storage.k8s.io': groups.volumeAttributesClasses,
  'runtimeclasses.node.k8s.io': groups.runtimeClasses,
  'apiservices.apiregistration.k8s.io': groups.apiServices,
  'flowschemas.flowcontrol.apiserver.k8s.io': groups.flowSchemas,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': groups.priorityLevels,
  'resourceclaims.resource.k8s.io': groups.resourceClaims,
  'resourceclaimtemplates.resource.k8s.io': groups.resourceClaimTemplates,
  'certificatesigningrequests.certificates.k8s.io': groups.certificateSigningRequests,
  'deviceclasses.resource.k8s.io': groups.deviceClasses,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': admission.webhookConfigurations,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': admission.webhookConfigurations,
  'validatingadmissionpolicies.admissionregistration.k8s.io': admission.validatingPolicies,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': admission.validatingPolicyBindings,
  'mutatingadmissionpolicies.admissionregistration.k8s.io': admission.mutatingPolicies,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': admission.mutatingPolicyBindings,
  'customresourcedefinitions.apiextensions.k8s.io': customResourceDefinitions,
  'horizontalpodautoscalers.autoscaling': networking.horizontalPodAutoscalers,
} satisfies Record<string, unknown>

const plain = entries as unknown as Readonly<Record<string, Strategy>>

export interface StrategyOptions extends ServiceOptions {
  /** --event-ttl */
  readonly eventTtlSeconds?: number
  /** --allow-privileged; default true. */
  readonly allowPrivileged?: boolean
}

/** All strategies. Services need the server's own API, to keep the addresses they take. */
export function createStrategies({
  eventTtlSeconds = 3600,
  allowPrivileged = true,
  ...options
}: StrategyOptions): Readonly<Record<string, Strategy>> {
  const ending = (name: string) => ({ [name]: { ...(plain[name] as Strategy), ttlSeconds: eventTtlSeconds } })
  return {
    ...(allowPrivileged ? plain : withoutPrivileged(plain)),
    ...ending('events'),
    ...ending('events.events.k8s.io'),
    services: createServiceStrategy(options) as unknown as Strategy,
  }
}
