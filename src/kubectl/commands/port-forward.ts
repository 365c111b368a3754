/** `kubectl port-forward`: local ports that lead to ports of a pod, over one SPDY connection. */
import { createServer, type Server, type Socket } from 'node:net'
import type { Pod, Service } from '../../api/types/core-v1.ts'
import { UsageError } from '../errors.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { podOf } from '../pods.ts'
import { pathOf } from '../resources.ts'
import { targetOf } from '../select.ts'

export const command = kubectlCommand({
  summary: 'Forward local ports to a pod.',
  usage: 'kubectl port-forward TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
  flags: {
    address: { type: 'list', default: ['localhost'], doc: 'Where to listen.' },
    'pod-running-timeout': { type: 'duration', default: 60_000, doc: 'How long to wait for a pod of a workload.' },
  },
  async run(factory) {
    const [word, ...ports] = factory.args
    if (!word || ports.length === 0) throw new UsageError('TYPE/NAME and list of ports are required for port-forward')
    const pod = await podOf(factory, word, factory.number('pod-running-timeout'))
    if (pod.status?.phase !== 'Running')
      throw new Error(`unable to forward port because pod is not running. Current status=${pod.status?.phase}`)
    const pairs = []
    for (const text of ports) pairs.push(await resolvePort(factory, word, pod, text))
    const connection = await connectToPod(factory, pod).catch((error: Error) => {
      throw new Error(`error upgrading connection: ${error.message}`)
    })
    const servers: Server[] = []
    for (const { local, remote } of pairs) {
      for (const host of factory.list('address').flatMap((a) => (a === 'localhost' ? ['127.0.0.1', '::1'] : [a]))) {
        const server = createServer({ allowHalfOpen: true }, (socket) => {
          const { port } = server.address() as { port: number }
          factory.out(`Handling connection for ${port}\n`)
          connection.forward(socket, port, remote)
        })
        try {
          await new Promise<void>((resolve, reject) => {
            server.once('error', reject)
            server.listen(local, host, resolve)
          })
        } catch (error) {
          // localhost may have only one of its addresses.
          if (host === '::1') continue
          throw new Error(
            `unable to listen on port ${local}: Listeners failed to create with the following errors: [unable to create listener: Error listen tcp4 ${host}:${local}: ${(error as Error).message}]`,
          )
        }
        const { port } = server.address() as { port: number }
        factory.out(`Forwarding from ${host.includes(':') ? `[${host}]` : host}:${port} -> ${remote}\n`)
        servers.push(server)
      }
    }
    const asked = new Promise<void>((resolve) => {
      if (factory.signal.aborted) resolve()
      factory.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([asked, connection.lost])
    for (const server of servers) server.close()
    if (!factory.signal.aborted) throw new Error('lost connection to pod')
    connection.close()
  },
})

/** `8080:80`, `:80`, `80`, `8080:http`; a service's port is looked up in the pod. */
async function resolvePort(factory: Factory, word: string, pod: Pod, text: string): Promise<{ local: number; remote: number }> {
  const [left = '', right] = text.split(':')
  const named = right ?? left
  const containerPorts = (pod.spec?.containers ?? []).flatMap((c) => c.ports ?? [])
  const ofPod = (port: string | number | undefined) =>
    typeof port === 'number' || /^\d+$/.test(String(port)) ? Number(port) : containerPorts.find((p) => p.name === port)?.containerPort
  let remote: number | undefined
  const { type, name } = await targetOf(factory, [word], 'pods')
  if (type.resource === 'services') {
    const service = (await factory.request<KubeObject>({
      method: 'GET',
      path: pathOf(type, await factory.namespace(), name),
    })) as unknown as Service
    const port = service.spec?.ports?.find((p) => p.name === named || String(p.port) === named)
    if (!port) throw new Error(`Service ${name} does not have a service port ${named}`)
    remote = service.spec?.clusterIP === 'None' ? port.port : ofPod(port.targetPort ?? port.port)
  } else remote = ofPod(named)
  if (!remote || remote > 65_535)
    throw new Error(
      `error converting pod port: ${/^\d+$/.test(named) ? `invalid port ${named}` : `Pod '${pod.metadata.name}' does not have a named port '${named}'`}`,
    )
  const local = right === undefined ? (/^\d+$/.test(left) ? Number(left) : remote) : left === '' ? 0 : Number(left)
  if (!Number.isInteger(local) || local < 0 || local > 65_535) throw new Error(`error parsing local port ${JSON.stringify(left)}`)
  return { local, remote }
}

/** One connection to the pod for as long as the command runs, in which every local connection is two streams. */
async function connectToPod(factory: Factory, pod: Pod) {
  const { name, namespace } = pod.metadata
  const { openSpdy } = await import('../streams.ts')
  const { connectSpdy } = await import('../../http/spdy.ts')
  const socket = await openSpdy(factory, `/api/v1/namespaces/${namespace}/pods/${name}/portforward`, 'portforward.k8s.io')
  const lost = Promise.withResolvers<void>()
  const session = connectSpdy(socket, { closed: lost.resolve })
  let requests = 0
  return {
    lost: lost.promise,
    close: () => session.close(),
    forward(local: Socket, from: number, to: number): void {
      const headers = { port: String(to), requestid: String(requests++) }
      const complaints = session.open({ ...headers, streamtype: 'error' }).body
      complaints.end()
      let complaint = ''
      complaints.on('data', (chunk: Buffer) => {
        complaint = (complaint + chunk.toString('utf8')).slice(0, 64 << 10)
      })
      complaints.on('end', () => complaint && factory.err(`an error occurred forwarding ${from} -> ${to}: ${complaint}\n`))
      const { body } = session.open({ ...headers, streamtype: 'data' })
      local.pipe(body).pipe(local)
      local.on('error', () => body.destroy())
      local.on('close', () => body.destroy())
      body.on('close', () => local.destroySoon())
    },
  }
}
