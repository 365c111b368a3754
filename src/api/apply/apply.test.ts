import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StatusError } from '../errors.ts'
import { typeById } from '../registry.ts'
import type { Json } from '../shape.ts'
import {
  type ApplyOptions,
  apply,
  type ManagedFieldsEntry,
  managerOfUserAgent,
  parentManagedFields,
  scaleManagedFields,
  updateManagedFields,
} from './field-manager.ts'
import { difference, type FieldSet, intersection, isEmpty, parseFieldSet, paths, union } from './field-set.ts'
import { schemaFromOpenApi, schemaOf } from './schema.ts'

type Stored = Json & { metadata: { managedFields?: readonly ManagedFieldsEntry[]; annotations?: Record<string, string> } }
const options = (type: string, manager: string, more: Partial<ApplyOptions> = {}): ApplyOptions => {
  const [group, version] = type.split('.') as [string, string]
  return {
    manager,
    apiVersion: group === 'core' ? version : `${group}/${version}`,
    schema: schemaOf(typeById(type)),
    now: 0,
    force: false,
    ...more,
  }
}
const configMap = (data?: Json, more: Json = {}) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', ...more }, ...(data ? { data } : {}) }) as Stored
const run = (live: Stored | undefined, config: Json, manager: string, more: Partial<ApplyOptions> = {}, type = 'core.v1.ConfigMap') =>
  apply(live, config, options(type, manager, more)).object as Stored
const owners = (object: Stored) => object.metadata.managedFields?.map((e) => [e.manager, e.operation, e.fieldsV1]) ?? []
const failure = (action: () => unknown): StatusError => {
  try {
    action()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new Error('it was expected to fail')
}
const podSpec = (podSpec: Json) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: podSpec }) as unknown as Stored

describe('field sets', () => {
  const elements = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:1')
  const { set } = fc.letrec<{ set: FieldSet }>((tie) => ({
    set: fc
      .dictionary(fc.oneof(elements, fc.constant('.')), fc.oneof({ maxDepth: 3 }, fc.constant({}), tie('set')))
      .map((s) => parseFieldSet(s) as FieldSet),
  }))
  test('union, difference and intersection are those of the paths', () =>
    fc.assert(
      fc.property(set, set, (a, b) => {
        const [pa, pb] = [new Set(paths(a)), new Set(paths(b))]
        expect(new Set(paths(union(a, b)))).toEqual(pa.union(pb))
        expect(new Set(paths(difference(a, b)))).toEqual(pa.difference(pb))
        expect(new Set(paths(intersection(a, b)))).toEqual(pa.intersection(pb))
        expect(isEmpty(difference(a, a))).toBe(true)
      }),
    ))
  test.each<[unknown, unknown]>([
    [
      { 'f:b': {}, 'f:a': { '.': {} } },
      { 'f:a': {}, 'f:b': {} },
    ],
    [{ 'k:{"b":1,"a":2}': {} }, { 'k:{"a":2,"b":1}': {} }],
    [{ 'x:a': {} }, undefined],
    [{ 'k:{': {} }, undefined],
    [{ 'f:a': [] }, undefined],
  ])('%j from a client becomes %j', (sent, canonical) => expect(parseFieldSet(sent)).toEqual(canonical))
})

