/** Nodes and their failure, budgets, quotas, volumes, endpoints, certificates and tokens, on a clock that the test moves. */

import { execFileSync } from 'node:child_process'
import { createHmac, createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { formatMicroTime, formatTime } from '../api/meta.ts'
import type { Endpoints, Node, PersistentVolume, PersistentVolumeClaim, Secret } from '../api/types/core-v1.ts'
import type { EndpointSlice } from '../api/types/discovery-v1.ts'
import { createCertificateAuthority } from '../pki/index.ts'
import { detachedSignature } from './bootstrap-tokens.ts'
import { createTestCluster, readyStatus, type TestCluster, type TestClusterOptions } from './test-cluster.ts'

let cluster: TestCluster
afterEach(() => cluster.stop())
async function setUp(controllers: string[], more: Partial<TestClusterOptions> = {}) {
  cluster = await createTestCluster({ controllers: controllers.map((c) => `${c}-controller`), kubelet: 'none', ...more })
  return cluster
}
const at = (name: string) => ({ namespace: 'default', name })

describe('nodes', () => {
  const beating = new Set<string>()
  const node = async (name: string, zone = 'z') => {
    const { client, clock } = cluster
    const now = formatTime(clock.now())
    await client.create('nodes', {
      metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } },
      status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: now, lastTransitionTime: now }] },
    } as never)
    await client.create('leases.coordination.k8s.io', {
      metadata: { namespace: 'kube-node-lease', name },
      spec: { renewTime: formatMicroTime(clock.now()) },
    })
    beating.add(name)
  }
  const pass = async (seconds: number) => {
    for (let s = 0; s < seconds; s += 5) {
      for (const name of beating)
        await cluster.client.patch(
          'leases.coordination.k8s.io',
          { namespace: 'kube-node-lease', name },
          { spec: { renewTime: formatMicroTime(cluster.clock.now()) } },
        )
      await cluster.settle()
      await cluster.pass(5)
    }
  }
  const pod = async (name: string, nodeName: string, more: object = {}) => {
    await cluster.client.create('pods', {
      metadata: at(name),
      spec: { nodeName, containers: [{ name: 'c', image: 'a' }], ...more },
      status: readyStatus(cluster.clock.now()),
    } as never)
  }
  const get = (name: string) => cluster.client.get('nodes', { name })
  const taints = async (name: string) => ((await get(name)).spec.taints ?? []).map((t) => `${t.key}:${t.effect}`).sort()
  const tolerating = (tolerationSeconds: number) => ({
    tolerations: ['not-ready', 'unreachable'].map((k) => ({
      key: `node.kubernetes.io/${k}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds,
    })),
  })
  const loops = ['node-lifecycle', 'taint-eviction', 'pod-garbage-collector']
  const options = { nodeMonitorGracePeriodMs: 40_000, nodeMonitorPeriodMs: 5000 }
  afterEach(() => beating.clear())

  test('a silent node is unknown after its grace, tainted, and its pods leave when their toleration ends', async () => {
    const { pods, events } = await setUp(loops, { options })
    for (const name of ['a', 'b', 'c']) await node(name)
    await pod('stays', 'a', tolerating(300))
    await pod('leaves', 'b', tolerating(300))
    await pod('daemon', 'b', { tolerations: [{ operator: 'Exists' }] })
    await pass(60)
    expect(await taints('b')).toEqual([])
    beating.delete('b')
    await pass(30)
    expect(await taints('b')).toEqual([])
    await pass(10)
    expect((await get('b')).status.conditions?.map((c) => [c.type, c.status, c.reason])).toContainEqual([
      'Ready',
      'Unknown',
      'NodeStatusUnknown',
    ])
    expect(await taints('b')).toEqual(['node.kubernetes.io/unreachable:NoExecute', 'node.kubernetes.io/unreachable:NoSchedule'])
    expect(
      pods()
        .find((p) => p.metadata.name === 'leaves')
        ?.status.conditions?.find((c) => c.type === 'Ready')?.status,
    ).toBe('False')
    await pass(290)
    expect(pods().map((p) => p.metadata.name)).toEqual(['stays', 'leaves', 'daemon'])
    await pass(20)
    expect(pods().map((p) => p.metadata.name)).toEqual(['stays', 'daemon'])
    expect(events()).toContain('TaintManagerEviction: Marking for deletion Pod default/leaves')
  })

  test('a node that comes back in time loses its taints, and its pods stay', async () => {
    const { pods, client, events } = await setUp(loops, { options })
    for (const name of ['a', 'b']) await node(name)
    await pod('p', 'b', tolerating(300))
    beating.delete('b')
    await pass(60)
    expect(await taints('b')).toHaveLength(2)
    beating.add('b')
    const back = await get('b')
    await client.updateStatus('nodes', {
      ...back,
      status: { ...back.status, conditions: back.status.conditions?.map((c) => ({ ...c, status: c.type === 'Ready' ? 'True' : 'False' })) },
    })
    await pass(400)
    expect(await taints('b')).toEqual([])
    expect(pods()).toHaveLength(1)
    expect(events()).toContain('TaintManagerEviction: Cancelling deletion of Pod default/p')
  })

  test('when every node is silent nobody is evicted', async () => {
    const { pods } = await setUp(loops, { options })
    for (const name of ['a', 'b']) await node(name)
    await pod('p', 'a', tolerating(10))
    beating.clear()
    await pass(120)
    expect(await taints('a')).toEqual(['node.kubernetes.io/unreachable:NoSchedule'])
    expect(pods()).toHaveLength(1)
  })

  test('nodes of one zone are emptied one after another at the rate', async () => {
    await setUp(loops, { options: { ...options, nodeEvictionRate: 0.05 } })
    for (const name of ['a', 'b', 'c', 'd', 'e']) await node(name)
    for (const name of ['d', 'e']) beating.delete(name)
    await pass(50)
    const evicting = async () => (await Promise.all(['d', 'e'].map(taints))).flat().filter((t) => t.endsWith('NoExecute')).length
    expect(await evicting()).toBe(1)
    await pass(25)
    expect(await evicting()).toBe(2)
  })

  test('pressure and cordon become taints, and go with their cause', async () => {
    const { client, settle } = await setUp(loops, { options })
    await node('a')
    await client.patch('nodes', { name: 'a' }, { spec: { unschedulable: true } })
    await settle()
    const have = await get('a')
    await client.updateStatus('nodes', {
      ...have,
      status: { ...have.status, conditions: [...(have.status.conditions ?? []), { type: 'MemoryPressure', status: 'True' }] },
    } as never)
    await settle()
    expect(await taints('a')).toEqual(['node.kubernetes.io/memory-pressure:NoSchedule', 'node.kubernetes.io/unschedulable:NoSchedule'])
    await client.patch('nodes', { name: 'a' }, { spec: { unschedulable: null } })
    await settle()
    expect(await taints('a')).toEqual(['node.kubernetes.io/memory-pressure:NoSchedule'])
  })

  test('pods of a node that is gone go after the quarantine; finished ones beyond the threshold at once', async () => {
    const { client, settle, pass, pods } = await setUp(['pod-garbage-collector'], { options: { terminatedPodGCThreshold: 1 } })
    await client.create('nodes', { metadata: { name: 'a' } })
    await pod('p', 'a')
    await settle()
    await client.delete('nodes', { name: 'a' })
    await pass(39)
    expect(pods()).toHaveLength(1)
    await pass(3)
    expect(pods()).toHaveLength(0)
    for (const name of ['x', 'y', 'z']) {
      await client.create('pods', { metadata: at(name), spec: { containers: [] }, status: { phase: 'Succeeded' } } as never)
      await pass(1)
    }
    expect(pods().map((p) => p.metadata.name)).toEqual(['z'])
  })

  test('each node gets a part of the addresses, none that services have, and gives it back', async () => {
    const { client, settle } = await setUp(['node-ipam'], {
      options: { allocateNodeCidrs: true, clusterCidrs: ['10.0.0.0/22'], serviceClusterIpRanges: ['10.0.1.0/24'], nodeCidrMaskSize: 24 },
    })
    for (const name of ['a', 'b', 'c']) await client.create('nodes', { metadata: { name } })
    await settle()
    const cidrs = () => cluster.transport.objects<Node>('/api/v1/nodes').map((n) => n.spec?.podCIDR)
    expect(cidrs()).toEqual(['10.0.0.0/24', '10.0.2.0/24', '10.0.3.0/24'])
    await client.delete('nodes', { name: 'b' })
    await client.create('nodes', { metadata: { name: 'd' } })
    await settle()
    expect(cidrs()).toEqual(['10.0.0.0/24', '10.0.3.0/24', '10.0.2.0/24'])
  })
})

describe('disruption budgets', () => {
  test.each([
    [{ minAvailable: 2 }, 3, 3, { desiredHealthy: 2, disruptionsAllowed: 1 }],
    [{ minAvailable: '50%' }, 5, 5, { desiredHealthy: 3, disruptionsAllowed: 2 }],
    [{ maxUnavailable: 1 }, 3, 3, { desiredHealthy: 2, disruptionsAllowed: 1 }],
    [{ maxUnavailable: '30%' }, 10, 10, { desiredHealthy: 7, disruptionsAllowed: 3 }],
    [{ minAvailable: 3 }, 3, 2, { desiredHealthy: 3, disruptionsAllowed: 0 }],
    [{ maxUnavailable: 0 }, 3, 3, { desiredHealthy: 3, disruptionsAllowed: 0 }],
  ])('%j of %i pods, %i ready', async (spec, replicas, ready, expected) => {
    let count = 0
    const { client, settle } = await setUp(['disruption', 'replicaset'], {
      kubelet: () => (count++ < ready ? readyStatus(0) : { phase: 'Running' }),
    })
    const labels = { app: 'web' }
    await client.create('replicasets.apps', {
      metadata: at('web'),
      spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [] } } },
    } as never)
    await client.create('poddisruptionbudgets.policy', {
      metadata: at('web'),
      spec: { selector: { matchLabels: labels }, ...spec },
    } as never)
    await settle()
    const { status } = await client.get('poddisruptionbudgets.policy', at('web'))
    expect(status).toMatchObject({ currentHealthy: ready, expectedPods: replicas, observedGeneration: 1, ...expected })
    expect(status.conditions).toMatchObject([
      {
        type: 'DisruptionAllowed',
        status: expected.disruptionsAllowed > 0 ? 'True' : 'False',
        reason: expected.disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      },
    ])
  })
})

test('a quota counts pods, what they ask for, services and claims, and forgets what has ended', async () => {
  const { client, settle } = await setUp(['resourcequota'])
  const pod = (name: string, requests: object, phase = 'Running') =>
    client.create('pods', {
      metadata: at(name),
      spec: {
        containers: [{ name: 'c', resources: { requests } }],
        initContainers: [{ name: 'i', resources: { requests: { cpu: '2' } } }],
      },
      status: { phase },
    } as never)
  await pod('a', { cpu: '500m', memory: '64Mi' })
  await pod('b', { cpu: '3' })
  await pod('done', { cpu: '8' }, 'Succeeded')
  await client.create('services', { metadata: at('s'), spec: { type: 'NodePort', ports: [{ port: 1 }, { port: 2 }] } } as never)
  await client.create('persistentvolumeclaims', {
    metadata: at('c'),
    spec: { storageClassName: 'gold', resources: { requests: { storage: '2Gi' } } },
  } as never)
  const hard = {
    pods: '10',
    'requests.cpu': '10',
    'requests.memory': '1Gi',
    services: '5',
    'services.nodeports': '5',
    'requests.storage': '10Gi',
    'gold.storageclass.storage.k8s.io/requests.storage': '5Gi',
  }
  await client.create('resourcequotas', { metadata: at('q'), spec: { hard } })
  await client.create('resourcequotas', { metadata: at('best'), spec: { hard: { pods: '3' }, scopes: ['BestEffort'] } })
  await settle()
  const used = async (name: string) => (await client.get('resourcequotas', at(name))).status.used
  expect(await used('q')).toEqual({
    pods: '2',
    'requests.cpu': '5',
    'requests.memory': '64Mi',
    services: '1',
    'services.nodeports': '2',
    'requests.storage': '2Gi',
    'gold.storageclass.storage.k8s.io/requests.storage': '2Gi',
  })
  expect(await used('best')).toEqual({ pods: '0' })
  await client.delete('pods', at('b'))
  await client.delete('services', at('s'))
  await settle()
  expect(await used('q')).toMatchObject({ pods: '1', 'requests.cpu': '2', services: '0', 'services.nodeports': '0' })
})

describe('volumes', () => {
  const loops = ['persistentvolume-binder', 'persistentvolumeclaim-protection', 'persistentvolume-protection']
  const volume = (name: string, storage: string, more: object = {}) =>
    cluster.client.create('persistentvolumes', {
      metadata: { name },
      spec: {
        capacity: { storage },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: `/data/${name}` },
        persistentVolumeReclaimPolicy: 'Retain',
        ...more,
      },
    } as never)
  const claim = (name: string, storage: string, more: object = {}) =>
    cluster.client.create('persistentvolumeclaims', {
      metadata: at(name),
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage } }, ...more },
    } as never)
  const claims = () => cluster.transport.objects<PersistentVolumeClaim>('/api/v1/persistentvolumeclaims')
  const volumes = () =>
    Object.fromEntries(
      cluster.transport.objects<PersistentVolume>('/api/v1/persistentvolumes').map((v) => [v.metadata.name, v.status.phase]),
    )

  test('a claim gets the smallest volume that is large enough; released, the volume is kept', async () => {
    const { client, settle } = await setUp(loops)
    await volume('large', '10Gi')
    await volume('fits', '2Gi')
    await volume('small', '1Gi')
    await volume('class', '2Gi', { storageClassName: 'gold' })
    await claim('c', '1500Mi')
    await settle()
    expect(claims()[0]).toMatchObject({
      spec: { volumeName: 'fits' },
      status: { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'] },
    })
    expect(volumes()).toEqual({ large: 'Available', fits: 'Bound', small: 'Available', class: 'Available' })
    await client.delete('persistentvolumeclaims', at('c'))
    await settle()
    expect([claims(), volumes().fits]).toEqual([[], 'Released'])
  })

  test('a claim waits for a volume, then for its first consumer or a provisioner as its class says', async () => {
    const { client, settle, events } = await setUp(loops)
    await claim('plain', '1Gi')
    await client.create('storageclasses.storage.k8s.io', {
      metadata: { name: 'late' },
      provisioner: 'example.com/p',
      volumeBindingMode: 'WaitForFirstConsumer',
    } as never)
    await client.create('storageclasses.storage.k8s.io', {
      metadata: { name: 'now' },
      provisioner: 'example.com/p',
      volumeBindingMode: 'Immediate',
    } as never)
    await claim('late', '1Gi', { storageClassName: 'late' })
    await claim('now', '1Gi', { storageClassName: 'now' })
    await settle()
    expect(claims().map((c) => c.status.phase)).toEqual(['Pending', 'Pending', 'Pending'])
    expect(claims().find((c) => c.metadata.name === 'now')?.metadata.annotations).toMatchObject({
      'volume.kubernetes.io/storage-provisioner': 'example.com/p',
    })
    expect(events()).toContain('WaitForFirstConsumer: waiting for first consumer to be created before binding')
    await volume('v', '1Gi')
    await settle()
    expect(claims().find((c) => c.metadata.name === 'plain')?.status.phase).toBe('Bound')
  })

  test('a claim in use stays until its pod has ended; a lost volume is told', async () => {
    const { client, settle } = await setUp(loops)
    await volume('v', '1Gi')
    await claim('c', '1Gi')
    await client.create('pods', {
      metadata: at('p'),
      spec: { nodeName: 'n', containers: [], volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'c' } }] },
      status: { phase: 'Running' },
    } as never)
    await settle()
    expect(claims()[0]?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection'])
    await client.delete('persistentvolumeclaims', at('c'))
    await settle()
    expect(claims()).toHaveLength(1)
    await client.delete('pods', at('p'))
    await settle()
    expect(claims()).toEqual([])
    await volume('w', '1Gi')
    await claim('d', '1Gi')
    await settle()
    const pv = await client.get('persistentvolumes', { name: 'w' })
    await client.update('persistentvolumes', { ...pv, metadata: { ...pv.metadata, finalizers: [] } })
    await client.patch('persistentvolumes', { name: 'w' }, { metadata: { finalizers: null } }, { type: 'merge' })
  })

  test('an ephemeral volume has a claim that its pod owns', async () => {
    const { client, settle } = await setUp(['ephemeral-volume'])
    const template = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }
    await client.create('pods', {
      metadata: at('p'),
      spec: { containers: [], volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: template } }] },
    } as never)
    await settle()
    expect(claims()).toMatchObject([
      { metadata: { name: 'p-scratch', ownerReferences: [{ kind: 'Pod', name: 'p', controller: true }] }, spec: template.spec },
    ])
  })
})

describe('endpoints', () => {
  const pod = (name: string, ip: string, more: { ready?: boolean; labels?: object; deleting?: boolean } = {}) =>
    cluster.client.create('pods', {
      metadata: {
        ...at(name),
        labels: (more.labels ?? { app: 'web' }) as never,
        ...(more.deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
      },
      spec: { nodeName: 'n', containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] }] },
      status: {
        ...readyStatus(0),
        podIP: ip,
        podIPs: [{ ip }],
        conditions: [{ type: 'Ready', status: more.ready === false ? 'False' : 'True' }],
      },
    } as never)
  const service = (more: object = {}) =>
    cluster.client.create('services', {
      metadata: at('web'),
      spec: {
        clusterIP: '10.96.0.5',
        selector: { app: 'web' },
        ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
        ...more,
      },
    } as never)
  const slices = () => cluster.transport.objects<EndpointSlice>('/apis/discovery.k8s.io/v1/endpointslices')
  const endpoints = () => cluster.transport.objects<Endpoints>('/api/v1/endpoints')[0]?.subsets
  const loops = ['endpoints', 'endpointslice', 'endpointslice-mirroring']

  test('ready, not ready and terminating pods in slices and endpoints', async () => {
    const { client, settle } = await setUp(loops)
    await client.create('nodes', { metadata: { name: 'n', labels: { 'topology.kubernetes.io/zone': 'z1' } } })
    await service()
    await settle()
    expect(slices()).toMatchObject([{ endpoints: [], addressType: 'IPv4' }])
    await pod('a', '10.0.0.1')
    await pod('b', '10.0.0.2', { ready: false })
    await pod('c', '10.0.0.3', { deleting: true })
    await pod('d', '10.0.0.4', { labels: { app: 'other' } })
    await settle()
    expect(slices().flatMap((s) => s.ports)).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }])
    expect(
      slices()
        .flatMap((s) => s.endpoints ?? [])
        .map((e) => [e.addresses[0], e.conditions, e.zone]),
    ).toEqual([
      ['10.0.0.1', { ready: true, serving: true, terminating: false }, 'z1'],
      ['10.0.0.2', { ready: false, serving: false, terminating: false }, 'z1'],
      ['10.0.0.3', { ready: false, serving: true, terminating: true }, 'z1'],
    ])
    expect(endpoints()).toMatchObject([
      { addresses: [{ ip: '10.0.0.1' }], notReadyAddresses: [{ ip: '10.0.0.2' }], ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] },
    ])
    await client.patch('pods', at('d'), { metadata: { labels: { app: 'web' } } })
    await client.delete('pods', at('a'))
    await settle()
    expect(
      slices()
        .flatMap((s) => s.endpoints ?? [])
        .map((e) => e.addresses[0])
        .sort(),
    ).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4'])
  })

  test('slices hold a hundred each, and few writes follow a change', async () => {
    const { client, settle, transport } = await setUp(loops)
    await client.create('nodes', { metadata: { name: 'n' } })
    for (let i = 0; i < 150; i++) await pod(`p${i}`, `10.1.${i >> 7}.${1 + (i & 127)}`)
    await service()
    await settle()
    expect(slices().map((s) => s.endpoints?.length)).toEqual([100, 50])
    transport.writes.length = 0
    await client.delete('pods', at('p3'))
    await settle()
    expect(transport.writes.filter((w) => w.includes('endpointslices'))).toHaveLength(1)
  })

  test('a service that publishes what is not ready, and hand-made endpoints that are mirrored', async () => {
    const { client, settle } = await setUp(loops)
    await client.create('nodes', { metadata: { name: 'n' } })
    await pod('b', '10.0.0.2', { ready: false })
    await service({ publishNotReadyAddresses: true, clusterIP: 'None' })
    await client.create('services', { metadata: at('manual'), spec: { ports: [{ port: 80 }] } } as never)
    await client.create('endpoints', {
      metadata: at('manual'),
      subsets: [{ addresses: [{ ip: '1.2.3.4' }], notReadyAddresses: [{ ip: 'fd00::1' }], ports: [{ port: 80, protocol: 'TCP' }] }],
    } as never)
    await settle()
    const of = (name: string) => slices().filter((s) => s.metadata.labels?.['kubernetes.io/service-name'] === name)
    expect(of('web')[0]?.endpoints?.[0]?.conditions).toMatchObject({ ready: true, serving: false })
    expect(of('web')[0]?.metadata.labels).toMatchObject({
      'service.kubernetes.io/headless': '',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    })
    expect(of('manual').map((s) => [s.addressType, s.endpoints?.[0]?.addresses[0], s.endpoints?.[0]?.conditions.ready])).toEqual([
      ['IPv4', '1.2.3.4', true],
      ['IPv6', 'fd00::1', false],
    ])
    await client.delete('endpoints', at('manual'))
    await settle()
    expect(of('manual')).toEqual([])
  })
})

describe('credentials', () => {
  const csr = (folder: string, subject: string) => {
    execFileSync(
      'openssl',
      [
        'req',
        '-new',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        join(folder, 'key'),
        '-out',
        join(folder, 'csr'),
        '-subj',
        subject,
      ],
      { stdio: 'ignore' },
    )
    return readFileSync(join(folder, 'csr')).toString('base64')
  }
  test.each([
    ['kubernetes.io/kube-apiserver-client', '/O=team/CN=jane', ['client auth'], 'jane'],
    [
      'kubernetes.io/kube-apiserver-client-kubelet',
      '/O=system:nodes/CN=system:node:a',
      ['digital signature', 'client auth'],
      'system:node:a',
    ],
    ['kubernetes.io/kube-apiserver-client-kubelet', '/O=other/CN=system:node:a', ['digital signature', 'client auth'], undefined],
    ['kubernetes.io/kubelet-serving', '/O=system:nodes/CN=system:node:a', ['digital signature', 'server auth'], undefined],
    ['example.com/other', '/CN=jane', ['client auth'], ''],
  ])('%s signs %s for %j: %s', async (signerName, subject, usages, commonName) => {
    const folder = mkdtempSync(join(tmpdir(), 'kijabi-csr-'))
    const authority = createCertificateAuthority('ca')
    const { client, settle, pass } = await setUp(['certificatesigningrequest-signing', 'certificatesigningrequest-cleaner'], {
      options: { clusterSigning: authority },
    })
    const request = csr(folder, subject)
    rmSync(folder, { recursive: true })
    const made = await client.create('certificatesigningrequests.certificates.k8s.io', {
      metadata: { name: 'r' },
      spec: { request, signerName, usages, expirationSeconds: 3600 },
    } as never)
    await settle()
    expect((await client.get('certificatesigningrequests.certificates.k8s.io', { name: 'r' })).status.certificate).toBeUndefined()
    const now = formatTime(cluster.clock.now())
    await client.updateStatus('certificatesigningrequests.certificates.k8s.io', {
      ...made,
      status: { conditions: [{ type: 'Approved', status: 'True', lastUpdateTime: now }] },
    } as never)
    await settle()
    const { status } = await client.get('certificatesigningrequests.certificates.k8s.io', { name: 'r' })
    if (commonName) {
      const certificate = new X509Certificate(Buffer.from(status.certificate as string, 'base64'))
      expect(certificate.subject).toContain(`CN=${commonName}`)
      expect(certificate.verify(createPublicKey(authority.certificate))).toBe(true)
      expect(Date.parse(certificate.validTo) - cluster.clock.now()).toBe(3600_000)
    } else expect([status.certificate, status.conditions?.some((c) => c.type === 'Failed')]).toEqual([undefined, commonName === undefined])
    await pass(3602)
    if (commonName) expect(cluster.transport.objects('/apis/certificates.k8s.io/v1/certificatesigningrequests')).toEqual([])
  })

  test('a token secret is filled with a token that verifies, and goes with its account', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { client, settle, transport } = await setUp(['serviceaccount-token'], {
      options: { serviceAccountPrivateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, rootCa: 'CA' },
    })
    await client.create('serviceaccounts', { metadata: at('bot') })
    await client.create('secrets', {
      metadata: { ...at('s'), annotations: { 'kubernetes.io/service-account.name': 'bot' } },
      type: 'kubernetes.io/service-account-token',
    })
    await settle()
    const { data = {} } = await client.get('secrets', at('s'))
    const text = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString()
    const [header, claims, signature] = text('token').split('.') as [string, string, string]
    expect(
      verify(
        'sha256',
        Buffer.from(`${header}.${claims}`),
        { key: publicKey, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      ),
    ).toBe(true)
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      sub: 'system:serviceaccount:default:bot',
      'kubernetes.io/serviceaccount/secret.name': 's',
    })
    expect([text('namespace'), text('ca.crt')]).toEqual(['default', 'CA'])
    await client.delete('serviceaccounts', at('bot'))
    await settle()
    expect(transport.objects('/api/v1/secrets')).toEqual([])
  })

  test('bootstrap tokens sign cluster-info until they expire', async () => {
    const { client, settle, pass, transport } = await setUp(['bootstrap-signer', 'token-cleaner'])
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    await client.create('configmaps', { metadata: { namespace: 'kube-public', name: 'cluster-info' }, data: { kubeconfig: 'K' } })
    const expiration = formatTime(cluster.clock.now() + 60_000)
    const fields = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-signing': 'true', expiration }
    await client.create('secrets', {
      metadata: { namespace: 'kube-system', name: 'bootstrap-token-abcdef' },
      type: 'bootstrap.kubernetes.io/token',
      data: Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, base64(v)])),
    })
    await settle()
    const info = () => client.get('configmaps', { namespace: 'kube-public', name: 'cluster-info' })
    expect((await info()).data?.['jws-kubeconfig-abcdef']).toBe(detachedSignature('K', 'abcdef', '0123456789abcdef'))
    const [head, , mac] = detachedSignature('K', 'abcdef', '0123456789abcdef').split('.') as [string, string, string]
    expect(
      createHmac('sha256', '0123456789abcdef')
        .update(`${head}.${Buffer.from('K').toString('base64url')}`)
        .digest('base64url'),
    ).toBe(mac)
    await pass(62)
    expect(transport.objects<Secret>('/api/v1/secrets')).toEqual([])
    expect(Object.keys((await info()).data ?? {})).toEqual(['kubeconfig'])
  })
})

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
