/** The admission plugins in upstream's order (kubeapiserver/options/plugins.go), and which of them are on. */
import type { Transport } from '../../client/transport.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { Endpoints } from '../endpoints.ts'
import type { Objects } from '../objects.ts'
import type { Authorizer } from '../request.ts'
import type { AdmissionPlugin } from './admission.ts'
import { createCertificateApproval, createCertificateSigning, createCertificateSubjectRestriction } from './certificates.ts'
import { createEventRateLimit, type EventLimit } from './event-rate-limit.ts'
import {
  createAlwaysAdmit,
  createAlwaysDeny,
  createDenyServiceExternalIPs,
  createLimitPodHardAntiAffinityTopology,
  createNamespaceAutoProvision,
  createNamespaceExists,
} from './gates.ts'
import { createImagePolicyWebhook, parseImagePolicy } from './image-policy.ts'
import { createLimitRanger } from './limit-ranger.ts'
import { createMutatingAdmissionPolicy } from './mutating-policy.ts'
import { createMutatingAdmissionWebhook } from './mutating-webhook.ts'
import { createNamespaceLifecycle } from './namespace-lifecycle.ts'
import { createNodeRestriction } from './node-restriction.ts'
import { createOwnerReferencesPermissionEnforcement } from './owner-references.ts'
import {
  createAlwaysPullImages,
  createDefaultTolerationSeconds,
  createExtendedResourceToleration,
  createPriority,
  createRuntimeClassPlugin,
  createTaintNodesByCondition,
  type TolerationSeconds,
} from './pod-defaults.ts'
import {
  createPodNodeSelector,
  createPodTolerationRestriction,
  createPodTopologyLabels,
  parseNodeSelectors,
  type TolerationConfiguration,
} from './pod-placement.ts'
import { createPodResizeValidator } from './pod-resize.ts'
import { createPodSecurity } from './pod-security.ts'
import { parsePodSecurityConfiguration } from './pod-security-policy.ts'
import { createResourceQuota, parseLimitedResources } from './resource-quota.ts'
import { createServiceAccountPlugin } from './service-account.ts'
import {
  createDefaultIngressClass,
  createDefaultStorageClass,
  createPersistentVolumeClaimResize,
  createStorageObjectInUseProtection,
} from './storage.ts'
import { createValidatingAdmissionPolicy } from './validating-policy.ts'
import { createValidatingAdmissionWebhook } from './validating-webhook.ts'

export interface AdmissionOptions {
  readonly tolerationSeconds?: TolerationSeconds
  readonly enable: readonly string[]
  readonly disable: readonly string[]
  /** The configuration of each plugin that has one, by name (--admission-control-config-file). */
  readonly configuration?: Readonly<Record<string, unknown>>
}

export interface AdmissionDeps {
  readonly objects: Objects
  readonly api: () => Transport
  readonly authorizer: Authorizer
  readonly endpoints: Endpoints
  readonly metrics: MetricsRegistry
}

interface Entry {
  readonly name: string
  readonly off?: true
  create(deps: AdmissionDeps, configuration: unknown, options: AdmissionOptions): AdmissionPlugin
}

/**
 * Plugins of resources and features that are off in this version unless asked for: they do nothing, as upstream's do
 * while their feature gates are off.
 */
const idle = (name: string): Entry => ({ name, create: () => ({ name, handles: () => false }) })

