import { expect, test } from 'vitest'
import { allResources } from '../../api/registry.ts'
import type { Endpoint, Endpoints } from '../endpoints.ts'
import type { Authorizer } from '../request.ts'
import { createOwnerReferencesPermissionEnforcement } from './owner-references.ts'
import { review, type Write } from './testing.ts'

const owner = (more: object = {}) => ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u', ...more })
const blocking = owner({ blockOwnerDeletion: true })
const pod = (...ownerReferences: object[]) => ({ metadata: { name: 'p', namespace: 'ns', ownerReferences } })
const no = (why: string) => `403 pods "p" is forbidden: ${why}`
const noDeletion = no("cannot set an ownerRef on a resource you can't delete: not you, <nil>")
const noFinalizers = no(
  "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: not you, <nil>",
)

const endpoints = { all: () => allResources().map((resource) => ({ resource }) as Endpoint) } as unknown as Endpoints

test.each<[string, string, Write, string]>([
  ['no owner', '', { resource: 'pods', object: pod() }, 'allowed'],
  ['an owner, by who may delete', 'delete ns/pods/p', { resource: 'pods', object: pod(owner()) }, 'allowed'],
  ['an owner, by who may not', '', { resource: 'pods', object: pod(owner()) }, noDeletion],
  ['an owner taken away', '', { resource: 'pods', object: pod(), old: pod(owner()) }, noDeletion],
  ['the same owners', '', { resource: 'pods', object: pod(blocking), old: pod(blocking) }, 'allowed'],
  ['a status', '', { resource: 'pods/status', object: pod(owner()), old: pod() }, 'allowed'],
  ['a blocking owner', 'delete ns/pods/p', { resource: 'pods', object: pod(blocking) }, noFinalizers],
  [
    'a blocking owner, by who sets its finalizers',
    'delete ns/pods/p, update ns/replicasets/r/finalizers',
    { resource: 'pods', object: pod(blocking) },
    'allowed',
  ],
  ['an owner that becomes blocking', 'delete ns/pods/p', { resource: 'pods', object: pod(blocking), old: pod(owner()) }, noFinalizers],
  [
    'an owner more beside a blocking one',
    'delete ns/pods/p',
    { resource: 'pods', object: pod(blocking, owner({ uid: 'v' })), old: pod(blocking) },
    'allowed',
  ],
  [
    'a blocking owner without a namespace',
    'delete ns/pods/p, update /nodes/n/finalizers',
    { resource: 'pods', object: pod({ ...blocking, apiVersion: 'v1', kind: 'Node', name: 'n' }) },
    'allowed',
  ],
  [
    'a blocking owner of no known kind',
    'delete ns/pods/p',
    { resource: 'pods', object: pod({ ...blocking, kind: 'Nothing' }) },
    no(
      'cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion apps/v1 Kind Nothing: no matches for kind "Nothing" in version "apps/v1"',
    ),
  ],
])('%s', async (_name, granted, write, answer) => {
  const authorizer: Authorizer = {
    authorize({ verb, namespace, resource, name, subresource }) {
      const asked = `${verb} ${namespace}/${resource}/${name}${subresource ? `/${subresource}` : ''}`
      return { decision: granted.split(', ').includes(asked) ? 'allow' : 'no-opinion', reason: 'not you' }
    },
  }
  expect((await review(createOwnerReferencesPermissionEnforcement(authorizer, endpoints), write)).answer).toBe(answer)
})
