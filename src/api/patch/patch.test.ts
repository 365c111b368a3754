import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { typeById } from '../registry.ts'
import type { Json } from '../shape.ts'
import { applyJsonPatch } from './json-patch.ts'
import { applyMergePatch, createMergePatch, createThreeWayMergePatch as createThreeWayJson } from './merge-patch.ts'
import { createThreeWayMergePatch, createTwoWayMergePatch } from './strategic-diff.ts'
import { applyStrategicMergePatch, shapeError } from './strategic-merge-patch.ts'

/** Freezes all the way down, so that a test fails when an input is changed. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) frozen(item)
    Object.freeze(value)
  }
  return value
}

describe('JSON patch', () => {
  const document = frozen({ data: { k: 'v', m: 'n' }, list: ['a', 'b'], deep: [{ x: 1 }] })
  test.each<[string, Json[], unknown]>([
    ['add', [{ op: 'add', path: '/data/new', value: 1 }], { ...document, data: { k: 'v', m: 'n', new: 1 } }],
    ['add at an index', [{ op: 'add', path: '/list/1', value: 'x' }], { ...document, list: ['a', 'x', 'b'] }],
    ['add at the end', [{ op: 'add', path: '/list/-', value: 'x' }], { ...document, list: ['a', 'b', 'x'] }],
    ['remove', [{ op: 'remove', path: '/data/m' }], { ...document, data: { k: 'v' } }],
    ['remove the last', [{ op: 'remove', path: '/list/-1' }], { ...document, list: ['a'] }],
    ['replace in a list', [{ op: 'replace', path: '/deep/0/x', value: 2 }], { ...document, deep: [{ x: 2 }] }],
    ['replace what is not there', [{ op: 'replace', path: '/data/z', value: 1 }], { ...document, data: { k: 'v', m: 'n', z: 1 } }],
    ['replace all', [{ op: 'replace', path: '', value: {} }], {}],
    ['move', [{ op: 'move', from: '/data/k', path: '/data/z' }], { ...document, data: { m: 'n', z: 'v' } }],
    ['copy', [{ op: 'copy', from: '/data/k', path: '/data/z' }], { ...document, data: { k: 'v', m: 'n', z: 'v' } }],
    ['escapes', [{ op: 'add', path: '/data/a~1b~0c', value: 1 }], { ...document, data: { k: 'v', m: 'n', 'a/b~c': 1 } }],
    ['test of null for nothing', [{ op: 'test', path: '/data/none', value: null }], document],
    ['no leading slash', [{ op: 'add', path: 'data/k', value: 'x' }], { ...document, k: 'x' }],
    ['no value is null', [{ op: 'add', path: '/data/k' }], { ...document, data: { k: null, m: 'n' } }],
  ])('%s', (_, patch, expected) => expect(applyJsonPatch(document, patch as never)).toEqual(expected))

  test.each<[Json, RegExp]>([
    [{ op: 'frobnicate', path: '/data' }, /Unexpected kind: frobnicate/],
    [{ op: 'add', path: '/none/k', value: 1 }, /add operation does not apply: doc is missing path: "\/none\/k": missing value/],
    [{ op: 'remove', path: '/data/none' }, /Unable to remove nonexistent key: none/],
    [{ op: 'replace', path: '/none/k', value: 1 }, /replace operation does not apply: doc is missing path: "\/none\/k"/],
    [{ op: 'test', path: '/data/k', value: 'w' }, /testing value \/data\/k failed/],
    [{ op: 'add', path: '/list/7', value: 1 }, /Unable to access invalid index: 7/],
    [{ op: 'move', from: '/none', path: '/data/k' }, /missing from path/],
  ])('%j fails and changes nothing', (operation, error) => {
    expect(() => applyJsonPatch(document, [{ op: 'add', path: '/data/first', value: 1 }, operation] as never)).toThrow(error)
  })
  test('a copied part is not changed by later operations', () => {
    const patch = [
      { op: 'copy', from: '/data', path: '/other' },
      { op: 'add', path: '/other/k', value: 'changed' },
    ]
    expect(applyJsonPatch(document, patch)).toEqual({ ...document, other: { k: 'changed', m: 'n' } })
  })
  test('copies of copies are bounded', () => {
    const patch = [
      { op: 'add', path: '/a', value: ['x'.repeat(1000)] },
      ...Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' })),
    ]
    expect(() => applyJsonPatch({}, patch)).toThrow('exceeding the limit')
  })
})

describe('merge patch', () => {
  test.each<[unknown, unknown, unknown]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j', (document, patch, expected) => expect(applyMergePatch(frozen(document), frozen(patch))).toEqual(expected))

  const json = fc.object({ maxDepth: 3, values: [fc.integer(), fc.string(), fc.boolean()], withNullPrototype: false })
  test('what a made patch is applied to becomes the target', () =>
    fc.assert(fc.property(json, json, (a, b) => void expect(applyMergePatch(a, createMergePatch(a as Json, b as Json))).toEqual(b))))
  test('three ways: others’ fields stay, what is no longer applied goes', () =>
    expect(createThreeWayJson({ a: 1, gone: 1 }, { a: 2 }, { a: 1, gone: 1, other: 1 })).toEqual({ a: 2, gone: null }))
})

describe('strategic merge patch', () => {
  const deployment = typeById('apps.v1.Deployment')
  const configMap = typeById('core.v1.ConfigMap')
  const service = typeById('core.v1.Service')
  const spec = (podSpec: Json) => ({ spec: { template: { spec: podSpec } } })
  const before = frozen(
    spec({
      containers: [
        { name: 'main', image: 'a', args: ['x'], env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 80 }, { containerPort: 443 }] },
      ],
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'w', configMap: { name: 'c' } },
      ],
    }),
  )
  const container = (before.spec.template.spec as { containers: Json[] }).containers[0] as Json
  const volumes = (before.spec.template.spec as { volumes: Json[] }).volumes
  const patched = (podSpec: Json) => applyStrategicMergePatch(before, frozen(spec(podSpec)), deployment)

  test.each<[string, Json, Json]>([
    ['an item by its key', { containers: [{ name: 'main', image: 'b' }] }, { containers: [{ ...container, image: 'b' }], volumes }],
    ['a new item goes first', { containers: [{ name: 'side' }] }, { containers: [{ name: 'side' }, container], volumes }],
    ['an atomic list', { containers: [{ name: 'main', args: ['y'] }] }, { containers: [{ ...container, args: ['y'] }], volumes }],
    ['deleting an item', { volumes: [{ name: 'w', $patch: 'delete' }] }, { containers: [container], volumes: [volumes[0]] }],
    [
      'replacing a list',
      { containers: [{ name: 'main', ports: [{ $patch: 'replace' }, { containerPort: 1 }] }] },
      { containers: [{ ...container, ports: [{ containerPort: 1 }] }], volumes },
    ],
    [
      'order alone',
      { '$setElementOrder/volumes': [{ name: 'w' }, { name: 'v' }] },
      { containers: [container], volumes: [volumes[1], volumes[0]] },
    ],
    [
      'retained keys',
      { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/' } }] },
      { containers: [container], volumes: [{ name: 'v', hostPath: { path: '/' } }, volumes[1]] },
    ],
    [
      'a null item field',
      { containers: [{ name: 'main', args: null }] },
      { containers: [(({ args: _, ...rest }) => rest)(container as { args?: unknown })], volumes },
    ],
    [
      'a directive with nothing to act on',
      { affinity: { nodeAffinity: { $patch: 'replace' } } },
      { containers: [container], volumes, affinity: {} },
    ],
    ['a null for nothing', { nodeSelector: { a: null } }, { containers: [container], volumes, nodeSelector: {} }],
  ])('%s', (_, patch, expected) => expect(patched(patch)).toEqual(spec(expected)))

  test('what is not patched is shared', () => {
    const after = patched({ containers: [{ name: 'main', image: 'b' }] }) as typeof before
    expect(after.spec.template.spec.volumes).toBe(volumes)
  })
  test('maps are replaced or emptied on request', () => {
    const document = { metadata: { labels: { a: '1', b: '2' } } }
    expect(applyStrategicMergePatch(document, { metadata: { labels: { $patch: 'replace', c: '3' } } }, configMap)).toEqual({
      metadata: { labels: { c: '3' } },
    })
    expect(applyStrategicMergePatch({ metadata: {} }, { metadata: { labels: { $patch: 'replace', c: '3' } } }, configMap)).toEqual({
      metadata: {},
    })
    expect(applyStrategicMergePatch(document, { metadata: { labels: { $patch: 'delete' } } }, configMap)).toEqual({
      metadata: { labels: {} },
    })
  })
  test('lists of plain values', () => {
    const document = { metadata: { finalizers: ['a', 'b'] } }
    const patch = (metadata: Json) => applyStrategicMergePatch(document, { metadata }, configMap)
    expect(patch({ finalizers: ['c'] })).toEqual({ metadata: { finalizers: ['c', 'a', 'b'] } })
    expect(patch({ '$deleteFromPrimitiveList/finalizers': ['a'] })).toEqual({ metadata: { finalizers: ['b'] } })
    expect(patch({ '$deleteFromPrimitiveList/finalizers': ['b'], '$setElementOrder/finalizers': ['d', 'a'], finalizers: ['d'] })).toEqual({
      metadata: { finalizers: ['d', 'a'] },
    })
  })
  test('service ports merge by port', () =>
    expect(applyStrategicMergePatch({ spec: { ports: [{ name: 'b', port: 81 }] } }, { spec: { ports: [{ port: 82 }] } }, service)).toEqual({
      spec: { ports: [{ port: 82 }, { name: 'b', port: 81 }] },
    }))

  test.each<[Json, string]>([
    [{ containers: [{ image: 'b' }] }, 'map: map[image:b] does not contain declared merge key: name'],
    [{ containers: [{ name: 'main', $patch: 'frobnicate' }] }, 'unknown patch type: frobnicate in map: map[$patch:frobnicate name:main]'],
    [{ '$setElementOrder/containers': { a: 1 } }, 'expected a []interface {}, but received a map[string]interface {}'],
    [
      { '$setElementOrder/containers': [{ name: 'main' }], containers: [{ name: 'side', image: 's' }] },
      "The order in patch list:\n[map[image:s name:side]]\n doesn't match $setElementOrder list:\n[map[name:main]]\n",
    ],
    [{ volumes: [{ name: 'v', $retainKeys: ['name'], hostPath: {} }] }, 'invalid patch format of retainKeys'],
  ])('%j fails with upstream’s words', (patch, message) => expect(() => patched(patch)).toThrow(message))
  test.each<[Json, string]>([
    [spec({ containers: { name: 'main' } }), 'cannot restore slice from map'],
    [{ spec: 'x' }, 'cannot restore struct from: string'],
    [{ spec: { replicas: 'three' } }, 'unrecognized type: int32'],
  ])('%j is not of the type', (patch, message) => expect(shapeError(patch, deployment)).toBe(message))

  test('retainKeys are written for a strategy', () =>
    expect(
      createTwoWayMergePatch(
        { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
        { spec: { strategy: { type: 'Recreate' } } },
        deployment,
      ),
    ).toEqual({ spec: { strategy: { $retainKeys: ['type'], rollingUpdate: null, type: 'Recreate' } } }))
  test('three ways: items and fields of others stay', () => {
    const original = spec({
      containers: [
        { name: 'a', image: '1' },
        { name: 'gone', image: '1' },
      ],
    })
    const modified = spec({ containers: [{ name: 'a', image: '2' }] })
    const current = spec({
      containers: [
        { name: 'injected', image: 'i' },
        { name: 'a', image: '1', imagePullPolicy: 'Always' },
        { name: 'gone', image: '1' },
      ],
    })
    const patch = createThreeWayMergePatch(original, modified, current, deployment)
    expect(applyStrategicMergePatch(current, patch, deployment)).toEqual(
      spec({
        containers: [
          { name: 'injected', image: 'i' },
          { name: 'a', image: '2', imagePullPolicy: 'Always' },
        ],
      }),
    )
    expect(createThreeWayMergePatch(modified, modified, current, deployment, false)).toBeDefined()
  })
  test('three ways without overwriting refuse what both changed', () =>
    expect(() =>
      createThreeWayMergePatch({ spec: { replicas: 1 } }, { spec: { replicas: 2 } }, { spec: { replicas: 3 } }, deployment, false),
    ).toThrow('conflicts with changes made from original to current'))

  const named = <T>(item: fc.Arbitrary<T>) =>
    fc
      .uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), rest: item }), { selector: (x) => x.name })
      .map((list) => list.map(({ name, rest }) => ({ ...rest, name })))
  const containers = named(
    fc.record(
      {
        image: fc.constantFrom('1', '2'),
        args: fc.array(fc.constantFrom('x', 'y'), { minLength: 1, maxLength: 2 }),
        env: named(fc.record({ value: fc.constantFrom('1', '2') })).filter((e) => e.length > 0),
        resources: fc.record({ limits: fc.dictionary(fc.constantFrom('cpu', 'memory'), fc.constantFrom('1', '2')) }),
      },
      { requiredKeys: [] },
    ),
  )
  const object = fc.record({
    metadata: fc.record(
      {
        labels: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2')),
        finalizers: fc.uniqueArray(fc.constantFrom('p', 'q', 'r'), { minLength: 1 }),
      },
      { requiredKeys: [] },
    ),
    spec: fc.record(
      {
        replicas: fc.nat(2),
        strategy: fc.oneof(
          fc.constant({ type: 'Recreate' }),
          fc.record({ type: fc.constant('RollingUpdate'), rollingUpdate: fc.record({ maxSurge: fc.nat(2) }) }),
        ),
        template: fc.record({ spec: fc.record({ containers: containers.filter((c) => c.length > 0) }) }),
      },
      { requiredKeys: ['template'] },
    ),
  })
  test('what a made patch is applied to becomes the target', () =>
    fc.assert(
      fc.property(object, object, (a, b) => {
        const patch = createTwoWayMergePatch(frozen(a as unknown as Json), frozen(b as unknown as Json), deployment)
        expect(applyStrategicMergePatch(a as unknown as Json, patch, deployment)).toEqual(b)
      }),
      { numRuns: 500 },
    ))
  test('three ways with nobody else involved are two', () =>
    fc.assert(
      fc.property(object, object, (a, b) => {
        const patch = createThreeWayMergePatch(a as unknown as Json, b as unknown as Json, a as unknown as Json, deployment)
        expect(applyStrategicMergePatch(a as unknown as Json, patch, deployment)).toEqual(b)
      }),
      { numRuns: 500 },
    ))
})
