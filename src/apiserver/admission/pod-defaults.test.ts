import { describe, expect, test } from 'vitest'
import type { AdmissionPlugin } from './admission.ts'
import {
  createAlwaysPullImages,
  createDefaultTolerationSeconds,
  createExtendedResourceToleration,
  createPriority,
  createRuntimeClassPlugin,
  createTaintNodesByCondition,
} from './pod-defaults.ts'
import { objectsOf, review, type Stored, type Write } from './testing.ts'

const pod = (spec: object, metadata: object = { name: 'p' }) => ({ metadata, spec: { containers: [], ...spec } })
const specOf = async (plugin: AdmissionPlugin, write: Write) => {
  const { answer, object } = await review(plugin, write)
  return answer === 'allowed' ? (object as unknown as { spec: Record<string, unknown> }).spec : answer
}
const no = (why: string, name = 'p') => `403 pods "${name}" is forbidden: ${why}`

describe('DefaultTolerationSeconds', () => {
  const notReady = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }
  const unreachable = { ...notReady, key: 'node.kubernetes.io/unreachable' }
  test.each<[string, readonly object[], readonly object[]]>([
    ['none', [], [notReady, unreachable]],
    ['another', [{ key: 'a' }], [{ key: 'a' }, notReady, unreachable]],
    [
      'one of both for ever',
      [{ key: notReady.key, operator: 'Exists', effect: 'NoExecute' }],
      [{ key: notReady.key, operator: 'Exists', effect: 'NoExecute' }, unreachable],
    ],
    [
      'one of both against scheduling only',
      [{ key: notReady.key, effect: 'NoSchedule' }],
      [{ key: notReady.key, effect: 'NoSchedule' }, notReady, unreachable],
    ],
    ['one of both with any effect', [{ key: notReady.key }], [{ key: notReady.key }, unreachable]],
    ['everything', [{ operator: 'Exists' }], [{ operator: 'Exists' }]],
    ['everything that drives away', [{ operator: 'Exists', effect: 'NoExecute' }], [{ operator: 'Exists', effect: 'NoExecute' }]],
  ])('a pod that tolerates %s', async (_name, tolerations, expected) => {
    expect(await specOf(createDefaultTolerationSeconds(), { resource: 'pods', object: pod({ tolerations }) })).toMatchObject({
      tolerations: expected,
    })
  })
  test('takes the flags’ times', async () => {
    const spec = await specOf(createDefaultTolerationSeconds({ notReady: 5, unreachable: 6 }), { resource: 'pods', object: pod({}) })
    expect(spec).toMatchObject({ tolerations: [{ tolerationSeconds: 5 }, { tolerationSeconds: 6 }] })
  })
})

describe('TaintNodesByCondition', () => {
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
  test.each<[string, object | undefined, readonly object[]]>([
    ['no taints', undefined, [taint]],
    ['another taint', [{ key: 'a', effect: 'NoSchedule' }], [{ key: 'a', effect: 'NoSchedule' }, taint]],
    ['the taint', [taint], [taint]],
    ['the taint with another effect', [{ ...taint, effect: 'NoExecute' }], [{ ...taint, effect: 'NoExecute' }, taint]],
  ])('a new node with %s', async (_name, taints, expected) => {
    const object = { metadata: { name: 'n' }, spec: { ...(taints ? { taints } : {}) } }
    expect(await specOf(createTaintNodesByCondition(), { resource: 'nodes', object })).toEqual({ taints: expected })
  })
  test('a node that is there is left alone', async () => {
    const object = { metadata: { name: 'n' }, spec: {} }
    expect(await specOf(createTaintNodesByCondition(), { resource: 'nodes', object, old: object })).toEqual({})
  })
})

