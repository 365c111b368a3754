import { expect, test } from 'vitest'
import type { Pod } from '../api/types/core-v1.ts'
import { podNonZeroRequests, podRequests } from './resources.ts'

const c = (cpu: string, name = 'c', more: object = {}) => ({ name, resources: { requests: { cpu } }, ...more })
const told = (has: string, allocated = has, name = 'c') => ({
  name,
  resources: { requests: { cpu: has } },
  allocatedResources: { cpu: allocated },
})
const sidecar = { restartPolicy: 'Always' }
const infeasible = { conditions: [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }] }
const deferred = { conditions: [{ type: 'PodResizePending', status: 'True', reason: 'Deferred' }] }
const of = (spec: object, status: object = {}) => ({ spec, status }) as unknown as Pod

test.each<[what: string, pod: Pod, milliCpu: number]>([
  ['the sum of containers', of({ containers: [c('1'), c('2', 'd')] }), 3000],
  ['an init container that needs more', of({ containers: [c('1')], initContainers: [c('3', 'i')] }), 3000],
  [
    'a sidecar counts beside init containers that come after it, and beside the containers',
    of({ containers: [c('1')], initContainers: [c('2', 'before'), c('1', 'side', sidecar), c('3', 'after')] }),
    4000,
  ],
  ['a pod that grows counts with what it asks for', of({ containers: [c('3')] }, { containerStatuses: [told('1')] }), 3000],
  ['so does one that waits to', of({ containers: [c('3')] }, { containerStatuses: [told('1')], ...deferred }), 3000],
  ['but one that never can with what it has', of({ containers: [c('30')] }, { containerStatuses: [told('1')], ...infeasible }), 1000],
  ['a pod that shrinks counts with what it has', of({ containers: [c('1')] }, { containerStatuses: [told('3')] }), 3000],
  ['or with what it was given', of({ containers: [c('1')] }, { containerStatuses: [told('1', '2')] }), 2000],
  [
    'a sidecar that shrinks',
    of({ containers: [c('1')], initContainers: [c('1', 'side', sidecar)] }, { initContainerStatuses: [told('3', '3', 'side')] }),
    4000,
  ],
  [
    'an init container that is over does not count with what it had',
    of({ containers: [c('1')], initContainers: [c('2', 'i')] }, { initContainerStatuses: [told('9', '9', 'i')] }),
    2000,
  ],
  ['the pod’s own request in place of the sum', of({ containers: [c('1')], resources: { requests: { cpu: '5' } } }), 5000],
  [
    'the pod’s own request that shrinks',
    of({ containers: [c('1')], resources: { requests: { cpu: '2' } } }, { resources: { requests: { cpu: '5' } } }),
    5000,
  ],
  ['overhead on top', of({ containers: [c('1')], overhead: { cpu: '500m' } }), 1500],
])('what a pod requests: %s', (_, pod, milliCpu) => {
  expect(podRequests(pod).milliCpu).toBe(milliCpu)
})

test.each<[what: string, spec: object, milliCpu: number]>([
  ['each container that says nothing', { containers: [{ name: 'a' }, { name: 'b' }, c('1')] }, 1200],
  ['none that says it needs nothing', { containers: [c('0')] }, 0],
  ['none under a pod’s own request', { containers: [{ name: 'a' }], resources: { requests: { cpu: '1' } } }, 1000],
])('a floor where nodes are compared for %s', (_, spec, milliCpu) => {
  expect(podNonZeroRequests(of(spec)).milliCpu).toBe(milliCpu)
})
