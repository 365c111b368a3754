import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { storeConformance } from './conformance.ts'
import { openEtcdStore } from './etcd.ts'

const etcd = '/usr/bin/etcd'
const root = mkdtempSync(join(tmpdir(), 'kijabi-etcd-'))
const children: ChildProcess[] = []
afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  rmSync(root, { recursive: true, force: true })
})

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((s) => once(s, 'listening')))
  const ports = servers.map((s) => (s.address() as AddressInfo).port)
  await Promise.all(servers.map((s) => new Promise((resolve) => s.close(resolve))))
  return ports
}

/** A real etcd with a fresh data folder; resolves when it serves. */
async function startEtcd(client: number, peer: number, dataDir = mkdtempSync(join(root, 'data-'))): Promise<ChildProcess> {
  const url = `http://127.0.0.1:${client}`
  const peerUrl = `http://127.0.0.1:${peer}`
  const child = spawn(
    etcd,
    [
      '--data-dir',
      dataDir,
      '--listen-client-urls',
      url,
      '--advertise-client-urls',
      url,
      '--listen-peer-urls',
      peerUrl,
      '--initial-advertise-peer-urls',
      peerUrl,
      '--initial-cluster',
      `default=${peerUrl}`,
      '--unsafe-no-fsync',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  children.push(child)
  await new Promise<void>((resolve, reject) => {
    let log = ''
    child.stderr!.on('data', (chunk) => {
      if (log === 'ready') return
      log += chunk
      if (/ready to serve client requests/.test(log)) {
        log = 'ready'
        resolve()
      }
    })
    child.on('exit', () => reject(new Error(`etcd did not start: ${log}`)))
  })
  return child
}

describe.skipIf(!existsSync(etcd))('with a real etcd', () => {
  storeConformance('etcd', async () => {
    const [client, peer] = await freePorts(2)
    await startEtcd(client!, peer!)
    return openEtcdStore({ endpoints: [`http://127.0.0.1:${client}`] })
  })

  test('a prefix keeps two stores apart, and an endpoint that is gone is passed over', async () => {
    const [client, peer, dead] = await freePorts(3)
    await startEtcd(client!, peer!)
    const endpoints = [`http://127.0.0.1:${dead}`, `http://127.0.0.1:${client}`]
    const one = await openEtcdStore({ endpoints, prefix: '/one' })
    const two = await openEtcdStore({ endpoints, prefix: '/two' })
    await one.create('/a', Buffer.from('1'))
    expect(await two.get('/a')).toBeUndefined()
    expect(await one.get('/a')).toMatchObject({ key: '/a' })
    await one.close()
    await two.close()
  })

  test('a watch lives through a restart of etcd with no gap and no repeat', async () => {
    const [client, peer] = await freePorts(2)
    const dataDir = mkdtempSync(join(root, 'data-'))
    const first = await startEtcd(client!, peer!, dataDir)
    const store = await openEtcdStore({ endpoints: [`http://127.0.0.1:${client}`] })
    const seen: string[] = []
    let wake = () => {}
    store.watch(
      '/k',
      {},
      {
        events(events) {
          seen.push(...events.map((e) => e.kv.key))
          wake()
        },
        end: (error) => seen.push(String(error)),
      },
    )
    const until = async (count: number) => {
      while (seen.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
    await store.create('/k1', Buffer.from('v'))
    await until(1)
    first.kill('SIGTERM')
    await once(first, 'exit')
    await expect(store.create('/k2', Buffer.from('v'))).rejects.toThrow(/connection/)
    await startEtcd(client!, peer!, dataDir)
    await store.create('/k3', Buffer.from('v'))
    await until(2)
    expect(seen).toEqual(['/k1', '/k3'])
    await store.close()
  })
})
