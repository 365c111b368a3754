/** The parts of custom resources by themselves: names, approval, versions, conversion and what a codec reads. */
import { describe, expect, test } from 'vitest'
import { isObject } from '../../api/shape.ts'
import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.ts'
import { noLog } from '../../log/log.ts'
import { createMetrics } from '../../metrics/metrics.ts'
import { createMemoryStore } from '../memory-store.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import { everythingOf } from '../rest/selection.ts'
import { type Entry, objectOf } from '../storage/entry.ts'
import { createStorage } from '../storage/storage.ts'
import type { WatchCache } from '../storage/watch-cache.ts'
import { approvalCondition } from './approval.ts'
import { withCondition } from './conditions.ts'
import { conversionWebhook, createWebhookConverter } from './conversion.ts'
import { createCustomResource } from './custom-resource.ts'
import { customResourceDefinitions } from './definitions.ts'
import { acceptNames } from './names.ts'
import { createRuleMetrics } from './rule-metrics.ts'

type Names = CustomResourceDefinition['spec']['names']

const names: Names = { plural: 'boxes', singular: 'box', kind: 'Box', listKind: 'BoxList', shortNames: ['bx'] }
const noNames: Names = { plural: '', kind: '' }
const property = { type: 'object', properties: { size: { type: 'integer' }, color: { type: 'string', default: 'brown' } } }
const version = (name: string, more: object = {}) => ({
  name,
  served: true,
  storage: name === 'v1',
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: property } } },
  ...more,
})
const definition = ({ accepted = names, ...spec }: Record<string, unknown> & { accepted?: Names } = {}): CustomResourceDefinition =>
  ({
    metadata: { name: 'boxes.example.com', uid: 'u', generation: 1 },
    spec: { group: 'example.com', scope: 'Namespaced', names, versions: [version('v1')], ...spec },
    status: { acceptedNames: accepted, conditions: [], storedVersions: ['v1'] },
  }) as unknown as CustomResourceDefinition

describe('names', () => {
  test.each<[string, Partial<Names>, string, string]>([
    ['free names', { plural: 'crates', kind: 'Crate' }, 'NoConflicts', 'no conflicts found'],
    ['a plural that is taken', { plural: 'boxes' }, 'PluralConflict', '"boxes" is already in use'],
    ['a singular that is a short name', { singular: 'bx' }, 'SingularConflict', '"bx" is already in use'],
    ['one short name', { shortNames: ['cr', 'box'] }, 'ShortNamesConflict', '"box" is already in use'],
    ['two short names', { shortNames: ['bx', 'box'] }, 'ShortNamesConflict', '["bx" is already in use, "box" is already in use]'],
    ['a kind', { kind: 'Box' }, 'KindConflict', '"Box" is already in use'],
    ['a list kind', { listKind: 'BoxList' }, 'ListKindConflict', '"BoxList" is already in use'],
  ])('%s', (_, wanted, reason, message) => {
    const asked = { plural: 'crates', singular: 'crate', kind: 'Crate', listKind: 'CrateList', ...wanted }
    const { condition } = acceptNames(definition({ names: asked, accepted: noNames }), [definition()])
    expect(condition).toEqual({ type: 'NamesAccepted', status: reason === 'NoConflicts' ? 'True' : 'False', reason, message })
  })

  test('what a definition has it keeps, and of what it asks for it gets what is free', () => {
    expect(acceptNames(definition(), [])).toMatchObject({ names, condition: { status: 'True' } })
    const asked = { plural: 'crates', singular: 'crate', kind: 'Box', categories: ['all'] }
    const { names: got } = acceptNames(definition({ names: asked, accepted: noNames }), [definition()])
    expect(got).toEqual({ plural: 'crates', singular: 'crate', kind: '', categories: ['all'] })
  })
})

test('a condition keeps its time while its status stays', () => {
  const [early, late] = [new Date(0), new Date(60_000)]
  const is = (status: string, reason = 'R') => ({ type: 'T', status, reason, message: '' })
  const first = withCondition([], is('True'), early)
  expect(withCondition(first, is('True'), late)).toBe(first)
  expect(withCondition(first, is('True', 'Other'), late)[0]).toMatchObject({ reason: 'Other', lastTransitionTime: '1970-01-01T00:00:00Z' })
  expect(withCondition(first, is('False'), late)[0]).toMatchObject({ status: 'False', lastTransitionTime: '1970-01-01T00:01:00Z' })
})

