/**
 * An owner is the death of what it owns: only who may delete an object gives it owners, and only who may set an
 * owner's finalizers lets an object hold up its owner's deletion (plugin/pkg/admission/gc). Off by default.
 */
import { apiVersionOf, type Endpoints } from '../endpoints.ts'
import type { ApiObject, Authorizer, WriteAttributes } from '../request.ts'
import { deepEqual } from '../rest/equal.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'

type OwnerReference = NonNullable<ApiObject['metadata']['ownerReferences']>[number]

const ownersOf = (object: ApiObject | undefined): readonly OwnerReference[] => object?.metadata?.ownerReferences ?? []

export function createOwnerReferencesPermissionEnforcement(authorizer: Authorizer, endpoints: Endpoints): AdmissionPlugin {
  /** Undefined when the user may. */
  const refusalOf = async (
    { user }: WriteAttributes,
    verb: string,
    { group, version, resource }: { group: string; version: string; resource: string },
    where: { namespace: string; name: string; subresource?: string },
  ): Promise<string | undefined> => {
    const { decision, reason, error } = await authorizer.authorize({
      user,
      verb,
      isResourceRequest: true,
      path: '',
      apiGroup: group,
      apiVersion: version,
      resource,
      subresource: '',
      ...where,
    })
    return decision === 'allow' ? undefined : `${reason}, ${error?.message ?? '<nil>'}`
  }
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    // Kubelets of old broke the owners in the status they wrote; nothing that is written to a pod's status changes them.
    handles: (resource, subresource, operation) =>
      (operation === 'CREATE' || operation === 'UPDATE') && !(resource === 'pods' && subresource === 'status'),
    async validate(object, old, attributes) {
      const { resource, subresource, namespace, name } = attributes
      const owners = ownersOf(object)
      if (deepEqual(owners, ownersOf(old))) return undefined
      const refuse = (why: string) => newRefusal(attributes, object, why)
      const where = { namespace, name, ...(subresource ? { subresource: subresource.name } : {}) }
      const noDeletion = await refusalOf(attributes, 'delete', resource, where)
      if (noDeletion) throw refuse(`cannot set an ownerRef on a resource you can't delete: ${noDeletion}`)
      for (const { apiVersion, kind, name: ownerName } of newlyBlocking(owners, ownersOf(old))) {
        const resources = [...endpoints.all()].map((e) => e.resource).filter((r) => r.kind === kind && isOf(r, apiVersion))
        if (resources.length === 0)
          throw refuse(
            `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`,
          )
        for (const owner of resources) {
          const at = { namespace: owner.namespaced ? namespace : '', name: ownerName, subresource: 'finalizers' }
          const noFinalizers = await refusalOf(attributes, 'update', owner, at)
          if (noFinalizers)
            throw refuse(
              `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${noFinalizers}`,
            )
        }
      }
      return undefined
    },
  }
}

const isOf = ({ group, version }: { group: string; version: string }, apiVersion: string) => apiVersionOf(group, version) === apiVersion

function newlyBlocking(owners: readonly OwnerReference[], before: readonly OwnerReference[]): OwnerReference[] {
  const blocked = new Set(before.filter((o) => o.blockOwnerDeletion).map((o) => o.uid))
  return owners.filter((o) => o.blockOwnerDeletion && !blocked.has(o.uid))
}
