/** A pod's life over a runtime in memory: what is asked of the runtime, and in which order. */
import { afterEach, expect, test } from 'vitest'
import type { Pod, PodStatus } from '../../api/types/core-v1.ts'
import { container, createPodLab, type PodLab, podOf } from './testing.ts'

let lab: PodLab
afterEach(() => lab.close())

const isReady = (status: PodStatus) => status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true
const state = (status: PodStatus, name = 'main') => status.containerStatuses?.find((s) => s.name === name)?.state
const waits = (reason: string) => (status: PodStatus) => state(status)?.waiting?.reason === reason
const sidecar = container('side', { restartPolicy: 'Always' })

test.each<[string, Partial<Pod['spec']>, string[]]>([
  ['one container', {}, ['run p/0', 'create main', 'start main']],
  ['two containers, in order', { containers: [container('a'), container('b')] }, ['run p/0', 'create a', 'start a', 'create b', 'start b']],
  ['a sidecar first', { initContainers: [sidecar] }, ['run p/0', 'create side', 'start side', 'create main', 'start main']],
  [
    'a postStart hook after the start',
    { containers: [container('main', { lifecycle: { postStart: { exec: { command: ['hook'] } } } })] },
    ['run p/0', 'create main', 'start main', 'exec main hook'],
  ],
  [
    'an image that is pulled always, while the sandbox is made',
    { containers: [container('main', { imagePullPolicy: 'Always' })] },
    ['run p/0', 'pull busybox:1', 'create main', 'start main'],
  ],
])('%s: %#', async (_, spec, calls) => {
  lab = createPodLab()
  lab.workers.update(podOf(spec))
  await lab.until(isReady)
  expect(lab.runtime.calls.filter((c) => c.startsWith('pull')).length).toBe(calls.filter((c) => c.startsWith('pull')).length)
  expect(lab.runtime.calls.toSorted()).toEqual(calls.toSorted())
  expect(lab.runtime.calls.filter((c) => !c.startsWith('pull'))).toEqual(calls.filter((c) => !c.startsWith('pull')))
})

test('init containers follow one another, and main ones them', async () => {
  lab = createPodLab()
  lab.workers.update(podOf({ initContainers: [container('i1'), container('i2')] }))
  for (const name of ['i1', 'i2']) {
    await lab.until((s) => s.initContainerStatuses?.some((i) => i.name === name && i.state.running) === true)
    lab.runtime.exit(name, 0)
    lab.workers.wake('u')
  }
  await lab.until(isReady)
  expect(lab.runtime.calls.filter((c) => c.startsWith('start'))).toEqual(['start i1', 'start i2', 'start main'])
})

test('deletion: main containers, then sidecars in reverse, then the sandbox; nothing is left', async () => {
  lab = createPodLab()
  const pod = podOf({ initContainers: [sidecar, container('side2', { restartPolicy: 'Always' })] })
  lab.workers.update(pod)
  await lab.until(isReady)
  expect([...lab.cgroups.keys()]).toContain('/test/kubepods/besteffort/podu')
  lab.runtime.calls.length = 0
  lab.workers.update({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 7 } })
  await lab.until((s) => s.containerStatuses?.every((c) => c.state.terminated) === true)
  lab.workers.remove('u')
  while (lab.workers.get('u')) await new Promise(setImmediate)
  expect(lab.runtime.calls).toEqual(['stop main 7', 'stop side2 7', 'stop side 7', 'stop sandbox 0', 'remove sandbox 0'])
  expect([...lab.cgroups.keys()]).not.toContain('/test/kubepods/besteffort/podu')
})

test.each<[string, Partial<Pod['metadata']>, string[]]>([
  ['is told again', { deletionGracePeriodSeconds: 1 }, ['stop main 20', 'stop main 1']],
  ['a longer one is not', { deletionGracePeriodSeconds: 25 }, ['stop main 20']],
])('a deletion with a shorter grace %s', async (_, again, stops) => {
  lab = createPodLab()
  const pod = podOf()
  const stopped = Promise.withResolvers<void>()
  lab.workers.update(pod)
  await lab.until(isReady)
  const asked = Promise.withResolvers<void>()
  lab.runtime.intercept = async (call) => {
    if (call === 'stop main 20') {
      asked.resolve()
      await stopped.promise
    }
  }
  const deleted = { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 20 }
  lab.workers.update({ ...pod, metadata: deleted })
  await asked.promise
  lab.workers.update({ ...pod, metadata: { ...deleted, ...again } })
  await new Promise(setImmediate)
  stopped.resolve()
  await lab.until((s) => state(s)?.terminated !== undefined)
  expect(lab.runtime.calls.filter((c) => c.startsWith('stop main'))).toEqual(stops)
})

