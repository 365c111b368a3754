/** Nothing is made in a namespace that is missing or going away, and the system's own namespaces stay (admission/plugin/namespace/lifecycle). */
import { newForbidden, newNotFound, StatusError } from '../../api/errors.ts'
import type { Namespace } from '../../api/types/core-v1.ts'
import type { Objects } from '../objects.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'

const immortal = new Set(['default', 'kube-system', 'kube-public'])
/** Resources that answer about a namespace without being in it. */
const reviews = new Set(['localsubjectaccessreviews'])

export function createNamespaceLifecycle(objects: Objects): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    handles: (resource, subresource, operation) =>
      operation === 'CREATE' ? !reviews.has(resource) : resource === 'namespaces' && subresource === '' && operation === 'DELETE',
    async admit(object, _old, attributes) {
      const { operation, resource, namespace } = attributes
      if (operation === 'DELETE') return object
      if (!resource.namespaced) return object
      const found = await objects.get<Namespace>('namespaces', namespace)
      if (!found) throw newNotFound({ group: '', resource: 'namespaces' }, namespace)
      if (found.status?.phase !== 'Terminating') return object
      const { status } = newRefusal(
        attributes,
        object,
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      )
      throw new StatusError({
        ...status,
        code: 403,
        message: status.message as string,
        details: {
          ...status.details,
          causes: [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }],
        },
      })
    },
    validate(_object, _old, { operation, resource, name }) {
      if (operation === 'DELETE' && immortal.has(name)) throw newForbidden(resource, name, 'this namespace may not be deleted')
      return undefined
    },
  }
}
