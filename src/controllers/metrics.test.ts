/** The controllers' metrics under upstream's names (STABLE and BETA in test/instrumentation's list, and what dashboards read), each by an event that moves it. */

import { afterEach, expect, test } from 'vitest'
import { createFakeClock } from '../client/clock.ts'
import { createMemoryTransport } from '../client/memory-transport.ts'
import { createControllerManager } from './manager.ts'
import { job, labels, type TestCluster, template, testClusters, web } from './test-cluster.ts'

const setUp = testClusters()
const node = (name: string, status: string) => ({
  metadata: { name, labels: { 'topology.kubernetes.io/zone': 'z' } },
  status: { conditions: [{ type: 'Ready', status }] },
})
const create = (c: TestCluster, resource: string, object: object) => c.client.create(resource as 'pods', object as never)

type Row = readonly [line: string, controllers: string[], does: (c: TestCluster) => Promise<unknown>]
const finished =
  (phase: 'Succeeded' | 'Failed', spec: object = {}) =>
  async (c: TestCluster) => {
    await c.client.create('jobs.batch', job(spec))
    await c.settle()
    await c.finishPod(c.podNames()[0] as string, phase)
  }
const service = async (c: TestCluster) => {
  await create(c, 'services', { metadata: web, spec: { selector: labels, ports: [{ port: 80, protocol: 'TCP' }], clusterIP: '10.96.0.9' } })
  await create(c, 'pods', { metadata: { ...web, labels }, spec: template().spec })
}
const silentNode = async (c: TestCluster) => {
  for (const name of ['a', 'b']) await create(c, 'nodes', node(name, 'True'))
  await c.pass(2)
  await c.client.updateStatus('nodes', {
    ...(await c.client.get('nodes', { name: 'a' })),
    ...{ status: node('a', 'False').status },
  } as never)
}
const detach = async (c: TestCluster) => {
  const status = { volumesInUse: ['kubernetes.io/csi/d^h'], conditions: [{ type: 'Ready', status: 'False' }] }
  await create(c, 'nodes', {
    metadata: { name: 'a' },
    spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] },
    status,
  })
  await create(c, 'persistentvolumes', { metadata: { name: 'pv' }, spec: { csi: { driver: 'd', volumeHandle: 'h' } } })
  const spec = { attacher: 'd', nodeName: 'a', source: { persistentVolumeName: 'pv' } }
  await create(c, 'volumeattachments.storage.k8s.io', { metadata: { name: 'va' }, spec })
}
const evicted = async (c: TestCluster) => {
  await create(c, 'nodes', { metadata: { name: 'a' }, spec: { taints: [{ key: 'out', effect: 'NoExecute' }] } })
  await create(c, 'pods', { metadata: web, spec: { nodeName: 'a', containers: [] } })
}
const ephemeral = (c: TestCluster) =>
  create(c, 'pods', { metadata: web, spec: { containers: [], volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate: { spec: {} } } }] } })
const rollOver = async (c: TestCluster) => {
  const spec = {
    ...{ replicas: 2, selector: { matchLabels: labels }, template: template(), serviceName: 'web' },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } },
  }
  await create(c, 'statefulsets.apps', { metadata: web, spec })
}
const dueJob = async (c: TestCluster) => {
  await create(c, 'cronjobs.batch', { metadata: web, spec: { schedule: '* * * * *', jobTemplate: { spec: {} } } })
  await c.pass(61)
}
const deletedByTtl = async (c: TestCluster) => {
  await finished('Succeeded', { ttlSecondsAfterFinished: 5 })(c)
  await c.pass(20)
}
const zone = '{zone=":\u0000:z"}'

