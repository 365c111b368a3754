import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFakeClock } from '../client/clock.ts'
import { createGrpcClient, type Unary } from '../grpc/client.ts'
import { createGrpcServer } from '../grpc/server.ts'
import { noLog } from '../log/log.ts'
import { type DeviceManager, devicePluginTable, startDeviceManager } from './device-manager.ts'
import { container, podOf } from './pods/testing.ts'

const resource = 'example.com/device'
let folder: string
const closing: (() => unknown)[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'devices-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  rmSync(folder, { recursive: true })
})

/** A manager with one plugin of these devices; resolves once it knows them. */
async function start(ids: readonly string[], options: object = {}): Promise<DeviceManager> {
  const known = Promise.withResolvers<void>()
  const manager = await startDeviceManager({ clock: createFakeClock(), log: noLog, changed: () => known.resolve() }, folder)
  const plugin = createGrpcServer({
    tables: [devicePluginTable],
    services: {
      'v1beta1.DevicePlugin': {
        async *ListAndWatch(_: object, { signal }: { signal: AbortSignal }) {
          yield { devices: ids.map((ID) => ({ ID, health: 'Healthy' })) }
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
        },
        GetPreferredAllocation: ({ containerRequests: [request] }: { containerRequests: { availableDeviceIDs: string[] }[] }) => ({
          containerResponses: [{ deviceIDs: request?.availableDeviceIDs.slice(-1) }],
        }),
        Allocate: ({ containerRequests }: { containerRequests: { devicesIds: string[] }[] }) => ({
          containerResponses: containerRequests.map(({ devicesIds }) => ({ envs: { IDS: devicesIds.join() } })),
        }),
      },
    },
  })
  await plugin.listen({ path: join(folder, 'device-plugins', 'plugin.sock') })
  const kubelet = createGrpcClient<{ Register: Unary<object, object> }>(
    `unix://${join(folder, 'device-plugins', 'kubelet.sock')}`,
    devicePluginTable,
    'Registration',
  )
  await kubelet.Register({ version: 'v1beta1', endpoint: 'plugin.sock', resourceName: resource, options })
  kubelet.close()
  await known.promise
  closing.push(async () => {
    await manager.stop()
    await plugin.close()
  })
  return manager
}

const asking = (count: number) => container('c', { resources: { limits: { [resource]: String(count) } } })
const pod = (uid: string, count = 1) => podOf({ containers: [asking(count)] }, { uid })
const devicesOf = async (manager: DeviceManager, uid: string, count = 1) =>
  (await manager.configure(pod(uid, count), asking(count), {})).envs?.find((e) => e.key === 'IDS')?.value

test('each container has its own devices, also when it is made again, until its pod is gone', async () => {
  const manager = await start(['a', 'b', 'c'])
  expect(manager.resources()).toEqual({ capacity: { [resource]: '3' }, allocatable: { [resource]: '3' } })
  expect(await Promise.all([devicesOf(manager, 'one'), devicesOf(manager, 'two', 2)])).toEqual(['a', 'b,c'])
  expect(await devicesOf(manager, 'one')).toBe('a')
  await expect(devicesOf(manager, 'three')).rejects.toThrow(
    `requested number of devices unavailable for ${resource}. Requested: 1, Available: 0`,
  )
  manager.release('one')
  expect(await devicesOf(manager, 'three')).toBe('a')
})

test('a restarted kubelet forgets sockets, so that plugins come again, and remembers who has what', async () => {
  const before = await start(['a', 'b'])
  expect([await devicesOf(before, 'one'), await devicesOf(before, 'two')]).toEqual(['a', 'b'])
  for (const close of closing.splice(0)) await close()
  const manager = await startDeviceManager({ clock: createFakeClock(), log: noLog, changed() {} }, folder)
  expect(existsSync(join(folder, 'device-plugins', 'plugin.sock'))).toBe(false)
  await manager.stop()
  const after = await start(['a', 'b'])
  expect([await devicesOf(after, 'two'), await devicesOf(after, 'one')]).toEqual(['b', 'a'])
})

test('a plugin may say which of the free ones it prefers', async () => {
  const manager = await start(['a', 'b', 'c'], { getPreferredAllocationAvailable: true })
  expect([await devicesOf(manager, 'one'), await devicesOf(manager, 'two')]).toEqual(['c', 'b'])
})

test('a container that asks for no device is left as it is', async () => {
  const manager = await start(['a'])
  const config = { envs: [] }
  expect(await manager.configure(podOf(), container('main'), config)).toBe(config)
})
