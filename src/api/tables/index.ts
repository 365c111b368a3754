/** Every table of the API, by the name that other tables call it by. */
import admissionregistration_v1 from './admissionregistration-v1.ts'
import apiextensions_v1 from './apiextensions-v1.ts'
import apiregistration_v1 from './apiregistration-v1.ts'
import apps_v1 from './apps-v1.ts'
import authentication_v1 from './authentication-v1.ts'
import authorization_v1 from './authorization-v1.ts'
import autoscaling_v1 from './autoscaling-v1.ts'
import autoscaling_v2 from './autoscaling-v2.ts'
import batch_v1 from './batch-v1.ts'
import certificates_v1 from './certificates-v1.ts'
import coordination_v1 from './coordination-v1.ts'
import core_v1 from './core-v1.ts'
import discovery_v1 from './discovery-v1.ts'
import events_v1 from './events-v1.ts'
import flowcontrol_v1 from './flowcontrol-v1.ts'
import meta_v1 from './meta-v1.ts'
import networking_v1 from './networking-v1.ts'
import node_v1 from './node-v1.ts'
import policy_v1 from './policy-v1.ts'
import rbac_v1 from './rbac-v1.ts'
import resource_v1 from './resource-v1.ts'
import scheduling_v1 from './scheduling-v1.ts'
import storage_v1 from './storage-v1.ts'

export const tables = {
  'admissionregistration.v1': admissionregistration_v1,
  'apiextensions.v1': apiextensions_v1,
  'apiregistration.v1': apiregistration_v1,
  'apps.v1': apps_v1,
  'authentication.v1': authentication_v1,
  'authorization.v1': authorization_v1,
  'autoscaling.v1': autoscaling_v1,
  'autoscaling.v2': autoscaling_v2,
  'batch.v1': batch_v1,
  'certificates.v1': certificates_v1,
  'coordination.v1': coordination_v1,
  'core.v1': core_v1,
  'discovery.v1': discovery_v1,
  'events.v1': events_v1,
  'flowcontrol.v1': flowcontrol_v1,
  'meta.v1': meta_v1,
  'networking.v1': networking_v1,
  'node.v1': node_v1,
  'policy.v1': policy_v1,
  'rbac.v1': rbac_v1,
  'resource.v1': resource_v1,
  'scheduling.v1': scheduling_v1,
  'storage.v1': storage_v1,
} as const
