import { expect, test } from 'vitest'
import type { Pod } from '../../api/types/core-v1.ts'
import { createDefaultSelector } from './default-selector.ts'
import { podOf, synced, withObjects } from './testing.ts'

const owned = (kind: string, name: string): Pod => {
  const pod = podOf('p', { labels: { app: 'web', tier: 'x' } })
  return { ...pod, metadata: { ...pod.metadata, ownerReferences: [{ apiVersion: 'v1', kind, name, uid: 'u', controller: true }] } }
}
const inDefault = (name: string, selector: object | undefined) => ({ metadata: { namespace: 'default', name }, spec: { selector } })

test.each<[string, Pod, string | undefined]>([
  ['a service that selects it', podOf('p', { labels: { app: 'web' } }), 'app=web'],
  ['no service', podOf('p', { labels: { app: 'db' } }), undefined],
  ['no labels', podOf('p', {}), undefined],
  ['a service of another namespace', podOf('p', { labels: { app: 'web' }, namespace: 'other' }), undefined],
  ['a service and its replica set', owned('ReplicaSet', 'rs'), 'app=web,tier=x'],
  ['a service and its stateful set', owned('StatefulSet', 'set'), 'app=web,tier in (x,y)'],
  ['a service and its replication controller', owned('ReplicationController', 'rc'), 'app=web,tier=x'],
  ['a service, its job counting for nothing', owned('Job', 'job'), 'app=web'],
  ['a service, its replica set being gone', owned('ReplicaSet', 'gone'), 'app=web'],
])('a pod is spread over the pods of %s', async (_, pod, selector) => {
  const { informers } = await withObjects({
    services: [inDefault('web', { app: 'web' }), inDefault('external', undefined)],
    'replicasets.apps': [inDefault('rs', { matchLabels: { tier: 'x' } })],
    'statefulsets.apps': [inDefault('set', { matchExpressions: [{ key: 'tier', operator: 'In', values: ['x', 'y'] }] })],
    replicationcontrollers: [inDefault('rc', { tier: 'x' })],
  })
  const select = await synced(informers, () => createDefaultSelector(informers))
  expect(select(pod)?.toString()).toBe(selector)
  informers.stop()
})
