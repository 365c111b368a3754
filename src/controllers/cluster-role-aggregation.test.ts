/** Aggregated cluster roles. */

import { expect, test } from 'vitest'
import { testClusters } from './test-cluster.ts'

const setUp = testClusters({ kubelet: 'none' })

test('an aggregated role is the union of what its selectors match', async () => {
  const { client, settle } = await setUp(['clusterrole-aggregation'])
  const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] })
  const role = (name: string, more: object) =>
    client.create('clusterroles.rbac.authorization.k8s.io', { metadata: { name, labels: { to: 'sum' } }, ...more } as never)
  await client.create('clusterroles.rbac.authorization.k8s.io', {
    metadata: { name: 'sum' },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: 'sum' } }] },
  } as never)
  await role('b', { rules: [rule('pods'), rule('nodes')] })
  await role('a', { rules: [rule('pods')] })
  await settle()
  expect((await client.get('clusterroles.rbac.authorization.k8s.io', { name: 'sum' })).rules).toEqual([rule('pods'), rule('nodes')])
})
