import { describe, expect, test } from 'vitest'
import type { Node } from '../../api/types/core-v1.ts'
import type { Device, DeviceClass, DeviceRequest, ResourceSlice } from '../../api/types/resource-v1.ts'
import { allocate, deviceId } from './device-allocation.ts'
import { amountsOf, type DevicesInUse, devicesInUse, formatAmounts } from './device-capacity.ts'
import { nodeOf } from './testing.ts'
import { claim, device, request, slice } from './testing-devices.ts'

const model = (name: string, value: string) => device(name, { attributes: { 'gpu.example/model': { string: value } } })
const tainted = device('bad', { taints: [{ key: 'broken', effect: 'NoSchedule' }] })

const inUse = (...names: string[]): DevicesInUse => ({ whole: new Set(names.map((name) => `gpu.example/a/${name}`)), shared: new Map() })

describe('devices of a node for a claim', () => {
  const node = nodeOf('a', {}) as Node
  const row = (found: string[] | undefined, what: string, requests: DeviceRequest[], slices: ResourceSlice[], more: object = {}) =>
    [what, requests, slices, more, found] as const
  test.each([
    row(['r:1'], 'one of two', [request('r')], [slice('a', [device('1'), device('2')])]),
    row(['r:1', 'r:2'], 'two of two', [request('r', { count: 2 })], [slice('a', [device('1'), device('2')])]),
    row(undefined, 'three of two', [request('r', { count: 3 })], [slice('a', [device('1'), device('2')])]),
    row(undefined, 'another node has them', [request('r')], [slice('b', [device('1')])]),
    row(['r:2'], 'not the one in use', [request('r')], [slice('a', [device('used'), device('2')])]),
    row(['r:used'], 'the one in use, for an administrator', [request('r', { adminAccess: true })], [slice('a', [device('used')])]),
    row(['r:1', 'r:2'], 'all', [request('r', { allocationMode: 'All', count: undefined })], [slice('a', [device('1'), device('2')])]),
    row(undefined, 'all, with one in use', [request('r', { allocationMode: 'All' })], [slice('a', [device('1'), device('used')])]),
    row(undefined, 'a pool of which a slice is missing', [request('r')], [slice('a', [device('1')], { resourceSliceCount: 2 })]),
    row(
      ['r:new'],
      'the newest generation only',
      [request('r')],
      [slice('a', [device('1')]), slice('a', [device('new')], { generation: 2 })],
    ),
    row(undefined, 'a taint that is not tolerated', [request('r')], [slice('a', [tainted])]),
    row(['r:bad'], 'a taint that is', [request('r', { tolerations: [{ key: 'broken', operator: 'Exists' }] })], [slice('a', [tainted])]),
    row(
      ['r:2', 's:3'],
      'two of the same model, stepping back from the first',
      [request('r'), request('s')],
      [slice('a', [model('1', 'x'), model('2', 'y'), model('3', 'y')])],
      { constraints: [{ matchAttribute: 'gpu.example/model' }] },
    ),
    row(
      ['r:1', 's:3'],
      'two of different models',
      [request('r'), request('s')],
      [slice('a', [model('1', 'x'), model('2', 'x'), model('3', 'y')])],
      { constraints: [{ distinctAttribute: 'gpu.example/model' }] },
    ),
    row(
      ['r/small:1'],
      'the first alternative that there is',
      [
        {
          name: 'r',
          firstAvailable: [
            { name: 'large', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 4 },
            { name: 'small', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 },
          ],
        },
      ],
      [slice('a', [device('1')])],
    ),
  ])('%s', (_, requests, slices, more, found) => {
    const result = allocate(node, [claim('c', requests, more)], slices, inUse('used'), () => undefined)
    expect(result?.[0]?.devices.results?.map((r) => `${r.request}:${r.device}`)).toEqual(found)
    if (result)
      expect(result[0]?.nodeSelector?.nodeSelectorTerms).toEqual([
        { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] },
      ])
  })

  const cel = (expression: string) => ({ selectors: [{ cel: { expression } }] })
  const isY = cel('device.attributes["gpu.example"].model == "y"')
  const models = [model('1', 'x'), model('2', 'y'), model('3', 'y')]
  const big = device('big', { capacity: { memory: { value: '80Gi' } } })
  test.each<[string, object, object, Device[], string[] | undefined]>([
    ['the request’s selector', isY, {}, models, ['2']],
    ['the class’s selector', {}, isY, models, ['2']],
    ['both', isY, cel('device.driver == "other.example"'), models, undefined],
    ['all that are chosen, not all that there are', { ...isY, allocationMode: 'All', count: undefined }, {}, models, ['2', '3']],
    ['all, of which there are none', { ...cel('false'), allocationMode: 'All', count: undefined }, {}, models, undefined],
    [
      'a capacity',
      cel('device.capacity["gpu.example"].?memory.orValue(quantity("0")).isGreaterThan(quantity("40Gi"))'),
      {},
      [device('1'), big],
      ['big'],
    ],
  ])('by %s', (_, more, classSpec, devices, found) => {
    const gpu = { metadata: { name: 'gpu' }, spec: classSpec } as unknown as DeviceClass
    const result = allocate(node, [claim('c', [request('r', more)])], [slice('a', devices)], inUse(), () => gpu)
    expect(result?.[0]?.devices.results?.map((r) => r.device)).toEqual(found)
  })

  test('two claims of a pod do not share a device', () => {
    const claims = [claim('c', [request('r')]), claim('d', [request('r')])]
    expect(allocate(node, claims, [slice('a', [device('1')])], inUse(), () => undefined)).toBeUndefined()
  })
})

