/** What quotas count. */

import { expect, test } from 'vitest'
import { testClusters } from './test-cluster.ts'

const setUp = testClusters({ kubelet: 'none' })
const at = (name: string) => ({ namespace: 'default', name })

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
