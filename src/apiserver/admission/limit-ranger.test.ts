import { describe, expect, test } from 'vitest'
import { createLimitRanger } from './limit-ranger.ts'
import { objectsOf, review, type Write } from './testing.ts'

const range = (name: string, ...limits: object[]) => ({ metadata: { name, namespace: 'ns' }, spec: { limits } })
const pod = (resources: object, more: object = {}) => ({
  metadata: { name: 'p', namespace: 'ns' },
  spec: { containers: [{ name: 'a', resources }], ...more },
})
const no = (why: string) => `403 pods "p" is forbidden: ${why}`

describe('bounds', () => {
  const min = { type: 'Container', min: { cpu: '100m' } }
  const max = { type: 'Container', max: { cpu: '1' } }
  const ratio = { type: 'Container', maxLimitRequestRatio: { cpu: '2' } }
  const perPod = { type: 'Pod', max: { cpu: '1' } }
  const is = (requests?: string, limits?: string) => ({
    ...(requests ? { requests: { cpu: requests } } : {}),
    ...(limits ? { limits: { cpu: limits } } : {}),
  })
  test.each<[string, object, object, string]>([
    ['enough', min, pod(is('100m')), 'allowed'],
    ['nothing asked for', min, pod({}), no('minimum cpu usage per Container is 100m.  No request is specified')],
    ['too little', min, pod(is('50m')), no('minimum cpu usage per Container is 100m, but request is 50m')],
    ['too low a limit', min, pod(is('100m', '50m')), no('minimum cpu usage per Container is 100m, but limit is 50m')],
    ['no limit', max, pod(is('1')), no('maximum cpu usage per Container is 1.  No limit is specified')],
    ['too high a limit', max, pod(is('1', '2')), no('maximum cpu usage per Container is 1, but limit is 2')],
    ['too much', max, pod(is('2', '1')), no('maximum cpu usage per Container is 1, but request is 2')],
    ['the same in other words', max, pod(is('1000m', '1000m')), 'allowed'],
    ['a good ratio', ratio, pod(is('1', '2')), 'allowed'],
    ['too high a ratio', ratio, pod(is('1', '3')), no('cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000')],
    [
      'a ratio to nothing',
      ratio,
      pod(is(undefined, '3')),
      no('cpu max limit to request ratio per Container is 2, but no request is specified or request is 0'),
    ],
    [
      'a ratio of nothing',
      ratio,
      pod(is('1')),
      no('cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0'),
    ],
    [
      'an init container',
      min,
      pod(is('1'), { initContainers: [{ name: 'i', resources: is('1m') }] }),
      no('minimum cpu usage per Container is 100m, but request is 1m'),
    ],
    [
      'containers together',
      perPod,
      { metadata: { name: 'p' }, spec: { containers: ['a', 'b'].map((name) => ({ name, resources: is('600m', '600m') })) } },
      no('maximum cpu usage per Pod is 1, but limit is 1200m'),
    ],
    [
      'two faults at once',
      { type: 'Container', min: { cpu: '1', memory: '1Gi' } },
      pod(is('1m')),
      no('[minimum cpu usage per Container is 1, but request is 1m, minimum memory usage per Container is 1Gi.  No request is specified]'),
    ],
  ])('%s', async (_name, item, object, answer) => {
    const plugin = createLimitRanger(objectsOf({ limitranges: [range('r', item)] }))
    expect((await review(plugin, { resource: 'pods', object })).answer).toBe(answer)
  })
  test('of two ranges the first that is broken is told', async () => {
    const plugin = createLimitRanger(objectsOf({ limitranges: [range('a', min), range('b', max)] }))
    const { answer } = await review(plugin, { resource: 'pods', object: pod({}) })
    expect(answer).toBe(no('minimum cpu usage per Container is 100m.  No request is specified'))
  })
  test.each<[string, Write['resource'], object | undefined, string]>([
    ['an update', 'pods', pod({}), 'allowed'],
    ['a status', 'pods/status', pod({}), 'allowed'],
    ['a resize', 'pods/resize', pod({}), no('minimum cpu usage per Container is 100m.  No request is specified')],
  ])('%s of a pod', async (_name, resource, old, answer) => {
    const plugin = createLimitRanger(objectsOf({ limitranges: [range('a', min)] }))
    expect((await review(plugin, { resource, object: pod({}), ...(old ? { old } : {}) })).answer).toBe(answer)
  })

  const claim = (storage?: string) => ({ metadata: { name: 'c' }, spec: { resources: storage ? { requests: { storage } } : {} } })
  const claims = { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } }
  test.each<[string, string | undefined, string]>([
    ['enough', '1Gi', 'allowed'],
    ['too little', '1Mi', 'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi'],
    ['too much', '3Gi', 'maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi'],
  ])('a claim of %s', async (_name, storage, why) => {
    const plugin = createLimitRanger(objectsOf({ limitranges: [range('a', claims)] }))
    const { answer } = await review(plugin, { resource: 'persistentvolumeclaims', object: claim(storage) })
    expect(answer).toBe(why === 'allowed' ? why : `403 persistentvolumeclaims "c" is forbidden: ${why}`)
  })
})

describe('defaults', () => {
  const given = { type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '500m' } }
  const said = (text: string) => ({ metadata: { annotations: { 'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${text}` } } })
  test.each<[string, readonly object[], object, object]>([
    [
      'for what says nothing',
      [range('a', given)],
      pod({}),
      {
        ...said('cpu request for container a; cpu, memory limit for container a'),
        spec: { containers: [{ resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } } }] },
      },
    ],
    [
      'beside what it says',
      [range('a', given)],
      pod({ limits: { cpu: '2' }, requests: { memory: '1Mi' } }),
      {
        ...said('cpu request for container a; memory limit for container a'),
        spec: { containers: [{ resources: { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Mi' } } }] },
      },
    ],
    [
      'for an init container',
      [range('a', given)],
      pod({ limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1' } }, { initContainers: [{ name: 'i' }] }),
      said('cpu request for init container i; cpu, memory limit for init container i'),
    ],
    [
      'of the first range where two have them',
      [range('a', { type: 'Container', default: { cpu: '1' } }), range('b', { type: 'Container', default: { cpu: '2', memory: '1Gi' } })],
      pod({}),
      { ...said('memory limit for container a'), spec: { containers: [{ resources: { limits: { cpu: '1', memory: '1Gi' } } }] } },
    ],
  ])('%s', async (_name, limitranges, object, expected) => {
    const plugin = createLimitRanger(objectsOf({ limitranges: limitranges as { metadata: object }[] }))
    expect((await review(plugin, { resource: 'pods', object })).object).toMatchObject(expected)
  })
  test('nothing is said where nothing is set', async () => {
    const object = pod({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1' } })
    const plugin = createLimitRanger(objectsOf({ limitranges: [range('a', given)] }))
    expect((await review(plugin, { resource: 'pods', object })).object).toEqual(object)
  })
})
