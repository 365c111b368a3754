import { describe, expect, test } from 'vitest'
import type { Node } from '../../api/types/core-v1.ts'
import type { Device, DeviceClass, DeviceRequest, ResourceSlice } from '../../api/types/resource-v1.ts'
import { allocate } from './device-allocation.ts'
import { nodeOf } from './testing.ts'
import { claim, device, request, slice } from './testing-devices.ts'

const model = (name: string, value: string) => device(name, { attributes: { 'gpu.example/model': { string: value } } })
const tainted = device('bad', { taints: [{ key: 'broken', effect: 'NoSchedule' }] })

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
    const result = allocate(node, [claim('c', requests, more)], slices, new Set(['gpu.example/a/used']), () => undefined)
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
    const result = allocate(node, [claim('c', [request('r', more)])], [slice('a', devices)], new Set(), () => gpu)
    expect(result?.[0]?.devices.results?.map((r) => r.device)).toEqual(found)
  })

  test('two claims of a pod do not share a device', () => {
    const claims = [claim('c', [request('r')]), claim('d', [request('r')])]
    expect(allocate(node, claims, [slice('a', [device('1')])], new Set(), () => undefined)).toBeUndefined()
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
    const taken = new Set(used.map((name) => `gpu.example/a/${name}`))
    const result = allocate(node, [claim('c', [request('r', { count })])], board(devices), taken, () => undefined)
    expect(result?.[0]?.devices.results?.map((r) => r.device)).toEqual(found)
  })

  test('an administrator’s access draws on nothing', () => {
    const taken = new Set(['gpu.example/a/1'])
    const result = allocate(node, [claim('c', [request('r', { adminAccess: true })])], board([part('1', '40Gi')]), taken, () => undefined)
    expect(result?.[0]?.devices.results).toMatchObject([{ device: '1', adminAccess: true }])
  })

  test('counters and devices may stand in slices of their own', () => {
    const counters = slice('a', [], { resourceSliceCount: 2 }, { sharedCounters })
    const devices = slice('a', [part('1', '20Gi'), part('2', '30Gi')], { resourceSliceCount: 2 })
    expect(allocate(node, [claim('c', [request('r', { count: 2 })])], [counters, devices], new Set(), () => undefined)).toBeUndefined()
  })
})
