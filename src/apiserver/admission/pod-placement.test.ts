import { describe, expect, test } from 'vitest'
import { StatusError } from '../../api/errors.ts'
import {
  createPodNodeSelector,
  createPodTolerationRestriction,
  createPodTopologyLabels,
  parseNodeSelectors,
  type TolerationConfiguration,
} from './pod-placement.ts'
import { objectsOf, review } from './testing.ts'

const namespace = (annotations: Record<string, string> = {}) => ({ namespaces: [{ metadata: { name: 'ns', annotations } }] })

describe('PodNodeSelector', () => {
  const annotation = 'scheduler.alpha.kubernetes.io/node-selector'
  const conflict = '403 pods "p" is forbidden: pod node label selector conflicts with its namespace node label selector'
  const notAllowed = '403 pods "p" is forbidden: pod node label selector labels conflict with its namespace whitelist'
  test.each<[string, Record<string, string>, Record<string, string>, Record<string, string> | undefined, string, object | undefined]>([
    ['nothing said', {}, {}, { a: 'b' }, 'allowed', { a: 'b' }],
    ['nothing said of a pod that selects nothing', {}, {}, undefined, 'allowed', undefined],
    ['the namespace’s added', { [annotation]: 'env=test' }, {}, undefined, 'allowed', { env: 'test' }],
    ['the namespace’s beside the pod’s own', { [annotation]: 'env=test,x=y' }, {}, { a: 'b' }, 'allowed', { env: 'test', x: 'y', a: 'b' }],
    ['the same value', { [annotation]: 'env=test' }, {}, { env: 'test' }, 'allowed', { env: 'test' }],
    ['another value', { [annotation]: 'env=test' }, {}, { env: 'prod' }, conflict, undefined],
    ['the cluster’s default', {}, { clusterDefaultNodeSelector: 'env=dev' }, undefined, 'allowed', { env: 'dev' }],
    ['an empty annotation instead of it', { [annotation]: '' }, { clusterDefaultNodeSelector: 'env=dev' }, undefined, 'allowed', undefined],
    ['what the whitelist has', {}, { ns: 'env=dev,a=b' }, { a: 'b' }, 'allowed', { a: 'b' }],
    ['what it has not', {}, { ns: 'env=dev' }, { a: 'b' }, notAllowed, undefined],
    ['its key with another value', {}, { ns: 'env=dev' }, { env: 'test' }, notAllowed, undefined],
    ['the namespace’s own outside of it', { [annotation]: 'env=test' }, { ns: 'env=dev' }, undefined, notAllowed, undefined],
    ['a broken annotation', { [annotation]: 'env' }, {}, undefined, '500 invalid selector: env', undefined],
  ])('%s', async (_name, annotations, config, nodeSelector, answer, selected) => {
    const plugin = createPodNodeSelector(objectsOf(namespace(annotations)), parseNodeSelectors({ podNodeSelectorPluginConfig: config }))
    const object = { metadata: { name: 'p' }, spec: { containers: [], ...(nodeSelector ? { nodeSelector } : {}) } }
    const outcome = await review(plugin, { resource: 'pods', object })
    expect(outcome.answer).toBe(answer)
    if (answer === 'allowed') expect((outcome.object as unknown as typeof object).spec.nodeSelector).toEqual(selected)
  })
  test('no namespace', async () => {
    const write = { resource: 'pods', object: { metadata: { name: 'p' }, spec: {} } }
    expect((await review(createPodNodeSelector(objectsOf({}), {}), write)).answer).toBe('404 namespaces "ns" not found')
  })
  test('a configuration that is wrong stops the start', () => {
    expect(() => parseNodeSelectors({ podNodeSelectorPluginConfig: { ns: 'a in (b)' } })).toThrow(StatusError)
  })
})