test.each([
  ['example.com', undefined, undefined],
  ['x.k8s.io', undefined, 'MissingAnnotation'],
  ['x.k8s.io', 'unapproved, for now', 'UnapprovedAnnotation'],
  ['x.kubernetes.io', 'https://github.com/kubernetes/kubernetes/pull/1', 'ApprovedAnnotation'],
  ['x.kubernetes.io', 'yes', 'InvalidAnnotation'],
])('group %s with approval %s is %s', (group, text, reason) => {
  const asked = definition({ group })
  asked.metadata.annotations = text === undefined ? {} : { 'api-approved.kubernetes.io': text }
  expect(approvalCondition(asked)?.reason).toBe(reason)
})

test('a first deletion marks a definition and holds it until its objects are gone', () => {
  const marked = customResourceDefinitions.beforeDeletion?.(definition(), new Date(0))
  const { metadata, status } = marked as CustomResourceDefinition
  expect(metadata).toMatchObject({
    deletionTimestamp: '1970-01-01T00:00:00Z',
    finalizers: ['customresourcecleanup.apiextensions.k8s.io'],
  })
  expect(status.conditions?.[0]).toMatchObject({ type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending' })
  expect(customResourceDefinitions.beforeDeletion?.({ ...definition(), metadata }, new Date(0))).toBeUndefined()
})

const post = () => Promise.reject(new Error('nobody is asked'))
const stored = (apiVersion: string, spec: object, metadata: object = { name: 'a', namespace: 'n', uid: 'u', generation: 1 }) =>
  ({ kind: 'Box', apiVersion, metadata, spec }) as unknown as ApiObject
async function served(given: CustomResourceDefinition, objects: readonly ApiObject[] = [], ask: () => Promise<unknown> = post) {
  const store = createMemoryStore()
  for (const object of objects)
    await store.create(`/registry/example.com/boxes/n/${object.metadata.name}`, Buffer.from(JSON.stringify(object)))
  const storage = createStorage(store, noLog)
  const resource = createCustomResource(given, storage, ask, createRuleMetrics(createMetrics()))
  const endpoint = (name: string) => resource.endpoints.find((e) => e.resource.version === name) as (typeof resource.endpoints)[number]
  const cache = (name: string) => endpoint(name).cache as WatchCache
  return { store, storage, resource, endpoint, cache }
}

describe('what is stored', () => {
  test('is answered byte for byte where the schema has nothing to say about it', async () => {
    const object = stored('example.com/v1', { size: 1, color: 'red' })
    const { cache } = await served(definition(), [object])
    await cache('v1').load()
    const version = '"resourceVersion":"2",'
    expect(cache('v1').get('n/a')?.bytes.toString()).toBe(JSON.stringify(object).replace('"metadata":{', `"metadata":{${version}`))
  })

  test.each([
    ['gets new defaults', { size: 1 }, { size: 1, color: 'brown' }],
    ['loses what is unknown now', { size: 1, color: 'red', old: [1] }, { size: 1, color: 'red' }],
  ])('%s', async (_, before, after) => {
    const { cache } = await served(definition(), [stored('example.com/v1', before)])
    await cache('v1').load()
    const { spec, metadata } = objectOf(cache('v1').get('n/a') as Entry) as ApiObject & { spec: object }
    expect(metadata.resourceVersion).toBe('2')
    expect(spec).toEqual(after)
  })

  test('has metadata that can be relied on', async () => {
    const odd = { name: 'a', namespace: 'n', uid: 'u', labels: { a: 1 }, finalizers: 'none', annotations: { b: 'c' } }
    const { cache } = await served(definition(), [stored('example.com/v1', {}, odd)])
    await cache('v1').load()
    const entry = cache('v1').get('n/a')
    expect(entry && objectOf(entry).metadata).toEqual({
      resourceVersion: '2',
      name: 'a',
      namespace: 'n',
      uid: 'u',
      generation: 1,
      annotations: { b: 'c' },
    })
  })

  test('is read and written by each version, in the one that is stored', async () => {
    const narrow = version('v2', {
      schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } } },
    })
    const { cache } = await served(definition({ versions: [version('v1'), narrow] }), [stored('example.com/v1', { size: 1, color: 'red' })])
    await cache('v2').load()
    const entry = cache('v2').get('n/a')
    expect(entry && objectOf(entry)).toMatchObject({ apiVersion: 'example.com/v2', spec: { size: 1 } })
    expect(JSON.parse(String(await cache('v2').codec.encode(stored('example.com/v2', { size: 2, other: 1 }))))).toMatchObject({
      apiVersion: 'example.com/v1',
      spec: { size: 2 },
    })
  })
})

test('watches end when their definition changes, those too that a request on its way begins late', async () => {
  const { storage, resource, endpoint, cache } = await served(definition())
  const old = cache('v1')
  await old.load()
  const ended: (Error | undefined)[] = []
  const begin = () =>
    old.watch(everythingOf(endpoint('v1')), old.lastChange, { events: () => undefined, end: (error) => ended.push(error) })
  begin()
  storage.drop(resource.prefix)
  expect(ended).toEqual([undefined])
  begin()
  await undefined
  expect(ended).toEqual([undefined, undefined])
  expect(storage.cache(resource.prefix, old.codec)).not.toBe(old)
})