const plugins: readonly Entry[] = [
  { name: 'AlwaysAdmit', off: true, create: createAlwaysAdmit },
  { name: 'NamespaceAutoProvision', off: true, create: ({ objects, api }) => createNamespaceAutoProvision(objects, api) },
  { name: 'NamespaceLifecycle', create: ({ objects }) => createNamespaceLifecycle(objects) },
  { name: 'NamespaceExists', off: true, create: ({ objects }) => createNamespaceExists(objects) },
  { name: 'LimitPodHardAntiAffinityTopology', off: true, create: createLimitPodHardAntiAffinityTopology },
  { name: 'LimitRanger', create: ({ objects }) => createLimitRanger(objects) },
  { name: 'ServiceAccount', create: ({ objects }) => createServiceAccountPlugin(objects) },
  { name: 'NodeRestriction', off: true, create: ({ objects, authorizer }) => createNodeRestriction(objects, authorizer) },
  { name: 'TaintNodesByCondition', create: createTaintNodesByCondition },
  { name: 'AlwaysPullImages', off: true, create: createAlwaysPullImages },
  { name: 'ImagePolicyWebhook', off: true, create: (_deps, configuration) => createImagePolicyWebhook(parseImagePolicy(configuration)) },
  {
    name: 'PodSecurity',
    create: ({ objects, metrics }, configuration) => createPodSecurity(objects, parsePodSecurityConfiguration(configuration), metrics),
  },
  { name: 'PodNodeSelector', off: true, create: ({ objects }, config) => createPodNodeSelector(objects, parseNodeSelectors(config)) },
  { name: 'Priority', create: ({ objects }) => createPriority(objects) },
  {
    name: 'DefaultTolerationSeconds',
    create: (_deps, _configuration, options) => createDefaultTolerationSeconds(options.tolerationSeconds),
  },
  {
    name: 'PodTolerationRestriction',
    off: true,
    create: ({ objects }, configuration) => createPodTolerationRestriction(objects, (configuration ?? {}) as TolerationConfiguration),
  },
  { name: 'EventRateLimit', off: true, create: (_deps, configuration) => createEventRateLimit(eventLimits(configuration)) },
  { name: 'ExtendedResourceToleration', off: true, create: createExtendedResourceToleration },
  { name: 'DefaultStorageClass', create: ({ objects }) => createDefaultStorageClass(objects) },
  { name: 'StorageObjectInUseProtection', create: createStorageObjectInUseProtection },
  idle('PodGroupProtection'),
  {
    name: 'OwnerReferencesPermissionEnforcement',
    off: true,
    create: ({ authorizer, endpoints }) => createOwnerReferencesPermissionEnforcement(authorizer, endpoints),
  },
  { name: 'PersistentVolumeClaimResize', create: ({ objects }) => createPersistentVolumeClaimResize(objects) },
  { name: 'RuntimeClass', create: ({ objects }) => createRuntimeClassPlugin(objects) },
  { name: 'CertificateApproval', create: ({ authorizer }) => createCertificateApproval(authorizer) },
  { name: 'CertificateSigning', create: ({ authorizer }) => createCertificateSigning(authorizer) },
  idle('ClusterTrustBundleAttest'),
  { name: 'CertificateSubjectRestriction', create: createCertificateSubjectRestriction },
  { name: 'DefaultIngressClass', create: ({ objects }) => createDefaultIngressClass(objects) },
  { name: 'DenyServiceExternalIPs', off: true, create: createDenyServiceExternalIPs },
  { name: 'PodTopologyLabels', create: ({ objects }) => createPodTopologyLabels(objects) },
  idle('PodGroupWorkloadExists'),
  idle('NodeDeclaredFeatureValidator'),
  idle('JobValidation'),
  { name: 'PodResizeValidator', create: ({ objects }) => createPodResizeValidator(objects) },
  { name: 'MutatingAdmissionPolicy', create: createMutatingAdmissionPolicy },
  { name: 'MutatingAdmissionWebhook', create: createMutatingAdmissionWebhook },
  { name: 'ValidatingAdmissionPolicy', create: createValidatingAdmissionPolicy },
  { name: 'ValidatingAdmissionWebhook', create: createValidatingAdmissionWebhook },
  // After all that change an object, so that it charges for what will be stored.
  {
    name: 'ResourceQuota',
    create: ({ objects, api }, configuration) => createResourceQuota(objects, api, parseLimitedResources(configuration)),
  },
  { name: 'AlwaysDeny', off: true, create: createAlwaysDeny },
]

export const pluginNames = plugins.map((p) => p.name)
export const pluginsOn = plugins.filter((p) => !p.off).map((p) => p.name)

export function createAdmission(deps: AdmissionDeps, options: AdmissionOptions): AdmissionPlugin[] {
  const { enable, disable, configuration = {} } = options
  for (const name of [...enable, ...disable])
    if (!pluginNames.includes(name)) throw new Error(`admission plugin ${JSON.stringify(name)} is not known: ${pluginNames.join(', ')}`)
  for (const name of enable)
    if (disable.includes(name)) throw new Error(`[${name}] in enable-admission-plugins and disable-admission-plugins overlapped`)
  const on = ({ name, off }: Entry) => enable.includes(name) || (!off && !disable.includes(name))
  return plugins.filter(on).map(({ name, create }) => create(deps, configuration[name], options))
}

function eventLimits(configuration: unknown): readonly EventLimit[] {
  const { limits } = (configuration ?? {}) as { limits?: readonly EventLimit[] }
  if (!Array.isArray(limits) || limits.length === 0) throw new Error('EventRateLimit: its configuration names no limits')
  return limits
}