describe('PodTolerationRestriction', () => {
  const defaults = 'scheduler.alpha.kubernetes.io/defaultTolerations'
  const whitelist = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist'
  const exists = { key: 'k', operator: 'Exists', effect: 'NoSchedule' } as const
  const equal = { key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' } as const
  const anything = { operator: 'Exists' } as const
  const evict = (tolerationSeconds: number) => ({ key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds }) as const
  const pressure = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' }
  const text = (...list: object[]) => JSON.stringify(list)
  const refusal = (scope: string) =>
    `500 pod tolerations (possibly merged with ${scope} default tolerations) conflict with its ${scope} whitelist`
  test.each<[string, Record<string, string>, TolerationConfiguration, readonly object[], readonly object[] | string]>([
    ['nothing said', {}, {}, [equal], [equal]],
    ['the namespace’s added', { [defaults]: text(exists) }, {}, [evict(5)], [evict(5), exists]],
    ['a wider one in place of the pod’s', { [defaults]: text(exists) }, {}, [equal], [exists]],
    ['a narrower one not added', { [defaults]: text(equal) }, {}, [exists], [exists]],
    ['an equal one once', { [defaults]: text(equal, equal) }, {}, [equal], [equal]],
    ['the cluster’s', {}, { default: [equal] }, [], [equal]],
    ['none instead of the cluster’s', { [defaults]: text() }, { default: [equal] }, [], []],
    ['what is allowed', { [whitelist]: text(exists) }, {}, [equal], [equal]],
    ['everything allowed', { [whitelist]: text(anything) }, {}, [equal, evict(9)], [equal, evict(9)]],
    ['more than is allowed', { [whitelist]: text(equal) }, {}, [exists], refusal('namespace')],
    ['longer than is allowed', { [whitelist]: text(evict(5)) }, {}, [evict(6)], refusal('namespace')],
    ['no longer than is allowed', { [whitelist]: text(evict(5)) }, {}, [evict(4)], [evict(4)]],
    ['a default that is not allowed', { [defaults]: text(equal), [whitelist]: text(evict(5)) }, {}, [], refusal('namespace')],
    ['more than the cluster allows', {}, { whitelist: [equal] }, [exists], refusal('cluster')],
    ['an empty list, which allows all', { [whitelist]: text() }, { whitelist: [equal] }, [exists], [exists]],
  ])('%s', async (_name, annotations, cluster, tolerations, expected) => {
    const plugin = createPodTolerationRestriction(objectsOf(namespace(annotations)), cluster)
    const outcome = await review(plugin, { resource: 'pods', object: { metadata: { name: 'p' }, spec: { containers: [], tolerations } } })
    if (typeof expected === 'string') expect(outcome.answer).toBe(expected)
    else expect((outcome.object as unknown as { spec: object }).spec).toMatchObject({ tolerations: expected })
  })
  test('pods that reserve something stay on a node short of memory', async () => {
    const object = { metadata: { name: 'p' }, spec: { containers: [{ name: 'a', resources: { requests: { cpu: '1' } } }] } }
    const plugin = createPodTolerationRestriction(objectsOf(namespace({ [defaults]: text(equal) })), {})
    const made = await review(plugin, { resource: 'pods', object })
    expect(made.object).toMatchObject({ spec: { tolerations: [equal, pressure] } })
    // An update gets no defaults.
    expect((await review(plugin, { resource: 'pods', object, old: object })).object).toMatchObject({ spec: { tolerations: [pressure] } })
  })
})

describe('PodTopologyLabels', () => {
  const zone = 'topology.kubernetes.io/zone'
  const plugin = createPodTopologyLabels(objectsOf({ nodes: [{ metadata: { name: 'n', labels: { [zone]: 'z', other: 'x' } } }] }))
  test.each([
    ['a binding', 'pods/binding', { metadata: {}, target: { kind: 'Node', name: 'n' } }, { [zone]: 'z' }],
    [
      'a binding with its own',
      'pods/binding',
      { metadata: { labels: { [zone]: 'y' } }, target: { kind: 'Node', name: 'n' } },
      { [zone]: 'y' },
    ],
    ['a binding to a node that is not there', 'pods/binding', { metadata: {}, target: { kind: 'Node', name: 'm' } }, undefined],
    ['a binding to something else', 'pods/binding', { metadata: {}, target: { name: 'n' } }, undefined],
    ['a pod that names its node', 'pods', { metadata: { labels: { a: 'b' } }, spec: { nodeName: 'n' } }, { [zone]: 'z', a: 'b' }],
    ['a pod that waits for one', 'pods', { metadata: {}, spec: {} }, undefined],
  ])('%s', async (_name, resource, object, labels) => {
    expect((await review(plugin, { resource, object })).object?.metadata.labels).toEqual(labels)
  })
})