describe('the fields of a creation', () => {
  test('maps and optional structs have their own mark, required ones only their parts', () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', uid: 'u', generateName: 'd-', labels: { app: 'd' } },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'd' } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } },
        template: {
          metadata: { labels: { app: 'd' } },
          spec: {
            containers: [
              {
                name: 'main',
                image: 'a',
                resources: {},
                ports: [{ protocol: 'TCP', containerPort: 80 }],
                env: [{ name: 'B', value: '1' }],
              },
            ],
            securityContext: {},
          },
        },
      },
      status: {},
    }
    const made = updateManagedFields(undefined, deployment as unknown as Stored, options('apps.v1.Deployment', 'm'))
    expect(made.metadata.managedFields).toEqual([
      {
        manager: 'm',
        operation: 'Update',
        apiVersion: 'apps/v1',
        time: '1970-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:generateName': {}, 'f:labels': { '.': {}, 'f:app': {} } },
          'f:spec': {
            'f:replicas': {},
            'f:selector': {},
            'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {} }, 'f:type': {} },
            'f:template': {
              'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
              'f:spec': {
                'f:containers': {
                  'k:{"name":"main"}': {
                    '.': {},
                    'f:env': { '.': {}, 'k:{"name":"B"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
                    'f:image': {},
                    'f:name': {},
                    'f:ports': { '.': {}, 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} } },
                    'f:resources': {},
                  },
                },
                'f:securityContext': {},
              },
            },
          },
        },
      },
    ])
  })
  test('a field may be owned part by part though its type is one thing', () => {
    const volume = { metadata: { name: 'v' }, spec: { claimRef: { namespace: 'n', name: 'c' } } } as unknown as Stored
    const made = updateManagedFields(undefined, volume, options('core.v1.PersistentVolume', 'm'))
    expect(owners(made)[0]?.[2]).toEqual({ 'f:spec': { 'f:claimRef': { '.': {}, 'f:name': {}, 'f:namespace': {} } } })
  })
  test('a list of plain values', () => {
    const made = updateManagedFields(undefined, configMap(undefined, { finalizers: ['b', 'a'] }), options('core.v1.ConfigMap', ''))
    expect(owners(made)).toEqual([['unknown', 'Update', { 'f:metadata': { 'f:finalizers': { '.': {}, 'v:"a"': {}, 'v:"b"': {} } } }]])
  })
})

describe('the fields of an update', () => {
  const live = updateManagedFields(undefined, configMap({ k: '1', m: '1' }), options('core.v1.ConfigMap', 'maker'))
  const update = (next: Stored, manager = 'other', more: Partial<ApplyOptions> = {}) =>
    updateManagedFields(live, next, options('core.v1.ConfigMap', manager, { now: 1000, ...more }))
  const managed = { managedFields: live.metadata.managedFields }
  test('what changed is taken from its owner', () =>
    expect(owners(update(configMap({ k: '2', m: '1' }, managed)))).toEqual([
      ['maker', 'Update', { 'f:data': { '.': {}, 'f:m': {} } }],
      ['other', 'Update', { 'f:data': { 'f:k': {} } }],
    ]))
  test('what is removed is nobody’s', () =>
    expect(owners(update(configMap({ k: '1' })))).toEqual([['maker', 'Update', { 'f:data': { '.': {}, 'f:k': {} } }]]))
  test('the same manager keeps one entry, with the new time', () => {
    const entries = update(configMap({ k: '2', m: '1' }), 'maker').metadata.managedFields
    expect(entries).toHaveLength(1)
    expect(entries?.[0]).toMatchObject({ time: '1970-01-01T00:00:01Z', fieldsV1: { 'f:data': { '.': {}, 'f:k': {}, 'f:m': {} } } })
  })
  test('a write that changes nothing leaves the very entries', () =>
    expect(update(configMap({ m: '1', k: '1' })).metadata.managedFields).toBe(live.metadata.managedFields))
  test('one empty entry clears them, and they stay away', () => {
    const cleared = update(configMap({ k: '2' }, { managedFields: [{}] }))
    expect(cleared.metadata.managedFields).toBeUndefined()
    const after = updateManagedFields(configMap({ k: '2' }, { uid: 'u' }), configMap({ k: '3' }), options('core.v1.ConfigMap', 'x'))
    expect(after.metadata.managedFields).toBeUndefined()
  })
  test('entries that are none are ignored', () =>
    expect(
      owners(update(configMap({ k: '1', m: '1' }, { managedFields: [{ manager: 'x', operation: 'Frob', apiVersion: 'v1' }] }))),
    ).toEqual(owners(live)))
  test('a subresource has an entry of its own and leaves the rest', () => {
    const service = (status: Json) =>
      ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { type: 'ClusterIP' }, status }) as unknown as Stored
    const made = updateManagedFields(undefined, service({}), options('core.v1.Service', 'm', { resetFields: ['status'] }))
    const next = { ...service({ loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } }), spec: { type: 'Other' } }
    const after = updateManagedFields(
      made,
      next,
      options('core.v1.Service', 'ctl', { resetFields: ['spec'], subresource: 'status', now: 1000 }),
    )
    expect(after.metadata.managedFields?.map((e) => [e.manager, e.subresource, e.fieldsV1])).toEqual([
      ['m', undefined, { 'f:spec': { 'f:type': {} } }],
      ['ctl', 'status', { 'f:status': { 'f:loadBalancer': { 'f:ingress': {} } } }],
    ])
  })
  test('the oldest of more than ten updaters become one', () => {
    let object = live
    for (let i = 0; i < 14; i++)
      object = updateManagedFields(
        object,
        configMap({ ...(object['data'] as Json), [`x${i}`]: '1' }),
        options('core.v1.ConfigMap', `m${i}`, { now: 1000 * (i + 1) }),
      )
    const entries = object.metadata.managedFields ?? []
    expect(entries).toHaveLength(10)
    expect(entries[0]).toMatchObject({ manager: 'ancient-changes', fieldsV1: { 'f:data': { 'f:k': {}, 'f:x4': {} } } })
  })
})

