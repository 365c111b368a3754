import { expect, test } from 'vitest'
import { aggregatedDiscovery, apiGroupList, apiResourceList, compareVersions, groupsOf, storageVersionHash } from './discovery.ts'
import { allResources } from './registry.ts'

test('versions from the best to the rest', () => {
  const versions = ['foo', 'v1alpha1', 'v10', 'v1', 'v2beta1', 'v2', 'v1beta2', 'v11alpha2', 'bar']
  expect(versions.sort(compareVersions)).toEqual(['v10', 'v2', 'v1', 'v2beta1', 'v1beta2', 'v11alpha2', 'v1alpha1', 'bar', 'foo'])
})
test.each([
  ['apps', 'v1', 'ControllerRevision', '85nkx63pcBU='],
  ['autoscaling', 'v1', 'HorizontalPodAutoscaler', 'qwQve8ut294='],
  ['autoscaling', 'v2', 'HorizontalPodAutoscaler', 'qwQve8ut294='],
  ['coordination.k8s.io', 'v1', 'Lease', 'gqkMMb/YqFM='],
])('the storage hash of %s/%s %s is upstream’s', (group, version, kind, hash) =>
  expect(storageVersionHash({ group, version, kind })).toBe(hash),
)
test('groups: the core group has its own root, autoscaling prefers v2', () => {
  const list = apiGroupList(groupsOf(allResources())) as { groups: { name: string; preferredVersion: { version: string } }[] }
  expect(list.groups[0]?.name).toBe('apiregistration.k8s.io')
  expect(list.groups.some((g) => g.name === '')).toBe(false)
  expect(list.groups.find((g) => g.name === 'autoscaling')?.preferredVersion.version).toBe('v2')
})
test('subresources of another group say which', () => {
  const apps = allResources().filter((r) => r.group === 'apps')
  const list = apiResourceList('apps', 'v1', apps) as { resources: { name: string }[] }
  expect(list.resources.find((r) => r.name === 'deployments/scale')).toEqual({
    name: 'deployments/scale',
    singularName: '',
    namespaced: true,
    group: 'autoscaling',
    version: 'v1',
    kind: 'Scale',
    verbs: ['get', 'patch', 'update'],
  })
})
test('aggregated discovery holds the core group alone at /api', () => {
  const api = aggregatedDiscovery(allResources(), '/api') as {
    items: { metadata: object; versions: { resources: { resource: string }[] }[] }[]
  }
  expect(api.items).toHaveLength(1)
  const pods = api.items[0]?.versions[0]?.resources.find((r) => r.resource === 'pods')
  expect(pods).toMatchObject({ scope: 'Namespaced', responseKind: { group: '', version: '', kind: 'Pod' }, shortNames: ['po'] })
  const apis = aggregatedDiscovery(allResources(), '/apis') as { items: { metadata: { name: string } }[] }
  expect(apis.items.map((i) => i.metadata.name)).toContain('apps')
})