describe('devices that draw on counters of their pool', () => {
  const node = nodeOf('a', {}) as Node
  const part = (name: string, memory: string): Device =>
    device(name, { consumesCounters: [{ counterSet: 'board', counters: { memory: { value: memory } } }] })
  const sharedCounters = [{ name: 'board', counters: { memory: { value: '40Gi' } } }]
  const board = (devices: Device[]) => [slice('a', devices, {}, { sharedCounters })]
  test.each<[string, Device[], string[], number, string[] | undefined]>([
    ['as many as there is memory for', [part('1', '20Gi'), part('2', '20Gi'), part('3', '20Gi')], [], 2, ['1', '2']],
    ['one more', [part('1', '20Gi'), part('2', '20Gi'), part('3', '20Gi')], [], 3, undefined],
    ['the whole, stepped back from for its parts', [part('whole', '40Gi'), part('1', '20Gi'), part('2', '20Gi')], [], 2, ['1', '2']],
    ['what those in use leave', [part('used', '30Gi'), part('1', '20Gi'), part('2', '10Gi')], ['used'], 1, ['2']],
    ['a device beside them that draws on nothing', [part('used', '40Gi'), part('1', '1Gi'), device('plain')], ['used'], 1, ['plain']],
  ])('%s', (_, devices, used, count, found) => {
    const taken = inUse(...used)
    const result = allocate(node, [claim('c', [request('r', { count })])], board(devices), taken, () => undefined)
    expect(result?.[0]?.devices.results?.map((r) => r.device)).toEqual(found)
  })

  test('an administrator’s access draws on nothing', () => {
    const taken = inUse('1')
    const result = allocate(node, [claim('c', [request('r', { adminAccess: true })])], board([part('1', '40Gi')]), taken, () => undefined)
    expect(result?.[0]?.devices.results).toMatchObject([{ device: '1', adminAccess: true }])
  })

  test('counters and devices may stand in slices of their own', () => {
    const counters = slice('a', [], { resourceSliceCount: 2 }, { sharedCounters })
    const devices = slice('a', [part('1', '20Gi'), part('2', '30Gi')], { resourceSliceCount: 2 })
    expect(allocate(node, [claim('c', [request('r', { count: 2 })])], [counters, devices], inUse(), () => undefined)).toBeUndefined()
  })
})

