import { expect, test } from 'vitest'
import type { Container, Pod } from '../../api/types/core-v1.ts'
import { containerHash } from '../container-config.ts'
import type { RuntimeContainer, RuntimePod } from '../runtime-pods.ts'
import { computePodActions } from './compute-pod-actions.ts'

const c = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'busybox', resources: {}, ...more }) as Container
const sidecar = (name: string) => c(name, { restartPolicy: 'Always' })
const podOf = (spec: Partial<Pod['spec']>): Pod =>
  ({ metadata: { name: 'p', namespace: 'd', uid: 'u' }, spec: { restartPolicy: 'Always', containers: [c('main')], ...spec } }) as Pod
const ran = (name: string, state: RuntimeContainer['state'], exitCode = 0, more: Partial<RuntimeContainer> = {}): RuntimeContainer =>
  ({
    id: `id-${name}`,
    sandboxId: 's',
    name,
    state,
    exitCode,
    restartCount: 0,
    hash: containerHash(c(name)),
    createdAt: 1,
    annotations: {},
    ...more,
  }) as RuntimeContainer
const runtime = (containers: RuntimeContainer[], ready = true): RuntimePod => ({
  uid: 'u',
  name: 'p',
  namespace: 'd',
  sandboxes: [{ id: 's', attempt: 0, ready, createdAt: 1, ips: ['10.0.0.2'], hostNetwork: false }],
  containers,
})
const nothingYet: RuntimePod = { uid: 'u', name: 'p', namespace: 'd', sandboxes: [], containers: [] }
const fine = { failed: () => false, startedUp: () => true }

/** `+x` starts, `-x` kills, `sandbox` makes one, `kill` ends the pod. */
function decide(spec: Partial<Pod['spec']>, has: RuntimePod, probes: Parameters<typeof computePodActions>[2] = fine): string {
  const actions = computePodActions(podOf(spec), has, probes)
  return [
    ...(actions.killPod ? ['kill'] : []),
    ...(actions.createSandbox ? [`sandbox ${actions.createSandbox.attempt}`] : []),
    ...actions.kill.map((k) => `-${k.container.name}`),
    ...actions.start.map((s) => `+${s.name}`),
  ].join(' ')
}
const never = { restartPolicy: 'Never' as const }
const onFailure = { restartPolicy: 'OnFailure' as const }
const twoInits = { initContainers: [c('i1'), c('i2')] }

test.each<[string, Partial<Pod['spec']>, RuntimePod, string]>([
  ['a new pod gets a sandbox and its containers', {}, nothingYet, 'sandbox 0 +main'],
  ['a new pod begins with its first init container', twoInits, nothingYet, 'sandbox 0 +i1'],
  ['a pod whose sandbox died gets another', {}, runtime([ran('main', 'exited')], false), 'sandbox 1 +main'],
  ['one that is done gets none', never, runtime([ran('main', 'exited')], false), 'kill'],
  ['a running container is left alone', {}, runtime([ran('main', 'running')]), ''],
  ['an ended container is started again', {}, runtime([ran('main', 'exited')]), '+main'],
  ['not with policy Never', never, runtime([ran('main', 'exited', 1)]), 'kill'],
  ['on failure after a failure', onFailure, runtime([ran('main', 'exited', 1)]), '+main'],
  ['on failure not after success', onFailure, runtime([ran('main', 'exited', 0)]), 'kill'],
  [
    'one of two that ended does not end the other',
    { ...never, containers: [c('main'), c('b')] },
    runtime([ran('main', 'exited'), ran('b', 'running')]),
    '',
  ],
  [
    'a changed image replaces the container',
    { containers: [c('main', { image: 'other' })] },
    runtime([ran('main', 'running')]),
    '-main +main',
  ],
  [
    'a changed image replaces it under policy Never too',
    { ...never, containers: [c('main', { image: 'other' })] },
    runtime([ran('main', 'running')]),
    '-main +main',
  ],
  ['one that was created and never started is made anew', {}, runtime([ran('main', 'created')]), '-main +main'],
  ['the next init container follows', twoInits, runtime([ran('i1', 'exited')]), '+i2'],
  ['a running init container holds the rest', twoInits, runtime([ran('i1', 'running')]), ''],
  ['a failed one is started again', twoInits, runtime([ran('i1', 'exited', 1)]), '+i1'],
  ['with policy Never it ends the pod', { ...twoInits, ...never }, runtime([ran('i1', 'exited', 1)]), 'kill'],
  ['all done: the main container', twoInits, runtime([ran('i2', 'exited'), ran('i1', 'exited')]), '+main'],
  ['a sidecar that runs lets the rest begin', { initContainers: [sidecar('side')] }, runtime([ran('side', 'running')]), '+main'],
  [
    'a sidecar that ended is started beside the main container',
    { initContainers: [sidecar('side')] },
    runtime([ran('side', 'exited'), ran('main', 'running')]),
    '+side',
  ],
  [
    'sidecars do not keep a finished pod',
    { ...never, initContainers: [sidecar('side')] },
    runtime([ran('side', 'running'), ran('main', 'exited')]),
    'kill',
  ],
  [
    'nor are they started again for one',
    { ...never, initContainers: [sidecar('side')] },
    runtime([ran('side', 'exited'), ran('main', 'exited')]),
    'kill',
  ],
  [
    'a rule restarts on its exit code',
    {
      ...never,
      containers: [
        c('main', { restartPolicy: 'Never', restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }] }),
      ],
    },
    runtime([ran('main', 'exited', 42)]),
    '+main',
  ],
])('%s', (_, spec, has, expected) => expect(decide(spec, has)).toBe(expected))

test('a failed liveness probe kills and starts again, or only kills', () => {
  const dead = { failed: (kind: string) => kind === 'liveness', startedUp: () => true }
  expect(decide({}, runtime([ran('main', 'running')]), dead)).toBe('-main +main')
  expect(decide(never, runtime([ran('main', 'running')]), dead)).toBe('kill')
})

test('a sidecar that has not started up holds the main container', () => {
  expect(
    decide({ initContainers: [sidecar('side')] }, runtime([ran('side', 'running')]), { failed: () => false, startedUp: () => false }),
  ).toBe('')
})
