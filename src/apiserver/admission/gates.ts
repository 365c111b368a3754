/** Small plugins that are off unless asked for: each lets a write by or refuses it by one rule. */
import { isAlreadyExists, newForbidden, newNotFound } from '../../api/errors.ts'
import type { Namespace, Pod, Service } from '../../api/types/core-v1.ts'
import type { Transport } from '../../client/transport.ts'
import type { Objects } from '../objects.ts'
import type { WriteAttributes } from '../request.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'

const namespaces = { group: '', resource: 'namespaces' }

/** Does nothing (apiserver/pkg/admission, alwaysadmit). */
export const createAlwaysAdmit = (): AdmissionPlugin => ({ name: 'AlwaysAdmit', handles: () => false })

/** Refuses every write; while others change the object, so that none is charged for (admission/deny). */
export function createAlwaysDeny(): AdmissionPlugin {
  return {
    name: 'AlwaysDeny',
    handles: () => true,
    admit(object, _old, attributes) {
      throw newRefusal(attributes, object, 'admission control is denying all modifications')
    },
  }
}

/** A namespace is made with the first object in it (admission/namespace/autoprovision). */
export function createNamespaceAutoProvision(objects: Objects, api: () => Transport): AdmissionPlugin {
  return {
    name: 'NamespaceAutoProvision',
    handles: (resource, _subresource, operation) =>
      operation === 'CREATE' && resource !== 'namespaces' && resource !== 'localsubjectaccessreviews',
    async admit(object, _old, { namespace, dryRun }) {
      if (namespace === '' || dryRun || (await objects.get<Namespace>('namespaces', namespace))) return object
      try {
        await api().request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: namespace } } })
      } catch (error) {
        if (!isAlreadyExists(error)) throw error
      }
      return object
    },
  }
}

/** Nothing is written or deleted in a namespace that is not there (admission/namespace/exists). */
export function createNamespaceExists(objects: Objects): AdmissionPlugin {
  return {
    name: 'NamespaceExists',
    handles: (resource, _subresource, operation) => operation !== 'CONNECT' && resource !== 'namespaces',
    async validate(_object, _old, { namespace }) {
      if (namespace !== '' && !(await objects.get<Namespace>('namespaces', namespace))) throw newNotFound(namespaces, namespace)
      return undefined
    },
  }
}

/** Pods keep away from others by node only: wider rules would keep others out of a whole zone (admission/antiaffinity). */
export function createLimitPodHardAntiAffinityTopology(): AdmissionPlugin {
  const hostname = 'kubernetes.io/hostname'
  return {
    name: 'LimitPodHardAntiAffinityTopology',
    handles: isWriteOf('pods'),
    validate(object, _old, { resource }) {
      const { metadata, spec } = object as unknown as Pod
      const terms = spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
      const wider = terms.find((term) => term.topologyKey !== hostname)
      if (wider)
        throw newForbidden(
          resource,
          metadata.name ?? '',
          `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${wider.topologyKey} but only key ${hostname} is allowed`,
        )
      return undefined
    },
  }
}

/** No service takes an external IP that it does not have yet (admission/network/denyserviceexternalips). */
export function createDenyServiceExternalIPs(): AdmissionPlugin {
  return {
    name: 'DenyServiceExternalIPs',
    handles: isWriteOf('services'),
    validate(object, old, attributes) {
      const ips = (service: unknown) => (service as Service | undefined)?.spec.externalIPs ?? []
      const had = new Set(ips(old))
      if (ips(object).some((ip) => !had.has(ip))) throw newRefusal(attributes, object, 'Use of external IPs is denied by admission control')
      return undefined
    },
  }
}

function isWriteOf(wanted: string) {
  return (resource: string, subresource: string, operation: WriteAttributes['operation']): boolean =>
    resource === wanted && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')
}
