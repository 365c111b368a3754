/** Aggregated cluster roles. */
import { expect, test } from 'vitest'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const resource = 'clusterroles.rbac.authorization.k8s.io'
const rule = (name: string) => ({ apiGroups: [''], resources: [name], verbs: ['get'] })
const role = (name: string, resources: string[], labels: Record<string, string> = { to: 'sum' }) =>
  cluster.client.create(resource, { metadata: { name, labels }, rules: resources.map(rule) })
const sum = (...clusterRoleSelectors: object[]) =>
  cluster.client.create(resource, { metadata: { name: 'sum', labels: { to: 'sum' } }, aggregationRule: { clusterRoleSelectors } } as never)
const summed = async () => ((await cluster.client.get(resource, { name: 'sum' })).rules ?? []).map((r) => r.resources?.[0])
const toSum = { matchLabels: { to: 'sum' } }

test.each<[string, object[], [string, string[], Record<string, string>?][], string[]]>([
  [
    'the union, each rule once, by the roles’ names',
    [toSum],
    [
      ['b', ['pods', 'nodes']],
      ['a', ['pods', 'secrets']],
    ],
    ['pods', 'secrets', 'nodes'],
  ],
  ['nothing where nothing matches', [toSum], [['a', ['pods'], {}]], []],
  ['nothing without a selector', [], [['a', ['pods']]], []],
  ['an empty selector matches all', [{}], [['a', ['pods'], {}]], ['pods']],
  [
    'several selectors, one after the other',
    [{ matchLabels: { to: 'other' } }, toSum],
    [
      ['a', ['pods']],
      ['b', ['nodes'], { to: 'other' }],
    ],
    ['nodes', 'pods'],
  ],
  [
    'expressions',
    [{ matchExpressions: [{ key: 'to', operator: 'NotIn', values: ['sum'] }] }],
    [
      ['a', ['pods']],
      ['b', ['nodes'], { to: 'other' }],
    ],
    ['nodes'],
  ],
])('%s', async (_name, selectors, roles, expected) => {
  const { settle } = await setUp(['clusterrole-aggregation'])
  for (const each of roles) await role(...each)
  await sum(...selectors)
  await settle()
  expect(await summed()).toEqual(expected)
})

test('the sum follows roles that come, change and go, also through another sum, and takes back what a person wrote', async () => {
  const { client, settle } = await setUp(['clusterrole-aggregation'])
  await sum(toSum)
  await client.create(resource, {
    metadata: { name: 'inner', labels: { to: 'sum' } },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: 'inner' } }] },
  } as never)
  await role('a', ['pods'], { to: 'inner' })
  await settle()
  expect(await summed()).toEqual(['pods'])
  await client.patch(resource, { name: 'a' }, { rules: [rule('nodes')] })
  await settle()
  expect(await summed()).toEqual(['nodes'])
  await client.patch(resource, { name: 'sum' }, { rules: [rule('secrets')] })
  await settle()
  expect(await summed()).toEqual(['nodes'])
  await client.patch(resource, { name: 'a' }, { metadata: { labels: { to: null } } })
  await settle()
  expect(await summed()).toEqual([])
})

test('what is as it should be is not written again', async () => {
  const { settle, transport } = await setUp(['clusterrole-aggregation'])
  await role('a', ['pods'])
  await sum(toSum)
  await settle()
  transport.writes.length = 0
  await role('other', ['nodes'], {})
  await settle()
  expect(transport.writes.filter((write) => write.includes('/sum'))).toEqual([])
})