test.each([
  [[{ name: 'v1' }], undefined],
  [[{ name: 'v1', deprecated: true }], 'example.com/v1 Box is deprecated'],
  [[{ name: 'v1', deprecated: true }, { name: 'v2' }, { name: 'v1beta1' }], 'example.com/v1 Box is deprecated; use example.com/v2 Box'],
  [[{ name: 'v1', deprecated: true, deprecationWarning: 'gone soon' }], 'gone soon'],
])('versions %j warn of v1: %s', async (versions, warning) => {
  const { endpoint } = await served(definition({ versions: versions.map(({ name, ...more }) => version(name, more)) }))
  expect(endpoint('v1').custom?.deprecation).toBe(warning)
})

describe('scale', () => {
  const scale = { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size', labelSelectorPath: '.status.selector' }
  const attributes = { warn() {} } as unknown as WriteAttributes
  const open = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  test.each([
    [{ size: 1 }, {}, []],
    [{ size: -1 }, {}, ['.spec.size: should be a non-negative integer']],
    [{ size: 2 ** 31 }, {}, ['.spec.size: should be less than or equal to 2147483647']],
    [{ size: 'x' }, {}, ['.spec.size: .spec.size accessor error: "x" is of the type string, expected int64']],
    [{}, { size: -1 }, ['.status.size: should be a non-negative integer']],
    [
      {},
      { selector: {} },
      ['.status.selector: .status.selector accessor error: {} is of the type map[string]interface {}, expected string'],
    ],
  ])('spec %j and status %j', async (spec, status, wrong) => {
    const { endpoint } = await served(definition({ versions: [version('v1', { subresources: { scale }, schema: open })] }))
    const object = { ...stored('example.com/v1', spec), status }
    const errors = endpoint('v1').strategy.validate?.(object, attributes) ?? []
    expect(errors.map(({ field, detail }) => `${field}: ${detail}`)).toEqual(wrong)
  })
})

describe('a conversion webhook', () => {
  const conversion = {
    strategy: 'Webhook',
    webhook: { clientConfig: { url: 'https://hook.example.com' }, conversionReviewVersions: ['v2', 'v1beta1', 'v1'] },
  }
  const hook = (versions = ['v1']) =>
    conversionWebhook(definition({ conversion: { ...conversion, webhook: { ...conversion.webhook, conversionReviewVersions: versions } } }))
  type Review = { request: { uid: string; objects: ApiObject[]; desiredAPIVersion: string } }
  const one = stored('example.com/v1', { size: 1 })
  const converted = (object: ApiObject = one) => ({ ...object, apiVersion: 'example.com/v2' })
  const answer = (review: Review, response: object) => ({
    kind: 'ConversionReview',
    apiVersion: 'apiextensions.k8s.io/v1',
    response: { uid: review.request.uid, result: { status: 'Success' }, convertedObjects: [converted()], ...response },
  })
  const convert = (reply: (review: Review) => unknown) =>
    createWebhookConverter(hook() as NonNullable<ReturnType<typeof hook>>, async (_, review) => reply(review as Review))(
      [one],
      'example.com/v2',
    )

  test('speaks the first version of reviews that both know', () => {
    expect(hook(['v2', 'v1beta1', 'v1'])?.reviewVersion).toBe('apiextensions.k8s.io/v1beta1')
    expect(conversionWebhook(definition())).toBeUndefined()
  })

  const failed = 'conversion webhook for example.com/v1, Kind=Box failed: '
  const invalid = 'conversion webhook for example.com/v1, Kind=Box returned invalid converted object at index 0: '
  test.each<[string, (review: Review) => unknown, string]>([
    ['no object', () => 'text', `${failed}the answer is no object`],
    [
      'another review',
      (r) => ({ ...answer(r, {}), apiVersion: 'apiextensions.k8s.io/v1beta1' }),
      `${failed}expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got apiextensions.k8s.io/v1beta1, Kind=ConversionReview`,
    ],
    ['no response', (r) => ({ ...answer(r, {}), response: undefined }), `${failed}no response provided`],
    ['a refusal', (r) => answer(r, { result: { status: 'Failed', message: 'I will not' } }), `${failed}I will not`],
    ['a refusal without words', (r) => answer(r, { result: {} }), `${failed}response.result.status was '', not 'Success'`],
    [
      'too few',
      (r) => answer(r, { convertedObjects: [] }),
      'conversion webhook for example.com/v1, Kind=Box returned 0 objects, expected 1',
    ],
    [
      'the same version',
      (r) => answer(r, { convertedObjects: [one] }),
      `${invalid}invalid groupVersion (expected example.com/v2, received example.com/v1)`,
    ],
    [
      'another uid',
      (r) => answer(r, { convertedObjects: [{ ...converted(), metadata: { ...one.metadata, uid: 'x' } }] }),
      `${invalid}must have the same UID: x != u`,
    ],
    ['null', (r) => answer(r, { convertedObjects: [null] }), `${invalid}it is no object with metadata`],
    [
      'labels that are none',
      (r) => answer(r, { convertedObjects: [{ ...converted(), metadata: { ...one.metadata, labels: { a: 1 } } }] }),
      'conversion webhook for example.com/v1, Kind=Box returned invalid metadata in object at index 0: metadata.labels of converted object must be a map of strings',
    ],
  ])('that answers %s is told of', async (_, reply, message) => {
    await expect(convert(reply)).rejects.toMatchObject({ code: 500, message })
  })

  test('that cannot be reached is told of', async () => {
    const failing = createWebhookConverter(hook() as NonNullable<ReturnType<typeof hook>>, () =>
      Promise.reject(new Error('connection refused')),
    )
    await expect(failing([one], 'example.com/v2')).rejects.toMatchObject({ message: `${failed}connection refused` })
  })

  test('changes labels and annotations and no other metadata', async () => {
    const [made] = await convert((r) =>
      answer(r, {
        convertedObjects: [{ ...converted(), metadata: { ...one.metadata, labels: { a: 'b' }, generation: 9, finalizers: ['x/y'] } }],
      }),
    )
    expect(made?.metadata).toEqual({ ...one.metadata, labels: { a: 'b' } })
  })

  test('is asked for a few hundred objects at a time, and never for those that need it not', async () => {
    const sizes: number[] = []
    const many = Array.from({ length: 1100 }, (_, i) =>
      stored(i % 11 === 0 ? 'example.com/v2' : 'example.com/v1', {}, { name: `o${i}`, uid: `${i}` }),
    )
    const converter = createWebhookConverter(hook() as NonNullable<ReturnType<typeof hook>>, async (_, given) => {
      const review = given as Review
      sizes.push(review.request.objects.length)
      return answer(review, { convertedObjects: review.request.objects.map(converted) })
    })
    const made = await converter(many, 'example.com/v2')
    expect(sizes).toEqual([500, 500])
    expect(made.map(({ metadata }) => metadata.name)).toEqual(many.map(({ metadata }) => metadata.name))
    expect(made.every((object) => isObject(object) && object['apiVersion'] === 'example.com/v2')).toBe(true)
  })

  test('holds readers of another version back until it has answered, and a fault ends watches and is tried anew', async () => {
    let reply: (review: Review) => unknown = (r) => answer(r, { convertedObjects: r.request.objects.map(converted) })
    const webhook = { ...conversion.webhook, conversionReviewVersions: ['v1'] }
    const given = definition({ conversion: { ...conversion, webhook }, versions: [version('v1'), version('v2')] })
    const { store, cache, endpoint } = await served(given, [one], (async (_: unknown, review: Review) => reply(review)) as never)
    const v2 = cache('v2')
    await v2.load()
    const events: string[] = []
    let end: (error: Error | undefined) => void = () => {}
    const ended = new Promise<Error | undefined>((done) => {
      end = done
    })
    v2.watch(everythingOf(endpoint('v2')), v2.lastChange, {
      events(batch) {
        for (const { type, entry } of batch) events.push(`${type} ${entry.key} ${objectOf(entry).apiVersion}`)
        return undefined
      },
      end,
    })
    await store.create(
      '/registry/example.com/boxes/n/b',
      Buffer.from(JSON.stringify(stored('example.com/v1', {}, { name: 'b', uid: 'b' }))),
    )
    expect(v2.get('n/b')).toBeUndefined()
    await v2.behind
    expect(v2.get('n/b') && objectOf(v2.get('n/b') as never).apiVersion).toBe('example.com/v2')
    reply = () => 'no'
    await store.create(
      '/registry/example.com/boxes/n/c',
      Buffer.from(JSON.stringify(stored('example.com/v1', {}, { name: 'c', uid: 'c' }))),
    )
    expect(await ended).toMatchObject({ message: `${failed}the answer is no object` })
    expect(events).toEqual(['ADDED n/b example.com/v2'])
    await expect(v2.load()).rejects.toMatchObject({ code: 500 })
    reply = (r) => answer(r, { convertedObjects: r.request.objects.map(converted) })
    await v2.load()
    expect(v2.size).toBe(3)
  })
})