describe('of a device that several claims may have', () => {
  const node = nodeOf('a', {}) as Node
  const shared = (name: string, memory: string, requestPolicy?: object, more: object = {}): Device =>
    device(name, {
      allowMultipleAllocations: true,
      capacity: { memory: { value: memory, ...(requestPolicy ? { requestPolicy } : {}) } },
      ...more,
    })
  const range = (min: string, step?: string, max?: string) => ({
    default: min,
    validRange: { min, ...(step ? { step } : {}), ...(max ? { max } : {}) },
  })
  const values = { default: '2Gi', validValues: ['2Gi', '4Gi', '8Gi'] }

  test.each<[string, object | undefined, string | undefined, string | undefined]>([
    ['all, where nothing is asked for', undefined, undefined, '10Gi'],
    ['what is asked for', undefined, '3Gi', '3Gi'],
    ['nothing, where more is asked for than there is', undefined, '11Gi', undefined],
    ['the default', { default: '1Gi' }, undefined, '1Gi'],
    ['what is asked for over the default', { default: '1Gi' }, '3Gi', '3Gi'],
    ['a valid value', values, '4Gi', '4Gi'],
    ['the next valid value', values, '3Gi', '4Gi'],
    ['the least valid value', values, '1', '2Gi'],
    ['nothing beyond the valid values', values, '9Gi', undefined],
    ['the least of a range', range('2Gi'), '1Gi', '2Gi'],
    ['what is asked for in a range', range('2Gi'), '2500Mi', '2500Mi'],
    ['the next step', range('2Gi', '2Gi'), '5Gi', '6Gi'],
    ['the step itself', range('2Gi', '2Gi'), '6Gi', '6Gi'],
    ['a step from the least', range('1Gi', '2Gi'), '4Gi', '5Gi'],
    ['nothing beyond the range', range('2Gi', undefined, '4Gi'), '5Gi', undefined],
    ['nothing where the next step is beyond the range', range('2Gi', '3Gi', '6Gi'), '6Gi', undefined],
    ['nothing where the next step is more than there is', range('2Gi', '9Gi'), '3Gi', undefined],
  ])('a claim takes %s', (_, policy, asked, amount) => {
    const amounts = amountsOf(shared('1', '10Gi', policy), asked ? { requests: { memory: asked } } : undefined)
    expect(amounts && formatAmounts(amounts)).toEqual(amount && { memory: amount })
  })
  test('nothing is taken of a capacity that it does not have', () => {
    expect(amountsOf(shared('1', '10Gi'), { requests: { cores: '1' } })).toBeUndefined()
  })

  const asking = (name: string, memory: string, more: object = {}) => request(name, { capacity: { requests: { memory } }, ...more })
  const used = (...memory: string[]) =>
    devicesInUse(
      memory.map((amount, i) => ({
        devices: {
          results: [
            { request: 'r', driver: 'gpu.example', pool: 'a', device: '1', shareID: String(i), consumedCapacity: { memory: amount } },
          ],
        },
      })),
      deviceId,
    )
  const found = (requests: DeviceRequest[], devices: Device[], taken = inUse(), more: object = {}) =>
    allocate(node, [claim('c', requests, more)], [slice('a', devices, {}, more)], taken, () => undefined)?.[0]?.devices.results

  test('each share has an ID of its own and says what it takes', () => {
    const results = found([asking('r', '4Gi'), asking('s', '6Gi')], [shared('1', '10Gi')]) ?? []
    expect(results.map(({ device: name, consumedCapacity }) => [name, consumedCapacity])).toEqual([
      ['1', { memory: '4Gi' }],
      ['1', { memory: '6Gi' }],
    ])
    expect(new Set(results.map(({ shareID }) => shareID)).size).toBe(2)
  })
  test('one that claims have one by one says nothing of shares', () => {
    const plain = device('1', { capacity: { memory: { value: '10Gi' } } })
    expect(found([asking('r', '4Gi')], [plain])).toEqual([{ request: 'r', driver: 'gpu.example', pool: 'a', device: '1' }])
  })
  test.each<[string, DeviceRequest[], Device[], DevicesInUse, string[] | undefined]>([
    ['what others leave', [asking('r', '4Gi')], [shared('1', '10Gi')], used('3Gi', '3Gi'), ['1']],
    ['no more than others leave', [asking('r', '5Gi')], [shared('1', '10Gi')], used('3Gi', '3Gi'), undefined],
    ['another where one is used up', [asking('r', '5Gi')], [shared('1', '10Gi'), shared('2', '10Gi')], used('6Gi'), ['2']],
    ['a device twice for a count of two', [asking('r', '5Gi', { count: 2 })], [shared('1', '10Gi')], inUse(), ['1', '1']],
    [
      'two devices where one has not enough for both',
      [asking('r', '6Gi', { count: 2 })],
      [shared('1', '10Gi'), shared('2', '10Gi')],
      inUse(),
      ['1', '2'],
    ],
    [
      'what is given back by a step',
      [asking('r', '6Gi'), asking('s', '10Gi')],
      [shared('1', '10Gi'), shared('2', '6Gi')],
      inUse(),
      ['2', '1'],
    ],
    ['none of one that somebody has whole', [asking('r', '1Gi')], [shared('1', '10Gi')], inUse('1'), undefined],
    ['none that is no longer shared while it has shares', [request('r')], [device('1')], used('1Gi'), undefined],
    [
      'all, each once',
      [asking('r', '4Gi', { allocationMode: 'All', count: undefined })],
      [shared('1', '10Gi'), shared('2', '10Gi')],
      used('6Gi'),
      ['1', '2'],
    ],
    ['a look at it, for an administrator', [request('r', { adminAccess: true })], [shared('1', '10Gi')], used('10Gi'), ['1']],
  ])('a claim gets %s', (_, requests, devices, taken, names) => {
    expect(found(requests, devices, taken)?.map((r) => r.device)).toEqual(names)
  })
  test('different devices, where a constraint wants them', () => {
    const gpu = (name: string) => shared(name, '10Gi', undefined, { attributes: { 'gpu.example/uuid': { string: name } } })
    const constraints = [{ distinctAttribute: 'gpu.example/uuid' }]
    expect(found([asking('r', '1Gi'), asking('s', '1Gi')], [gpu('1'), gpu('2')], inUse(), { constraints })?.map((r) => r.device)).toEqual([
      '1',
      '2',
    ])
  })
  test('its pool’s counters are drawn on once', () => {
    const consumesCounters = [{ counterSet: 'board', counters: { memory: { value: '10Gi' } } }]
    const sharedCounters = [{ name: 'board', counters: { memory: { value: '10Gi' } } }]
    const drawing = shared('1', '10Gi', undefined, { consumesCounters })
    expect(found([asking('r', '5Gi'), asking('s', '5Gi')], [drawing], inUse(), { sharedCounters })).toHaveLength(2)
    expect(found([asking('r', '5Gi')], [drawing], used('5Gi'), { sharedCounters })).toHaveLength(1)
    expect(
      found([asking('r', '5Gi'), request('s')], [drawing, device('2', { consumesCounters })], inUse(), { sharedCounters }),
    ).toBeUndefined()
  })
})

test.each([
  ['is in vain', 25, false, undefined],
  ['takes longer than it may', 25, true, 'timed out trying to allocate devices'],
  ['takes more steps than any may', 45, false, 'timed out trying to allocate devices'],
])('a search that %s', (_, count, late, message) => {
  // The last request is for a device that there is not: all triples are tried for the others.
  const never = request('never', { selectors: [{ cel: { expression: 'false' } }] })
  const claims = [claim('c', [request('x'), request('y'), request('z'), never])]
  const slices = [
    slice(
      'a',
      Array.from({ length: count }, (_, i) => device(String(i))),
    ),
  ]
  const find = () =>
    allocate(
      nodeOf('a', {}),
      claims,
      slices,
      inUse(),
      () => undefined,
      () => late,
    )
  if (message) expect(find).toThrow(message)
  else expect(find()).toBeUndefined()
})
