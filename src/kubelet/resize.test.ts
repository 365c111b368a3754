import { describe, expect, test } from 'vitest'
import type { Container, Pod, ResourceRequirements } from '../api/types/core-v1.ts'
import { actualResources, allocatedBefore, containerResize, hasResourcesOf, resizeMessage, resizeRefusal, withAllocated } from './resize.ts'
import { linuxResources } from './resources.ts'
import type { RuntimeContainer } from './runtime-pods.ts'

const both = (cpu: string, memory: string): ResourceRequirements => ({ requests: { cpu, memory }, limits: { cpu, memory } })
const containerOf = (resources: ResourceRequirements, more: Partial<Container> = {}): Container =>
  ({ name: 'c', resources, ...more }) as Container
const podOf = (container: Container, more: object = {}): Pod =>
  ({ metadata: { name: 'p', uid: 'u', generation: 2 }, spec: { containers: [container] }, status: {}, ...more }) as Pod
const runningWith = (resources: ResourceRequirements): RuntimeContainer => {
  const container = containerOf(resources)
  return { name: 'c', state: 'running', resources: linuxResources(podOf(container), container, 1) } as RuntimeContainer
}

const restart = (resourceName: string) => ({ resizePolicy: [{ resourceName, restartPolicy: 'RestartContainer' }] })
test.each<[string, ResourceRequirements, ResourceRequirements, Partial<Container>, string]>([
  ['the same', both('1', '64Mi'), both('1', '64Mi'), {}, 'none'],
  ['the same in other words', both('1', '64Mi'), both('1000m', '65536Ki'), {}, 'none'],
  ['more CPU', both('1', '64Mi'), both('2', '64Mi'), {}, 'update'],
  ['less memory', both('1', '64Mi'), both('1', '32Mi'), {}, 'update'],
  ['memory, which wants a restart', both('1', '64Mi'), both('1', '32Mi'), restart('memory'), 'restart'],
  ['CPU, where memory wants a restart', both('1', '64Mi'), both('2', '64Mi'), restart('memory'), 'update'],
  [
    'a request for memory alone, which the kernel does not know',
    { requests: { memory: '1Mi' } },
    { requests: { memory: '2Mi' } },
    {},
    'none',
  ],
])('%s: %s', (_, has, wants, more, expected) => {
  const container = containerOf(wants, more)
  expect(containerResize(podOf(container), container, runningWith(has))).toBe(expected)
})
test('a runtime that tells of no resources is left alone', () => {
  const container = containerOf(both('1', '1Mi'))
  expect(containerResize(podOf(container), container, { name: 'c' } as RuntimeContainer)).toBe('none')
})

test.each<[string, ResourceRequirements, ResourceRequirements, ResourceRequirements]>([
  ['what fits is told in the words of the spec', both('1000m', '65536Ki'), both('1', '64Mi'), both('1000m', '65536Ki')],
  [
    'what does not yet fit is told as it is',
    both('2', '64Mi'),
    both('1500m', '32Mi'),
    { requests: { cpu: '1500m', memory: '64Mi' }, limits: { cpu: '1500m', memory: '32Mi' } },
  ],
  [
    'a limit that is not there yet',
    both('1', '64Mi'),
    { requests: { cpu: '1', memory: '64Mi' } },
    { requests: { cpu: '1', memory: '64Mi' } },
  ],
  ['none', {}, {}, {}],
])('%s', (_, wants, has, expected) => {
  const told = actualResources(containerOf(wants), runningWith(has))
  expect({ requests: {}, limits: {}, ...told }).toEqual({ requests: {}, limits: {}, ...expected })
})

describe('room for it', () => {
  const allocatable = { cpu: '2', memory: '1Gi', pods: '10' }
  const other = podOf(containerOf(both('1', '512Mi')))
  test.each<[string, ResourceRequirements, string | undefined]>([
    ['fits', both('1', '512Mi'), undefined],
    ['more than the node has', both('3', '1Mi'), "Infeasible: Node didn't have enough capacity: cpu, requested: 3000, capacity: 2000"],
    [
      'more memory than the node has',
      both('1', '2Gi'),
      "Infeasible: Node didn't have enough capacity: memory, requested: 2147483648, capacity: 1073741824",
    ],
    [
      'more than is left',
      both('1500m', '1Mi'),
      "Deferred: Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
    ],
  ])('%s', (_, resources, expected) => {
    const refused = resizeRefusal(podOf(containerOf(resources)), [other], allocatable)
    expect(refused && `${refused.reason}: ${refused.message}`).toBe(expected)
  })
})

test('what is asked for and what was given are kept apart', () => {
  const given = podOf(containerOf(both('1', '1Mi')))
  const asked = podOf({ ...containerOf(both('2', '1Mi')), image: 'new' })
  expect(withAllocated(asked, given).spec.containers).toEqual([{ name: 'c', image: 'new', resources: both('1', '1Mi') }])
  expect([hasResourcesOf(asked, given), hasResourcesOf(withAllocated(asked, given), given)]).toEqual([false, true])
})

test('a restarted kubelet knows from the status what was given while a resize waited', () => {
  const containerStatuses = [{ name: 'c', resources: both('1', '1Mi') }]
  const waiting = { status: { conditions: [{ type: 'PodResizePending' }], containerStatuses } }
  const asked = containerOf(both('2', '1Mi'))
  expect(allocatedBefore(podOf(asked, waiting)).spec.containers?.[0]?.resources).toEqual(both('1', '1Mi'))
  expect(allocatedBefore(podOf(asked, { status: { containerStatuses } })).spec.containers?.[0]?.resources).toEqual(both('2', '1Mi'))
})

test('events tell the resources, the generation and the error', () =>
  expect(resizeMessage('error', podOf(containerOf({ limits: { cpu: '1' } })), 'busy')).toBe(
    'Pod resize error: {"containers":[{"name":"c","resources":{"limits":{"cpu":"1"}}}],"generation":2,"error":"busy"}',
  ))
