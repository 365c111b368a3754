import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Transport } from '../../client/transport.ts'
import { noLog } from '../../log/log.ts'
import { createCertificateAuthority, issueCertificate } from '../../pki/index.ts'
import { openAccess } from '../access.ts'
import { type ApiServer, createApiServer } from '../api-server.ts'
import { createInProcessTransport } from '../in-process.ts'
import { createMemoryStore } from '../memory-store.ts'

let component: Server
let server: ApiServer
let api: Transport
/** What the scheduler answers; nobody listens where the controller manager would be. */
let answer: readonly [status: number, text: string] = [200, 'ok']

beforeAll(async () => {
  const { certificate, key } = issueCertificate(createCertificateAuthority('own'), { commonName: 'scheduler', hosts: ['localhost'] })
  component = createServer({ cert: certificate, key }, (_request, response) => response.writeHead(answer[0]).end(answer[1]))
  await new Promise<void>((resolve) => component.listen(0, '127.0.0.1', resolve))
  const { port } = component.address() as AddressInfo
  server = await createApiServer(
    { store: createMemoryStore(), log: noLog, access: () => openAccess() },
    { componentPorts: { controllerManager: 1, scheduler: port } },
  )
  await server.ready
  api = createInProcessTransport(server.handle)
})
afterAll(async () => {
  await server.close()
  component.close()
})

const path = '/api/v1/componentstatuses'
const refused = 'Get "https://127.0.0.1:1/healthz": dial tcp 127.0.0.1:1: connect: connection refused'

test('the list tells of each component how it is, in a Table too', async () => {
  const list = await api.request({ method: 'GET', path })
  const status = (name: string, healthy: string, message: string) => ({
    metadata: { name },
    conditions: [{ type: 'Healthy', status: healthy, message }],
  })
  expect(list).toEqual({
    kind: 'ComponentStatusList',
    apiVersion: 'v1',
    metadata: {},
    items: [status('controller-manager', 'False', refused), status('scheduler', 'True', 'ok'), status('etcd-0', 'True', 'ok')],
  })
  const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
  expect(await api.request({ method: 'GET', path, headers })).toMatchObject({
    columnDefinitions: [{ name: 'Name' }, { name: 'Status' }, { name: 'Message' }, { name: 'Error' }],
    rows: [
      { cells: ['controller-manager', 'Unhealthy', refused, ''] },
      { cells: ['scheduler', 'Healthy', 'ok', ''] },
      { cells: ['etcd-0', 'Healthy', 'ok', ''] },
    ],
  })
})

test('one is found by its name, by a selector too, and others are not', async () => {
  expect(await api.request({ method: 'GET', path: `${path}/etcd-0` })).toMatchObject({
    kind: 'ComponentStatus',
    metadata: { name: 'etcd-0' },
  })
  const { items } = await api.request<{ items: object[] }>({ method: 'GET', path: `${path}?fieldSelector=metadata.name%3Dscheduler` })
  expect(items).toEqual([expect.objectContaining({ metadata: { name: 'scheduler' } })])
  await expect(api.request({ method: 'GET', path: `${path}/kubelet` })).rejects.toThrow('componentstatuses "kubelet" not found')
})

test('a component that answers with an error is unhealthy', async () => {
  answer = [500, 'not well']
  expect(await api.request({ method: 'GET', path: `${path}/scheduler` })).toMatchObject({
    conditions: [{ status: 'False', message: 'HTTP probe failed with statuscode: 500' }],
  })
  answer = [200, 'ok']
})
