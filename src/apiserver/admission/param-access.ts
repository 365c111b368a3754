/**
 * Nobody reads through a policy what they may not read themselves: its answers tell of the parameters. Who writes a
 * policy must be able to get all objects of its paramKind, who writes a binding the object of its paramRef
 * (registry/admissionregistration/…/authz.go). As admission, after what may change the object.
 */
import type { ParamKind } from '../../api/types/admissionregistration-v1.ts'
import { forbidden, newInvalid } from '../../api/validation/field-error.ts'
import type { User, WriteAttributes } from '../request.ts'
import { deepEqual } from '../rest/equal.ts'
import type { AdmissionPlugin } from './admission.ts'
import { type Binding, type Policy, type PolicyDeps, paramEndpoint } from './policies.ts'

const group = 'admissionregistration.k8s.io'
const kinds = /^(validating|mutating)admissionpolic(ies|ybindings)$/

export function createParamAccessCheck({ objects, endpoints, authorizer }: PolicyDeps): AdmissionPlugin {
  return {
    name: 'ParamAccess',
    handles: (resource, subresource, operation) =>
      kinds.test(resource) && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
    async validate(object, old, attributes) {
      const { resource, user } = attributes
      if (resource.group !== group || user.groups.includes('system:masters')) return undefined
      const refuse = (field: string, why: string) => newInvalid(resource, object?.metadata.name ?? '', [forbidden(field, why)])
      if (resource.resource.endsWith('policies')) {
        const { paramKind } = (object as unknown as Policy).spec
        const before = (old as unknown as Policy | undefined)?.spec.paramKind
        if (!paramKind || deepEqual(paramKind, before)) return undefined
        if (!(await canGet(attributes, paramKind, '*', '*')))
          throw refuse(
            'spec.paramKind',
            `user ${printed(user)} must have "get" permission on all objects of the referenced paramKind (kind=${paramKind.kind}, apiVersion=${paramKind.apiVersion})`,
          )
        return undefined
      }
      const { paramRef, policyName = '' } = (object as unknown as Binding).spec
      const before = (old as unknown as Binding | undefined)?.spec
      if (!paramRef || (deepEqual(paramRef, before?.paramRef) && policyName === before?.policyName)) return undefined
      const policies = resource.resource.replace(/bindings$/, '').replace(/y$/, 'ies')
      const paramKind = (await objects.get<Policy>(`${policies}.${group}`, policyName))?.spec.paramKind
      if (!(await canGet(attributes, paramKind, paramRef.namespace ?? '', paramRef.name ?? '')))
        throw refuse('spec.paramRef', `user ${printed(user)} does not have "get" permission on the object referenced by paramRef`)
      return undefined
    },
  }

  /** What is not known is asked of everything. */
  async function canGet({ user }: WriteAttributes, kind: ParamKind | undefined, namespace: string, name: string): Promise<boolean> {
    const [apiGroup, apiVersion] = !kind ? ['*', '*'] : kind.apiVersion?.includes('/') ? kind.apiVersion.split('/') : ['', kind.apiVersion]
    const { decision } = await authorizer.authorize({
      user,
      verb: 'get',
      isResourceRequest: true,
      path: '',
      apiGroup: apiGroup as string,
      apiVersion: apiVersion as string,
      resource: (kind && paramEndpoint(kind, endpoints)?.resource.resource) ?? '*',
      subresource: '',
      namespace,
      name,
    })
    return decision === 'allow'
  }
}

/** As Go prints a user.DefaultInfo. */
const printed = ({ name, uid = '', groups, extra = {} }: User): string =>
  `&{${name} ${uid} [${groups.join(' ')}] map[${Object.entries(extra)
    .map(([key, values]) => `${key}:[${values.join(' ')}]`)
    .sort()
    .join(' ')}]}`
