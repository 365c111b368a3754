import { expect, test } from 'vitest'
import { createDeviceClassOf, requestsFor } from './extended-resources.ts'
import { podOf, synced, withObjects } from './testing.ts'

const gpu = 'example.com/gpu'
const deviceClass = (name: string, extendedResourceName?: string, creationTimestamp = '2026-01-01T00:00:00Z') => ({
  metadata: { name, creationTimestamp },
  spec: { extendedResourceName },
})

test.each<[what: string, classes: object[], resource: string, found: string | undefined]>([
  ['the name that it says', [deviceClass('large', gpu)], gpu, 'large'],
  ['its own', [deviceClass('large')], 'deviceclass.resource.kubernetes.io/large', 'large'],
  ['a name that no class says', [deviceClass('large', gpu)], 'example.com/nic', undefined],
  ['its own, that there is not', [deviceClass('large')], 'deviceclass.resource.kubernetes.io/small', undefined],
  ['memory', [deviceClass('large', 'memory')], 'memory', undefined],
  ['the name of several: the youngest', [deviceClass('old', gpu), deviceClass('young', gpu, '2026-01-02T00:00:00Z')], gpu, 'young'],
  ['the name of several of one age: the first', [deviceClass('b', gpu), deviceClass('a', gpu), deviceClass('c', gpu)], gpu, 'a'],
])('a device class by %s', async (_, classes, resource, found) => {
  const { informers, transport } = await withObjects({ 'deviceclasses.resource.k8s.io': classes })
  for (const [i, stored] of transport
    .objects<{ metadata: { creationTimestamp: string } }>('/apis/resource.k8s.io/v1/deviceclasses')
    .entries())
    stored.metadata.creationTimestamp = (classes[i] as ReturnType<typeof deviceClass>).metadata.creationTimestamp
  const classOf = await synced(informers, () => createDeviceClassOf(informers))
  informers.stop()
  expect(classOf(resource)).toBe(found)
})

const c = (name: string, requests: Record<string, string>, more: object = {}) => ({ name, image: 'x', resources: { requests }, ...more })
const sidecar = { restartPolicy: 'Always' as const }
test.each<[what: string, containers: object[], initContainers: object[], requests: string[], mappings: string[]]>([
  ['a container', [c('a', { cpu: '1', [gpu]: '2' })], [], ['container-0-request-1 2'], ['a container-0-request-1']],
  [
    'each container its own',
    [c('a', { [gpu]: '1' }), c('b', {}), c('d', { [gpu]: '2' })],
    [],
    ['container-0-request-0 1', 'container-2-request-0 2'],
    ['a container-0-request-0', 'd container-2-request-0'],
  ],
  [
    'an init container those of the containers after it',
    [c('a', { [gpu]: '2' })],
    [c('init', { [gpu]: '1' })],
    ['container-1-request-0 2'],
    ['a container-1-request-0', 'init container-1-request-0'],
  ],
  [
    'what the largest init container lacks is one request for all of them',
    [c('a', { [gpu]: '1' })],
    [c('small', { [gpu]: '2' }), c('large', { [gpu]: '4' })],
    ['container-1-request-0 3', 'container-2-request-0 1'],
    [
      'a container-2-request-0',
      'small container-2-request-0',
      'large container-2-request-0',
      'small container-1-request-0',
      'large container-1-request-0',
    ],
  ],
  [
    'a sidecar keeps its own, and lends it to nobody after it',
    [c('a', {})],
    [c('side', { [gpu]: '1' }, sidecar), c('init', { [gpu]: '1' })],
    ['container-0-request-0 1', 'container-1-request-0 1'],
    ['side container-0-request-0', 'init container-1-request-0'],
  ],
])('devices for %s', (_, containers, initContainers, requests, mappings) => {
  const pod = podOf('p', { spec: { containers, initContainers } as never })
  const made = requestsFor(pod, [gpu], () => 'large')
  expect(made.requests.map(({ name, exactly }) => `${name} ${exactly?.count}`)).toEqual(requests)
  expect(new Set(made.requests.map(({ exactly }) => exactly?.deviceClassName))).toEqual(new Set(['large']))
  expect(made.mappings.map(({ containerName, requestName }) => `${containerName} ${requestName}`)).toEqual(mappings)
})