describe('apply', () => {
  test('create, change, give up, nothing left', () => {
    const one = run(undefined, configMap({ k: '1' }), 'one')
    expect(owners(one)).toEqual([['one', 'Apply', { 'f:data': { 'f:k': {} } }]])
    const two = run(one, configMap({ k: '2', m: '3' }), 'one', { now: 5000 })
    expect(two['data']).toEqual({ k: '2', m: '3' })
    const three = run(two, configMap({ m: '3' }), 'one')
    expect(three['data']).toEqual({ m: '3' })
    const four = run(three, configMap(), 'one')
    expect(four['data']).toBeUndefined()
    expect(four.metadata.managedFields).toBeUndefined()
  })
  test('the same again changes nothing, not even the time', () => {
    const one = run(undefined, configMap({ k: '1' }), 'one')
    const again = apply(one, configMap({ k: '1' }), options('core.v1.ConfigMap', 'one', { now: 5000 }))
    expect(again.changed).toBe(false)
    expect(again.object).toEqual(one)
  })
  test('two may own a field as long as they agree; the last to give it up removes it', () => {
    const one = run(undefined, configMap({ k: '1', m: '1' }), 'one')
    const both = run(one, configMap({ k: '1' }), 'two')
    expect(owners(both).map(([m]) => m)).toEqual(['one', 'two'])
    expect(both.metadata.managedFields?.[1]?.time).toBeUndefined() // it changed nothing
    const left = run(both, configMap({ m: '1' }), 'one')
    expect(left['data']).toEqual({ k: '1', m: '1' })
    expect(run(left, configMap(), 'two')['data']).toEqual({ m: '1' })
  })
  test('conflicts name the manager and every field; force takes them', () => {
    const live = updateManagedFields(undefined, configMap({ k: '1', m: '1' }), options('core.v1.ConfigMap', 'maker'))
    const one = failure(() => run(live, configMap({ k: '2' }), 'one'))
    expect(one.status).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "maker" using v1: .data.k',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "maker" using v1', field: '.data.k' }] },
    })
    expect(failure(() => run(live, configMap({ k: '2', m: '2' }), 'one')).message).toBe(
      'Apply failed with 2 conflicts: conflicts with "maker" using v1:\n- .data.k\n- .data.m',
    )
    expect(owners(run(live, configMap({ k: '2', m: '2' }), 'one', { force: true }))).toEqual([
      ['one', 'Apply', { 'f:data': { 'f:k': {}, 'f:m': {} } }],
      ['maker', 'Update', { 'f:data': {} }],
    ])
  })
  test('list items by key: each manager has its own, paths are upstream’s', () => {
    const container = (env: Json[]) => podSpec({ containers: [{ name: 'main', image: 'a', env }] })
    const one = run(undefined, container([{ name: 'A', value: '1' }]), 'one', {}, 'core.v1.Pod')
    const two = run(one, container([{ name: 'C', value: '3' }]), 'two', {}, 'core.v1.Pod')
    expect(two['spec']).toEqual({
      containers: [
        {
          name: 'main',
          image: 'a',
          env: [
            { name: 'A', value: '1' },
            { name: 'C', value: '3' },
          ],
        },
      ],
    })
    expect(failure(() => run(two, container([{ name: 'C', value: '9' }]), 'one', {}, 'core.v1.Pod')).message).toBe(
      'Apply failed with 1 conflict: conflict with "two": .spec.containers[name="main"].env[name="C"].value',
    )
    expect(run(two, container([]), 'one', {}, 'core.v1.Pod')['spec']).toEqual({
      containers: [{ name: 'main', image: 'a', env: [{ name: 'C', value: '3' }] }],
    })
  })
  test('atomic lists are one value', () => {
    const args = (list: string[]) => podSpec({ containers: [{ name: 'main', args: list }] })
    const one = run(undefined, args(['1', '2']), 'one', {}, 'core.v1.Pod')
    expect(failure(() => run(one, args(['1']), 'two', {}, 'core.v1.Pod')).message).toContain('.spec.containers[name="main"].args')
  })
  test('the key that an item leaves out has its default', () => {
    const port = podSpec({ containers: [{ name: 'main', ports: [{ containerPort: 80 }] }] })
    expect(JSON.stringify(owners(run(undefined, port, 'one', {}, 'core.v1.Pod')))).toContain(
      JSON.stringify('k:{"containerPort":80,"protocol":"TCP"}'),
    )
  })
  test('an object that nobody manages is first put down to before-first-apply', () => {
    const live = configMap({ k: '1' }, { uid: 'u' })
    expect(failure(() => run(live, configMap({ k: '2' }), 'two')).message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.k',
    )
  })
  test('kubectl takes over what it applied from the client side', () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
    const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: '1', gone: '1' } }
    const live = updateManagedFields(
      undefined,
      configMap({ k: '1', gone: '1' }, { annotations: { [annotation]: JSON.stringify(applied) } }),
      options('core.v1.ConfigMap', 'kubectl-client-side-apply'),
    )
    const after = run(live, configMap({ k: '2' }), 'kubectl')
    expect(after['data']).toEqual({ k: '2', gone: '1' })
    expect(after.metadata.annotations?.[annotation]).toBe(
      '{"apiVersion":"v1","data":{"k":"2"},"kind":"ConfigMap","metadata":{"name":"a"}}\n',
    )
    expect(failure(() => run(live, configMap({ k: '2' }), 'another')).code).toBe(409)
  })
  test.each<[Json, number, string]>([
    [
      { data: { k: 5 } },
      500,
      'failed to create typed patch object (/a; v1): .data.k: expected string, got &value.valueUnstructured{Value:5}',
    ],
    [{ unknown: 1 }, 500, '.unknown: field not declared in schema'],
    [{ apiVersion: 'v9' }, 400, 'invalid object type: /v9, Kind=ConfigMap'],
    [{ data: [] }, 500, '.data: expected map, got &{[]}'],
    [{ metadata: { name: 'a', managedFields: [] } }, 400, 'metadata.managedFields must be nil'],
    [{ data: { k: 1 }, unknown: 1 }, 500, 'errors:\n  .data.k: expected string'],
  ])('%j is refused', (more, code, message) => {
    const error = failure(() => run(undefined, { ...configMap(), ...more }, 'one'))
    expect(error.code).toBe(code)
    expect(error.message.replace('/v1, Kind=ConfigMap', 'v1')).toContain(message)
  })
  test('duplicate items are refused', () =>
    expect(
      failure(() => run(undefined, podSpec({ containers: [{ name: 'x' }, { name: 'x' }] }), 'one', {}, 'core.v1.Pod')).message,
    ).toContain('.spec.containers: duplicate entries for key [name="x"]'))
  test('order: the configuration’s, with the others kept between', () => {
    const names = (list: string[], image = '1') => podSpec({ containers: list.map((name) => ({ name, image })) })
    const merged = (live: string[], config: string[]) => {
      const object = run(names(live), names(config, '2'), 'one', { force: true }, 'core.v1.Pod')
      return (object['spec'] as { containers: { name: string }[] }).containers.map((c) => c.name).join('')
    }
    expect(merged(['a', 'b', 'c'], ['a', 'b', 'c'])).toBe('abc')
    expect(merged(['a', 'x', 'c'], ['a', 'b', 'c'])).toBe('axbc')
    expect(merged(['a', 'b', 'c'], ['c', 'a'])).toBe('bca')
    expect(merged(['a', 'b'], ['c'])).toBe('abc')
  })
  test('custom resources: by their schema, and deduced without one', () => {
    const schema = schemaFromOpenApi(
      {
        type: 'object',
        properties: {
          spec: {
            type: 'object',
            properties: {
              list: {
                type: 'array',
                'x-kubernetes-list-type': 'map',
                'x-kubernetes-list-map-keys': ['id'],
                items: { type: 'object', properties: { id: { type: 'string' }, v: { type: 'integer' } } },
              },
              free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
      typeById('meta.v1.ObjectMeta'),
    )
    const custom = (spec: Json) => ({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, spec }) as unknown as Stored
    const result = apply<Stored>(undefined, custom({ list: [{ id: 'x', v: 1 }], free: { a: { b: [1] } } }), {
      ...options('core.v1.Pod', 'one'),
      schema,
      apiVersion: 'example.com/v1',
    })
    expect(owners(result.object)[0]?.[2]).toEqual({
      'f:spec': { 'f:free': { 'f:a': { '.': {}, 'f:b': {} } }, 'f:list': { 'k:{"id":"x"}': { '.': {}, 'f:id': {}, 'f:v': {} } } },
    })
  })
  test('replicas through scale', () => {
    const parent: ManagedFieldsEntry[] = [
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:selector': {} } },
      },
    ]
    const scale = scaleManagedFields(parent, 'autoscaling/v1')
    expect(scale).toMatchObject([{ apiVersion: 'autoscaling/v1', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }])
    const entry: ManagedFieldsEntry = {
      manager: 's',
      operation: 'Update',
      apiVersion: 'autoscaling/v1',
      subresource: 'scale',
      time: 'now',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    }
    expect(parentManagedFields(parent, [entry], 'apps/v1')).toEqual([
      { ...parent[0], fieldsV1: { 'f:spec': { 'f:selector': {} } } },
      { ...entry, apiVersion: 'apps/v1', time: undefined },
    ])
    expect(parentManagedFields(parent, scale, 'apps/v1')).toEqual(parent)
  })
  test('managers from user agents', () => {
    expect(managerOfUserAgent('kubectl/v1.32.0 (linux)')).toBe('kubectl')
    expect(managerOfUserAgent(`a\u0007b${'x'.repeat(200)}`)).toHaveLength(128)
    expect(managerOfUserAgent(undefined)).toBe('')
  })

  const config = fc
    .record({
      data: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2')),
      finalizers: fc.uniqueArray(fc.constantFrom('x/1', 'x/2')),
    })
    .map(({ data, finalizers }) => configMap(data, finalizers.length > 0 ? { finalizers } : {}))
  test('what is applied is there, applying it again changes nothing, and what the only applier drops is gone', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('one', 'two'), config), { minLength: 1, maxLength: 5 }), (steps) => {
        let object: Stored | undefined
        const latest = new Map<string, Stored>()
        for (const [manager, wanted] of steps) {
          object = run(object, wanted, manager, { force: true })
          latest.set(manager, wanted)
          for (const [key, value] of Object.entries(wanted['data'] as Json)) expect((object['data'] as Json)[key]).toBe(value)
          const again = apply(object, wanted, options('core.v1.ConfigMap', manager))
          if (Object.keys(wanted['data'] as Json).length > 0) expect(again.changed).toBe(false)
          const named = new Set([...latest.values()].flatMap((c) => Object.keys(c['data'] as Json)))
          expect(named.isSupersetOf(new Set(Object.keys((object['data'] ?? {}) as Json)))).toBe(true)
        }
      }),
    ))
})