describe('Priority', () => {
  const resource = 'priorityclasses.scheduling.k8s.io'
  const priorityClass = (name: string, value: number, more: object = {}) => ({ metadata: { name }, value, ...more })
  const high = priorityClass('high', 1000, { preemptionPolicy: 'Never' })
  const usual = priorityClass('usual', 7, { globalDefault: true })
  const preempts = 'PreemptLowerPriority'
  const mismatch = (given: number, computed: number) =>
    no(
      `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${computed} from the given PriorityClass name`,
    )
  test.each<[string, readonly { metadata: object }[], object, object | string]>([
    ['no class', [], {}, { priority: 0, preemptionPolicy: preempts }],
    ['the default', [usual, high], {}, { priorityClassName: 'usual', priority: 7, preemptionPolicy: preempts }],
    ['the lower of two defaults', [usual, priorityClass('low', 3, { globalDefault: true })], {}, { priorityClassName: 'low', priority: 3 }],
    ['a class', [high], { priorityClassName: 'high' }, { priority: 1000, preemptionPolicy: 'Never' }],
    ['an unknown class', [], { priorityClassName: 'x' }, no('no PriorityClass with name x was found')],
    ['its own number', [high], { priorityClassName: 'high', priority: 5 }, mismatch(5, 1000)],
    ['a number without a class', [], { priority: 5 }, mismatch(5, 0)],
    ['the class’s number', [high], { priorityClassName: 'high', priority: 1000 }, { priority: 1000 }],
    [
      'another policy',
      [high],
      { priorityClassName: 'high', preemptionPolicy: preempts },
      no(
        'the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec; priority admission controller computed Never from the given PriorityClass name',
      ),
    ],
  ])('a pod of %s', async (_name, classes, spec, expected) => {
    const found = await specOf(createPriority(objectsOf({ [resource]: classes })), { resource: 'pods', object: pod(spec) })
    if (typeof expected === 'string') expect(found).toBe(expected)
    else expect(found).toMatchObject(expected)
  })
  test('a pod without a name is called by what its name begins with', async () => {
    const object = pod({ priorityClassName: 'x' }, { generateName: 'p-' })
    expect(await specOf(createPriority(objectsOf({})), { resource: 'pods', object })).toBe(
      no('no PriorityClass with name x was found', 'p-'),
    )
  })
  test('an update that leaves them out keeps them', async () => {
    const old = pod({ priority: 5, preemptionPolicy: 'Never' })
    const found = await specOf(createPriority(objectsOf({})), { resource: 'pods', object: pod({}), old })
    expect(found).toMatchObject({ priority: 5, preemptionPolicy: 'Never' })
  })
  const one =
    '403 priorityclasses.scheduling.k8s.io "p" is forbidden: PriorityClass usual is already marked as default. Only one default can exist'
  test.each<[string, readonly { metadata: object }[], object, object | undefined, string]>([
    ['a first default', [], priorityClass('p', 1, { globalDefault: true }), undefined, 'allowed'],
    ['a second default', [usual], priorityClass('p', 1, { globalDefault: true }), undefined, one],
    ['another class', [usual], priorityClass('p', 1), undefined, 'allowed'],
    ['an update to a second default', [usual], priorityClass('p', 1, { globalDefault: true }), priorityClass('p', 1), one],
    ['an update of the default', [usual], usual, usual, 'allowed'],
  ])('%s', async (_name, classes, object, old, answer) => {
    const write = { resource, object, ...(old ? { old } : {}) }
    expect((await review(createPriority(objectsOf({ [resource]: classes })), write)).answer).toBe(answer)
  })
})

describe('RuntimeClass', () => {
  const stored: Stored = {
    'runtimeclasses.node.k8s.io': [
      { metadata: { name: 'plain' } },
      {
        metadata: { name: 'heavy' },
        overhead: { podFixed: { cpu: '100m' } },
        scheduling: { nodeSelector: { a: 'b' }, tolerations: [{ key: 'k', operator: 'Exists' }] },
      } as { metadata: object },
    ],
  }
  const heavy = { overhead: { cpu: '100m' }, nodeSelector: { a: 'b' }, tolerations: [{ key: 'k', operator: 'Exists' }] }
  const rejected = (why: string) => no(`pod rejected: ${why}`)
  test.each<[string, object, object | string]>([
    ['none', {}, {}],
    ['a plain one', { runtimeClassName: 'plain' }, {}],
    ['an unknown one', { runtimeClassName: 'x' }, rejected('RuntimeClass "x" not found')],
    ['one with overhead, selector and tolerations', { runtimeClassName: 'heavy' }, heavy],
    ['one whose overhead it names', { runtimeClassName: 'heavy', overhead: { cpu: '100m' } }, heavy],
    [
      'one with another overhead',
      { runtimeClassName: 'heavy', overhead: { cpu: '1' } },
      rejected("Pod's Overhead doesn't match RuntimeClass's defined Overhead"),
    ],
    ['none, but an overhead', { overhead: { cpu: '1' } }, rejected('Pod Overhead set without corresponding RuntimeClass defined Overhead')],
    [
      'a plain one, and an overhead',
      { runtimeClassName: 'plain', overhead: { cpu: '1' } },
      rejected('Pod Overhead set without corresponding RuntimeClass defined Overhead'),
    ],
    ['one whose selector it shares', { runtimeClassName: 'heavy', nodeSelector: { a: 'b', c: 'd' } }, { nodeSelector: { a: 'b', c: 'd' } }],
    [
      'one with another selector',
      { runtimeClassName: 'heavy', nodeSelector: { a: 'c' } },
      no('conflict: runtimeClass.scheduling.nodeSelector[a] = b; pod.spec.nodeSelector[a] = c'),
    ],
    [
      'one whose toleration covers its own',
      { runtimeClassName: 'heavy', tolerations: [{ key: 'k', operator: 'Equal', value: 'v' }] },
      { tolerations: [{ key: 'k', operator: 'Exists' }] },
    ],
  ])('a pod of %s', async (_name, spec, expected) => {
    const found = await specOf(createRuntimeClassPlugin(objectsOf(stored)), { resource: 'pods', object: pod(spec) })
    if (typeof expected === 'string') expect(found).toBe(expected)
    else expect(found).toMatchObject(expected)
  })
})

