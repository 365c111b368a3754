import { expect, test } from 'vitest'
import type { ContainerStatus, Pod, PodStatus } from '../api/types/core-v1.ts'
import type { RuntimeContainer, RuntimePod } from './runtime-pods.ts'
import { phaseOf, podStatus, type StatusInputs } from './status.ts'
import { patchOf } from './status-manager.ts'

const running = { state: { running: { startedAt: '' } }, lastState: {} } as ContainerStatus
const waiting = { state: { waiting: {} }, lastState: {} } as ContainerStatus
const again = { state: { waiting: {} }, lastState: { terminated: { exitCode: 1 } } } as ContainerStatus
const ended = (exitCode: number) => ({ state: { terminated: { exitCode } }, lastState: {} }) as ContainerStatus
const podWith = (restartPolicy: string, init = 0): Pod =>
  ({
    spec: { restartPolicy, containers: [], initContainers: Array.from({ length: init }, (_, i) => ({ name: `i${i}` })) },
  }) as unknown as Pod

test.each<[string, Pod, ContainerStatus[], ContainerStatus[], boolean, string]>([
  ['all wait', podWith('Always'), [], [waiting], false, 'Pending'],
  ['all run', podWith('Always'), [], [running, running], false, 'Running'],
  ['one waits for its image', podWith('Always'), [], [running, waiting], false, 'Running'],
  ['crash loop', podWith('Always'), [], [again], false, 'Running'],
  ['ended, to be started again', podWith('Always'), [], [ended(0)], false, 'Running'],
  ['all succeeded', podWith('Never'), [], [ended(0), ended(0)], false, 'Succeeded'],
  ['one failed', podWith('Never'), [], [ended(0), ended(1)], false, 'Failed'],
  ['failed, to be started again', podWith('OnFailure'), [], [ended(1)], false, 'Running'],
  ['init runs', podWith('Always', 1), [running], [waiting], false, 'Pending'],
  ['init failed for good', podWith('Never', 1), [ended(1)], [waiting], false, 'Failed'],
  ['init failed, again', podWith('Always', 1), [again], [waiting], false, 'Pending'],
  ['ended from outside while it ran well', podWith('Always'), [], [ended(0)], true, 'Succeeded'],
  ['ended from outside by force', podWith('Always'), [], [ended(137)], true, 'Failed'],
])('%s: %s', (_, pod, init, main, terminated, expected) => expect(phaseOf(pod, init, main, terminated, undefined)).toBe(expected))

const pod = {
  metadata: { name: 'p', namespace: 'd', uid: 'u', generation: 1 },
  spec: { restartPolicy: 'Always', containers: [{ name: 'c', image: 'busybox', resources: {} }] },
  status: {},
} as unknown as Pod
const found = (state: RuntimeContainer['state'], more: Partial<RuntimeContainer> = {}): RuntimeContainer =>
  ({
    id: 'x',
    sandboxId: 's',
    name: 'c',
    state,
    restartCount: 2,
    exitCode: 1,
    reason: '',
    message: '',
    image: 'busybox',
    imageRef: 'sha',
    startedAt: 1000,
    finishedAt: 2000,
    createdAt: 1,
    annotations: {},
    ...more,
  }) as RuntimeContainer
const runtime = (...containers: RuntimeContainer[]): RuntimePod => ({
  uid: 'u',
  name: 'p',
  namespace: 'd',
  sandboxes: [{ id: 's', attempt: 0, ready: true, createdAt: 1, ips: ['10.0.0.2'], hostNetwork: false }],
  containers,
})
const inputs: StatusInputs = {
  now: 10_000,
  hostIPs: ['192.0.2.2'],
  runtimeName: 'r',
  waiting: () => undefined,
  probe: () => true,
  terminationMessage: () => '',
}
const conditionsOf = (status: PodStatus) =>
  Object.fromEntries((status.conditions ?? []).map((c) => [c.type, c.message ? `${c.status} ${c.reason}: ${c.message}` : c.status]))

test('before anything runs', () => {
  const status = podStatus(pod, undefined, inputs)
  expect(status.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'ContainerCreating' } })
  expect(conditionsOf(status)).toEqual({
    PodReadyToStartContainers: 'False',
    Initialized: 'True',
    Ready: 'False ContainersNotReady: containers with unready status: [c]',
    ContainersReady: 'False ContainersNotReady: containers with unready status: [c]',
    PodScheduled: 'True',
  })
})

test('running and ready', () => {
  const status = podStatus(pod, runtime(found('running')), inputs)
  expect(status).toMatchObject({ phase: 'Running', podIP: '10.0.0.2', hostIP: '192.0.2.2', startTime: '1970-01-01T00:00:10Z' })
  expect(status.containerStatuses?.[0]).toMatchObject({
    ready: true,
    started: true,
    restartCount: 2,
    containerID: 'r://x',
    state: { running: { startedAt: '1970-01-01T00:00:01Z' } },
  })
  expect(conditionsOf(status)['Ready']).toBe('True')
})

test('what it ended with is the last state once it waits to be started again', () => {
  const status = podStatus(pod, runtime(found('exited')), {
    ...inputs,
    waiting: () => ({ reason: 'CrashLoopBackOff', message: 'back-off' }),
  })
  expect(status.containerStatuses?.[0]).toMatchObject({
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode: 1, reason: 'Error' } },
  })
})

test('an init container that has to run shows as PodInitializing on the others', () => {
  const withInit = { ...pod, spec: { ...pod.spec, initContainers: [{ name: 'i', image: 'b', resources: {} }] } } as Pod
  const status = podStatus(withInit, runtime(), inputs)
  expect(status.containerStatuses?.[0]?.state.waiting?.reason).toBe('PodInitializing')
  expect(conditionsOf(status)['Initialized']).toBe('False ContainersNotInitialized: containers with incomplete status: [i]')
})

test('a readiness gate holds Ready, not ContainersReady; the transition time stays while a condition does', () => {
  const gated = {
    ...pod,
    spec: { ...pod.spec, readinessGates: [{ conditionType: 'x/y' }] },
    status: { conditions: [{ type: 'ContainersReady', status: 'True', lastTransitionTime: 'before' }] },
  } as unknown as Pod
  const status = podStatus(gated, runtime(found('running')), inputs)
  expect(conditionsOf(status)).toMatchObject({
    Ready: 'False ReadinessGatesNotReady: corresponding condition of pod readiness gate "x/y" does not exist.',
    ContainersReady: 'True',
  })
  expect(status.conditions?.find((c) => c.type === 'ContainersReady')?.lastTransitionTime).toBe('before')
})

test('only what changed is sent, and what is gone is taken away', () => {
  const before = {
    phase: 'Pending',
    podIPs: [{ ip: '1' }],
    message: 'm',
    conditions: [
      { type: 'A', status: 'False', reason: 'r' },
      { type: 'B', status: 'True' },
    ],
  } as PodStatus
  const after = {
    phase: 'Running',
    podIPs: [{ ip: '2' }],
    conditions: [
      { type: 'A', status: 'True' },
      { type: 'B', status: 'True' },
    ],
  } as PodStatus
  expect(patchOf(before, after)).toEqual({
    phase: 'Running',
    podIPs: [{ $patch: 'replace' }, { ip: '2' }],
    message: null,
    conditions: [{ reason: null, type: 'A', status: 'True' }],
  })
})
