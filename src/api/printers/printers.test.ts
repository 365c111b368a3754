import { describe, expect, test } from 'vitest'
import { humanDuration } from '../duration.ts'
import { allResources } from '../registry.ts'
import { customPrinter, makeTable, parseIncludeObject, printerOf } from './table.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
test.each([
  [-5 * second, '<invalid>'],
  [-1 * second, '0s'],
  [119 * second, '119s'],
  [2 * minute, '2m'],
  [2 * minute + second, '2m1s'],
  [10 * minute + second, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [3 * hour + minute, '3h1m'],
  [47 * hour, '47h'],
  [48 * hour, '2d'],
  [49 * hour, '2d1h'],
  [8 * day, '8d'],
  [729 * day, '729d'],
  [730 * day, '2y'],
  [731 * day, '2y1d'],
  [365 * 8 * day, '8y'],
])('%d ms is %s', (ms, text) => expect(humanDuration(ms)).toBe(text))

const now = Date.parse('2030-01-01T00:10:00Z')
const made = '2030-01-01T00:05:00Z'
const cells = (group: string, resource: string, object: object, version = 'v1') =>
  printerOf({ group, version, resource }).cells({ metadata: { name: 'x', creationTimestamp: made }, ...object } as never, now)

const running = { name: 'c', ready: true, restartCount: 0, state: { running: {} } }
const terminated = (reason: string, more: object = {}) => ({
  name: 'c',
  ready: false,
  restartCount: 0,
  state: { terminated: { exitCode: 1, reason, ...more } },
})
const waiting = (reason: string) => ({
  name: 'c',
  ready: false,
  restartCount: 3,
  state: { waiting: { reason } },
  lastState: { terminated: { finishedAt: made } },
})
describe('pods', () => {
  const spec = { containers: [{ name: 'c' }, { name: 'd' }], initContainers: [{ name: 'i' }, { name: 's', restartPolicy: 'Always' }] }
  test.each<[string, object, string, string, string]>([
    ['nothing known', { phase: 'Pending' }, '0/3', 'Pending', '0'],
    [
      'gated',
      { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
      '0/3',
      'SchedulingGated',
      '0',
    ],
    ['running', { phase: 'Running', containerStatuses: [running, running] }, '2/3', 'Running', '0'],
    [
      'restarting',
      { phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff'), running] },
      '1/3',
      'CrashLoopBackOff',
      '3 (5m ago)',
    ],
    [
      'one done, one runs',
      { phase: 'Running', containerStatuses: [terminated('Completed', { exitCode: 0 }), running] },
      '1/3',
      'NotReady',
      '0',
    ],
    ['killed', { phase: 'Failed', containerStatuses: [terminated('', { signal: 9 })] }, '0/3', 'Signal:9', '0'],
    ['first init container waits', { phase: 'Pending', initContainerStatuses: [{ name: 'i', state: {} }] }, '0/3', 'Init:0/2', '0'],
    ['init failed', { phase: 'Pending', initContainerStatuses: [terminated('Error')] }, '0/3', 'Init:Error', '0'],
    [
      'a sidecar counts',
      {
        phase: 'Running',
        initContainerStatuses: [
          terminated('Completed', { exitCode: 0 }),
          { name: 's', started: true, ready: true, restartCount: 2, state: { running: {} } },
        ],
        containerStatuses: [running, running],
      },
      '3/3',
      'Running',
      '2',
    ],
    ['evicted', { phase: 'Failed', reason: 'Evicted' }, '0/3', 'Evicted', '0'],
  ])('%s', (_, status, ready, reason, restarts) => {
    const row = cells('', 'pods', { spec, status })
    expect(row.slice(0, 5)).toEqual(['x', ready, reason, restarts, '5m'])
  })
  test('being deleted', () => {
    const metadata = { name: 'x', deletionTimestamp: made }
    expect(cells('', 'pods', { metadata, status: { phase: 'Running' } })[2]).toBe('Terminating')
    expect(cells('', 'pods', { metadata, status: { phase: 'Failed' } })[2]).toBe('Failed')
    expect(cells('', 'pods', { metadata, status: { phase: 'Running', reason: 'NodeLost' } })[2]).toBe('Unknown')
  })
})

test.each<[string, string, object, unknown[]]>([
  [
    '',
    'services',
    { spec: { type: 'LoadBalancer', clusterIPs: ['10.0.0.1'], ports: [{ port: 80, nodePort: 30000, protocol: 'TCP' }] } },
    ['x', 'LoadBalancer', '10.0.0.1', '<pending>', '80:30000/TCP', '5m', '<none>'],
  ],
  [
    '',
    'nodes',
    {
      metadata: { name: 'x', creationTimestamp: made, labels: { 'node-role.kubernetes.io/b': '', 'kubernetes.io/role': 'a' } },
      spec: { unschedulable: true },
    },
    ['x', 'Unknown,SchedulingDisabled', 'a,b', '5m', '', '<none>', '<none>', '<unknown>', '<unknown>', '<unknown>'],
  ],
  [
    '',
    'endpoints',
    { subsets: [{ addresses: [1, 2, 3, 4].map((n) => ({ ip: `10.0.0.${n}` })), ports: [{ port: 80 }] }] },
    ['x', '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...', '5m'],
  ],
  [
    '',
    'resourcequotas',
    { status: { hard: { 'limits.cpu': '2', pods: '10', cpu: '1' }, used: { pods: '3' } } },
    ['x', 'cpu: 0/1, pods: 3/10', 'limits.cpu: 0/2', '5m'],
  ],
  [
    'apps',
    'deployments',
    {
      spec: { replicas: 3, selector: { matchLabels: { a: 'b' } }, template: { spec: { containers: [{ name: 'c', image: 'i' }] } } },
      status: { readyReplicas: 1 },
    },
    ['x', '1/3', 0, 0, '5m', 'c', 'i', 'a=b'],
  ],
  [
    'batch',
    'jobs',
    { spec: { completions: 2, template: {} }, status: { succeeded: 1, startTime: made } },
    ['x', 'Running', '1/2', '5m', '5m', '', '', '<none>'],
  ],
  [
    'batch',
    'cronjobs',
    { spec: { schedule: '* * * * *', suspend: false } },
    ['x', '* * * * *', '<none>', 'False', 0, '<none>', '5m', '', '', '<none>'],
  ],
  ['rbac.authorization.k8s.io', 'roles', {}, ['x', made]],
  [
    'storage.k8s.io',
    'storageclasses',
    { metadata: { name: 'x', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'p' },
    ['x (default)', 'p', 'Delete', 'Immediate', false, '<unknown>'],
  ],
  ['discovery.k8s.io', 'endpointslices', { addressType: 'IPv4', ports: [], endpoints: [] }, ['x', 'IPv4', '<unset>', '<unset>', '5m']],
])('%s %s', (group, resource, object, expected) => expect(cells(group, resource, object)).toEqual(expected))

test('every resource has as many cells as columns, even when the object says nothing', () => {
  for (const r of allResources()) {
    const printer = printerOf(r)
    expect([r.resource, printer.cells({ metadata: { name: 'x' } } as never, now).length]).toEqual([r.resource, printer.columns.length])
  }
})
test('custom columns', () => {
  const printer = customPrinter([
    { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
    { name: 'Made', type: 'date', jsonPath: '.metadata.creationTimestamp', priority: 1 },
    { name: 'Names', type: 'string', jsonPath: '.spec.items[*].name' },
    { name: 'None', type: 'boolean', jsonPath: '.spec.none' },
  ])
  const object = { metadata: { name: 'x', creationTimestamp: made }, spec: { replicas: 2, items: [{ name: 'a' }, { name: 'b' }] } }
  expect(printer.cells(object as never, now)).toEqual(['x', 2, '5m', 'a b', null])
  expect(customPrinter(undefined).columns.map((c) => c.name)).toEqual(['Name', 'Age'])
})
test('tables', () => {
  const object = { kind: 'Role', metadata: { name: 'x', creationTimestamp: made } }
  const roles = printerOf({ group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'roles' })
  const table = (includeObject: 'None' | 'Metadata' | 'Object') =>
    makeTable(
      roles,
      [object],
      { resourceVersion: '1' },
      { includeObject, apiVersion: 'meta.k8s.io/v1', metadataOf: (o: typeof object) => o.metadata, now },
    ) as {
      rows: { object: unknown }[]
    }
  expect(table('None').rows[0]?.object).toBeNull()
  expect(table('Object').rows[0]?.object).toBe(object)
  expect(table('Metadata').rows[0]?.object).toEqual({
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: object.metadata,
  })
  expect(() => parseIncludeObject('All')).toThrow("must be 'Metadata', 'Object', 'None', or empty")
  expect(parseIncludeObject(null)).toBe('Metadata')
})
