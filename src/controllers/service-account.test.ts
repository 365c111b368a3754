/** Which namespaces get the account `default`. */
import { expect, test } from 'vitest'
import { newForbidden, StatusError } from '../api/errors.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const namespace = (status: object = {}) => cluster.client.create('namespaces', { metadata: { name: 'x' }, status } as never)
const accounts = () => cluster.transport.objects('/api/v1/serviceaccounts').map((a) => a.metadata.name)
const made = () => cluster.transport.writes.filter((w) => w === 'POST /api/v1/namespaces/x/serviceaccounts').length
const remove = () => cluster.client.delete('serviceaccounts', { namespace: 'x', name: 'default' })

test.each<[string, () => Promise<unknown>, string[], number]>([
  ['a new one', () => namespace({ phase: 'Active' }), ['default'], 1],
  ['one that is ending has none', () => namespace({ phase: 'Terminating' }), [], 0],
  ['one whose account was deleted', async () => [await namespace(), await cluster.settle(), await remove()], ['default'], 2],
  [
    'one with another account',
    async () => [await namespace(), await cluster.client.create('serviceaccounts', { metadata: { namespace: 'x', name: 'other' } })],
    ['default', 'other'],
    2, // one of them here
  ],
])('%s', async (_name, does, expected, times) => {
  await setUp(['serviceaccount'])
  await does()
  await cluster.settle()
  expect(accounts().sort()).toEqual(expected)
  expect(made()).toBe(times)
})

const denied = newForbidden({ group: '', resource: 'serviceaccounts' }, 'default', 'no')
const terminating = new StatusError({
  code: 403,
  reason: 'Forbidden',
  message: 'no',
  details: { causes: [{ reason: 'NamespaceTerminating' }] },
})
test.each([
  ['is tried again', denied, ['default']],
  ['is not tried again where the namespace ends', terminating, []],
])('a creation that is refused %s', async (_name, error, expected) => {
  await setUp(['serviceaccount'])
  let refusals = 0
  cluster.transport.intercept = ({ method }) => {
    if (method === 'POST' && refusals++ === 1) throw error // the first is the namespace
  }
  await namespace()
  await cluster.pass(2)
  expect(accounts()).toEqual(expected)
})