test.each<Row>([
  ['workqueue_adds_total{name="job-controller"} 2', ['job'], (c) => c.client.create('jobs.batch', job({ suspend: true }))],
  ['workqueue_depth{name="job-controller"} 0', ['job'], async () => {}],
  ['workqueue_retries_total{name="job-controller"} 0', ['job'], async () => {}],
  [
    'workqueue_queue_duration_seconds_count{name="job-controller"} 2',
    ['job'],
    (c) => c.client.create('jobs.batch', job({ suspend: true })),
  ],
  ['workqueue_work_duration_seconds_count{name="job-controller"} 2', ['job'], (c) => c.client.create('jobs.batch', job({ suspend: true }))],
  ['workqueue_unfinished_work_seconds{name="job-controller"} 0', ['job'], async () => {}],
  ['workqueue_longest_running_processor_seconds{name="job-controller"} 0', ['job'], async () => {}],
  [
    'job_controller_job_syncs_total{action="pods_created",completion_mode="NonIndexed",result="success"} 1',
    ['job'],
    (c) => c.client.create('jobs.batch', job()),
  ],
  ['job_controller_job_syncs_total{action="tracking",completion_mode="NonIndexed",result="success"} 1', ['job'], finished('Succeeded')],
  [
    'job_controller_job_sync_duration_seconds_count{action="pods_created",completion_mode="NonIndexed",result="success"} 1',
    ['job'],
    (c) => c.client.create('jobs.batch', job()),
  ],
  [
    'job_controller_jobs_finished_total{completion_mode="NonIndexed",reason="CompletionsReached",result="succeeded"} 1',
    ['job'],
    finished('Succeeded'),
  ],
  [
    'job_controller_jobs_finished_total{completion_mode="NonIndexed",reason="BackoffLimitExceeded",result="failed"} 1',
    ['job'],
    finished('Failed', { backoffLimit: 0 }),
  ],
  ['job_controller_job_pods_finished_total{completion_mode="NonIndexed",result="succeeded"} 1', ['job'], finished('Succeeded')],
  ['job_controller_job_pods_finished_total{completion_mode="NonIndexed",result="failed"} 1', ['job'], finished('Failed')],
  [
    'job_controller_job_pods_finished_total{completion_mode="Indexed",result="succeeded"} 1',
    ['job'],
    finished('Succeeded', { completionMode: 'Indexed' }),
  ],
  ['job_controller_job_pods_creation_total{reason="new",status="succeeded"} 1', ['job'], finished('Succeeded')],
  [
    'job_controller_job_pods_creation_total{reason="recreate_failed",status="succeeded"} 1',
    ['job'],
    async (c) => {
      await finished('Failed', { podReplacementPolicy: 'Failed' })(c)
      await c.pass(12)
    },
  ],
  [
    'job_controller_pod_failures_handled_by_failure_policy_total{action="Ignore"} 1',
    ['job'],
    finished('Failed', { podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [1] } }] } }),
  ],
  [
    'job_controller_job_finished_indexes_total{backoffLimit="global",status="succeeded"} 1',
    ['job'],
    finished('Succeeded', { completionMode: 'Indexed' }),
  ],
  ['job_controller_terminated_pods_tracking_finalizer_total{event="add"} 1', ['job'], finished('Succeeded')],
  ['job_controller_terminated_pods_tracking_finalizer_total{event="delete"} 1', ['job'], finished('Succeeded')],
  [
    'job_controller_jobs_by_external_controller_total{controller_name="a.example/b"} 1',
    ['job'],
    (c) => c.client.create('jobs.batch', job({ managedBy: 'a.example/b' })),
  ],
  ['cronjob_controller_job_creation_skew_duration_seconds_count 1', ['cronjob'], dueJob],
  ['ttl_after_finished_controller_job_deletion_duration_seconds_count 1', ['job', 'ttl-after-finished'], deletedByTtl],
  [`node_collector_evictions_total${zone} 1`, ['node-lifecycle'], silentNode],
  [`node_collector_zone_size${zone} 2`, ['node-lifecycle'], silentNode],
  [`node_collector_zone_health${zone} 50`, ['node-lifecycle'], silentNode],
  [`node_collector_unhealthy_nodes_in_zone${zone} 1`, ['node-lifecycle'], silentNode],
  [
    'statefulset_controller_statefulset_max_unavailable{statefulset_namespace="default",statefulset_name="web",pod_management_policy="OrderedReady"} 2',
    ['statefulset'],
    rollOver,
  ],
  [
    'statefulset_controller_statefulset_unavailable_replicas{statefulset_namespace="default",statefulset_name="web",pod_management_policy="OrderedReady"} 0',
    ['statefulset'],
    rollOver,
  ],
  ['endpoint_slice_controller_num_endpoint_slices 1', ['endpointslice'], service],
  ['endpoint_slice_controller_endpoints_desired 1', ['endpointslice'], service],
  ['endpoint_slice_controller_changes{operation="create"} 1', ['endpointslice'], service],
  ['endpoint_slice_controller_syncs{result="success"}', ['endpointslice'], service],
  ['taint_eviction_controller_pod_deletions_total 1', ['taint-eviction'], evicted],
  ['taint_eviction_controller_pod_deletion_duration_seconds_count 1', ['taint-eviction'], evicted],
  [
    'pod_gc_collector_force_delete_pods_total{namespace="default",reason="unscheduled"} 1',
    ['pod-garbage-collector'],
    async (c) => {
      await create(c, 'pods', { metadata: { ...web, finalizers: ['a/b'] }, spec: { containers: [] } })
      await c.client.delete('pods', web)
    },
  ],
  ['ephemeral_volume_controller_create_total 1', ['ephemeral-volume'], ephemeral],
  ['ephemeral_volume_controller_create_failures_total 0', ['ephemeral-volume'], ephemeral],
  ['attachdetach_controller_forced_detaches{reason="out-of-service"} 1', ['persistentvolume-attach-detach'], detach],
])('%s', async (line, controllers, does) => {
  const cluster = await setUp(controllers)
  await does(cluster)
  await cluster.pass(3)
  expect(cluster.manager.metrics.render()).toContain(`\n${line}`)
})

const stops: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())))
test('leader_election_master_status tells who works', async () => {
  const clock = createFakeClock()
  const transport = createMemoryTransport({ clock })
  const make = (identity: string) =>
    createControllerManager({
      ...{ transport, clock, random: () => 0 },
      controllers: ['ttl-controller'],
      leaderElection: { namespace: 'kube-system', name: 'kube-controller-manager', identity },
    })
  const [a, b] = [make('a'), make('b')]
  stops.push(() => b.stop())
  const status = (of: typeof a) => /^leader_election_master_status\{name="kube-controller-manager"\} (\d)$/m.exec(of.metrics.render())?.[1]
  const settle = async (ms: number) => {
    for (let i = 0; i < 10; i++) {
      clock.advance(ms / 10)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await a.start()
  await settle(0)
  await b.start()
  await settle(0)
  expect([status(a), status(b)]).toEqual(['1', '0'])
  await a.stop()
  await settle(5000)
  expect([status(a), status(b)]).toEqual(['0', '1'])
})

test('a set that is gone leaves no figures', async () => {
  const cluster = await setUp(['statefulset'])
  await rollOver(cluster)
  await cluster.pass(1)
  await cluster.client.delete('statefulsets.apps', web)
  await cluster.settle()
  expect(cluster.manager.metrics.render()).not.toContain('statefulset_name="web"')
})