test('a preStop hook runs before its container is stopped, and its time counts', async () => {
  lab = createPodLab()
  lab.workers.update(podOf({ containers: [container('main', { lifecycle: { preStop: { exec: { command: ['bye'] } } } })] }))
  await lab.until(isReady)
  lab.runtime.intercept = (call) => {
    if (call === 'exec main bye') lab.clock.advance(4000)
  }
  void lab.workers.evict('u', { reason: 'Evicted', message: 'away' }, 10)
  const status = await lab.until((s) => state(s)?.terminated !== undefined)
  expect(lab.runtime.calls.slice(-3)).toEqual(['exec main bye', 'stop main 6', 'stop sandbox 0'])
  expect(status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: 'away' })
})

test('a container that ends again and again waits longer each time', async () => {
  lab = createPodLab()
  lab.workers.update(podOf())
  const crash = async (restartCount: number) => {
    await lab.until((s) => state(s)?.running !== undefined && s.containerStatuses?.[0]?.restartCount === restartCount)
    lab.runtime.exit('main', 1)
    lab.workers.wake('u')
  }
  // The first end costs no wait.
  await crash(0)
  for (const [index, seconds] of [10, 20, 40].entries()) {
    await crash(index + 1)
    const status = await lab.until(waits('CrashLoopBackOff'))
    expect(state(status)?.waiting?.message).toBe(`back-off ${seconds}s restarting failed container=main pod=p_d(u)`)
    lab.clock.advance(seconds * 1000)
  }
  expect(lab.events.filter((e) => e.includes('BackOff'))).toHaveLength(3)
})

test.each<[string, (call: string) => void, string, string]>([
  [
    'cannot be created',
    (call) => {
      if (call.startsWith('create')) throw new Error('no room')
    },
    'CreateContainerError',
    'no room',
  ],
  [
    'cannot be started',
    (call) => {
      if (call.startsWith('start')) throw new Error('exec: not found')
    },
    'RunContainerError',
    'exec: not found',
  ],
])('a container that %s says so, and is tried again', async (_, intercept, reason, message) => {
  lab = createPodLab()
  lab.runtime.intercept = intercept
  lab.workers.update(podOf())
  expect(state(await lab.until(waits(reason)))?.waiting?.message).toBe(message)
  lab.runtime.intercept = () => {}
  lab.clock.advance(5000)
  await lab.until(isReady)
})

test('a pod that the node cannot take fails with the reason, and nothing of it runs', async () => {
  lab = createPodLab({ admit: () => ({ reason: 'OutOfcpu', message: 'full' }) })
  lab.workers.update(podOf())
  expect(await lab.until((s) => s.phase === 'Failed')).toMatchObject({ reason: 'OutOfcpu', message: 'full' })
  expect(lab.runtime.calls).toEqual([])
})

test('a deadline ends the pod, also one that is set later', async () => {
  lab = createPodLab()
  const pod = podOf()
  lab.workers.update(pod)
  await lab.until(isReady)
  lab.clock.advance(3000)
  lab.workers.update({ ...pod, spec: { ...pod.spec, activeDeadlineSeconds: 5 } })
  await new Promise(setImmediate)
  lab.clock.advance(2000)
  expect(await lab.until((s) => s.phase === 'Failed')).toMatchObject({ reason: 'DeadlineExceeded' })
})

test('a sandbox that is gone is made anew, with what ran in it', async () => {
  lab = createPodLab()
  lab.workers.update(podOf())
  await lab.until(isReady)
  const [sandbox] = (await lab.runtime.runtime.ListPodSandbox({})).items ?? []
  await lab.runtime.runtime.StopPodSandbox({ podSandboxId: sandbox?.id as string })
  lab.runtime.calls.length = 0
  lab.workers.wake('u')
  await lab.until((s) => isReady(s) && s.containerStatuses?.[0]?.restartCount === 1)
  expect(lab.runtime.calls).toEqual(['stop sandbox 0', 'run p/1', 'create main', 'start main'])
})