describe('AlwaysPullImages', () => {
  const container = (image: string, imagePullPolicy?: string) => ({ name: 'a', image, ...(imagePullPolicy ? { imagePullPolicy } : {}) })
  const all = (image: string, policy?: string) => ({
    containers: [container(image, policy)],
    initContainers: [container(image, policy)],
    ephemeralContainers: [container(image, policy)],
  })
  test.each<[string, Write, object | string]>([
    ['a new pod', { resource: 'pods', object: pod(all('i', 'Never')) }, all('i', 'Always')],
    ['a new pod that says nothing', { resource: 'pods', object: pod(all('i')) }, all('i', 'Always')],
    ['a new image', { resource: 'pods', object: pod(all('i:2', 'Never')), old: pod(all('i:1')) }, all('i:2', 'Always')],
    ['a debugger', { resource: 'pods/ephemeralcontainers', object: pod(all('i:2')), old: pod(all('i:1')) }, all('i:2', 'Always')],
    [
      'an update without a new image, which only holds where nothing else is pulled',
      { resource: 'pods', object: pod(all('i', 'Never')), old: pod(all('i')) },
      no('spec.initContainers[0].imagePullPolicy: Unsupported value: "Never": supported values: "Always"'),
    ],
    ['a status', { resource: 'pods/status', object: pod(all('i', 'Never')), old: pod(all('j')) }, all('i', 'Never')],
    [
      'an image as a volume',
      {
        resource: 'pods',
        object: pod({
          volumes: [
            { name: 'v', image: { reference: 'i', pullPolicy: 'Never' } },
            { name: 'e', emptyDir: {} },
          ],
        }),
      },
      {
        volumes: [
          { name: 'v', image: { reference: 'i', pullPolicy: 'Always' } },
          { name: 'e', emptyDir: {} },
        ],
      },
    ],
  ])('%s', async (_name, write, expected) => {
    const found = await specOf(createAlwaysPullImages(), write)
    if (typeof expected === 'string') expect(found).toBe(expected)
    else expect(found).toMatchObject(expected)
  })
})

describe('ExtendedResourceToleration', () => {
  const needs = (requests: object) => [{ name: 'a', resources: { requests } }]
  const gpu = { key: 'x.com/gpu', operator: 'Exists' }
  test.each<[string, object, readonly object[] | undefined]>([
    ['cores', { containers: needs({ cpu: '1' }) }, undefined],
    ['huge pages', { containers: needs({ 'hugepages-2Mi': '1' }) }, undefined],
    ['what is Kubernetes’ own', { containers: needs({ 'kubernetes.io/x': '1' }) }, undefined],
    ['a device', { containers: needs({ 'x.com/gpu': '1' }) }, [gpu]],
    [
      'two devices',
      { containers: needs({ 'y.com/a': '1' }), initContainers: needs({ 'x.com/gpu': '1' }) },
      [gpu, { key: 'y.com/a', operator: 'Exists' }],
    ],
    ['a device that is tolerated', { containers: needs({ 'x.com/gpu': '1' }), tolerations: [gpu] }, [gpu]],
    [
      'a device that is tolerated for scheduling',
      { containers: needs({ 'x.com/gpu': '1' }), tolerations: [{ ...gpu, effect: 'NoSchedule' }] },
      [{ ...gpu, effect: 'NoSchedule' }, gpu],
    ],
  ])('a pod that asks for %s', async (_name, spec, tolerations) => {
    for (const old of [undefined, pod({})]) {
      const found = await specOf(createExtendedResourceToleration(), { resource: 'pods', object: pod(spec), ...(old ? { old } : {}) })
      expect((found as { tolerations?: object }).tolerations).toEqual(tolerations)
    }
  })
})
