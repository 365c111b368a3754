/** The admission plugins in upstream's order (kubeapiserver/options/plugins.go), and which of them are on. */
import type { Transport } from '../../client/transport.ts'
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
import { createLimitRanger } from './limit-ranger.ts'
import { createNamespaceLifecycle } from './namespace-lifecycle.ts'
import { createNodeRestriction } from './node-restriction.ts'
import {
  createAlwaysPullImages,
  createDefaultTolerationSeconds,
  createExtendedResourceToleration,
  createPriority,
  createRuntimeClassPlugin,
  createTaintNodesByCondition,
} from './pod-defaults.ts'
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

export interface AdmissionOptions {
  readonly enable: readonly string[]
  readonly disable: readonly string[]
  /** The configuration of each plugin that has one, by name (--admission-control-config-file). */
  readonly configuration?: Readonly<Record<string, unknown>>
}

export interface AdmissionDeps {
  readonly objects: Objects
  readonly api: () => Transport
  readonly authorizer: Authorizer
  /** What stands between the plugins before it and ResourceQuota: webhooks and CEL policies. */
  readonly policies?: readonly AdmissionPlugin[]
}

interface Entry {
  readonly name: string
  readonly off?: true
  create(deps: AdmissionDeps, configuration: unknown): AdmissionPlugin
}

const plugins: readonly Entry[] = [
  { name: 'AlwaysAdmit', off: true, create: createAlwaysAdmit },
  { name: 'NamespaceAutoProvision', off: true, create: ({ objects, api }) => createNamespaceAutoProvision(objects, api) },
  { name: 'NamespaceLifecycle', create: ({ objects }) => createNamespaceLifecycle(objects) },
  { name: 'NamespaceExists', off: true, create: ({ objects }) => createNamespaceExists(objects) },
  { name: 'LimitPodHardAntiAffinityTopology', off: true, create: createLimitPodHardAntiAffinityTopology },
  { name: 'LimitRanger', create: ({ objects }) => createLimitRanger(objects) },
  { name: 'ServiceAccount', create: ({ objects }) => createServiceAccountPlugin(objects) },
  { name: 'NodeRestriction', off: true, create: ({ objects }) => createNodeRestriction(objects) },
  { name: 'TaintNodesByCondition', create: createTaintNodesByCondition },
  { name: 'AlwaysPullImages', off: true, create: createAlwaysPullImages },
  { name: 'PodSecurity', create: ({ objects }, configuration) => createPodSecurity(objects, parsePodSecurityConfiguration(configuration)) },
  { name: 'EventRateLimit', off: true, create: (_deps, configuration) => createEventRateLimit(eventLimits(configuration)) },
  { name: 'ExtendedResourceToleration', off: true, create: createExtendedResourceToleration },
  { name: 'Priority', create: ({ objects }) => createPriority(objects) },
  { name: 'DefaultTolerationSeconds', create: createDefaultTolerationSeconds },
  { name: 'StorageObjectInUseProtection', create: createStorageObjectInUseProtection },
  { name: 'PersistentVolumeClaimResize', create: ({ objects }) => createPersistentVolumeClaimResize(objects) },
  { name: 'RuntimeClass', create: ({ objects }) => createRuntimeClassPlugin(objects) },
  { name: 'CertificateApproval', create: ({ authorizer }) => createCertificateApproval(authorizer) },
  { name: 'CertificateSigning', create: ({ authorizer }) => createCertificateSigning(authorizer) },
  { name: 'CertificateSubjectRestriction', create: createCertificateSubjectRestriction },
  { name: 'DefaultStorageClass', create: ({ objects }) => createDefaultStorageClass(objects) },
  { name: 'DefaultIngressClass', create: ({ objects }) => createDefaultIngressClass(objects) },
  { name: 'DenyServiceExternalIPs', off: true, create: createDenyServiceExternalIPs },
]
/** After the policies, so that it charges for what will be stored. */
const last: readonly Entry[] = [
  {
    name: 'ResourceQuota',
    create: ({ objects, api }, configuration) => createResourceQuota(objects, api, parseLimitedResources(configuration)),
  },
  { name: 'AlwaysDeny', off: true, create: createAlwaysDeny },
]

export const pluginNames = [...plugins, ...last].map((p) => p.name)

export function createAdmission(deps: AdmissionDeps, { enable, disable, configuration = {} }: AdmissionOptions): AdmissionPlugin[] {
  for (const name of [...enable, ...disable])
    if (!pluginNames.includes(name)) throw new Error(`admission plugin ${JSON.stringify(name)} is not known: ${pluginNames.join(', ')}`)
  for (const name of enable)
    if (disable.includes(name)) throw new Error(`[${name}] in enable-admission-plugins and disable-admission-plugins overlapped`)
  const on = ({ name, off }: Entry) => enable.includes(name) || (!off && !disable.includes(name))
  const make = (entry: Entry) => (on(entry) ? [entry.create(deps, configuration[entry.name])] : [])
  return [...plugins.flatMap(make), ...(deps.policies ?? []), ...last.flatMap(make)]
}

function eventLimits(configuration: unknown): readonly EventLimit[] {
  const { limits } = (configuration ?? {}) as { limits?: readonly EventLimit[] }
  if (!Array.isArray(limits) || limits.length === 0) throw new Error('EventRateLimit: its configuration names no limits')
  return limits
}
