import { expect, test } from 'vitest'
import { pluginNames, pluginsOn } from './plugins.ts'

/** Those that are off unless asked for stand in brackets (AllOrderedPlugins and DefaultOffAdmissionPlugins). */
const upstream = `
  [AlwaysAdmit] [NamespaceAutoProvision] NamespaceLifecycle [NamespaceExists] [LimitPodHardAntiAffinityTopology] LimitRanger
  ServiceAccount [NodeRestriction] TaintNodesByCondition [AlwaysPullImages] [ImagePolicyWebhook] PodSecurity [PodNodeSelector]
  Priority DefaultTolerationSeconds [PodTolerationRestriction] [EventRateLimit] [ExtendedResourceToleration] DefaultStorageClass
  StorageObjectInUseProtection PodGroupProtection [OwnerReferencesPermissionEnforcement] PersistentVolumeClaimResize RuntimeClass
  CertificateApproval CertificateSigning ClusterTrustBundleAttest CertificateSubjectRestriction DefaultIngressClass
  [DenyServiceExternalIPs] PodTopologyLabels PodGroupWorkloadExists NodeDeclaredFeatureValidator JobValidation PodResizeValidator
  MutatingAdmissionPolicy MutatingAdmissionWebhook ValidatingAdmissionPolicy ValidatingAdmissionWebhook ResourceQuota [AlwaysDeny]
`
  .trim()
  .split(/\s+/)

test('plugins run in upstream’s order', () => expect(pluginNames).toEqual(upstream.map((name) => name.replace(/[[\]]/g, ''))))
test('the same are on as upstream', () => expect(pluginsOn).toEqual(upstream.filter((name) => !name.startsWith('['))))
