/** `kubectl port-forward`: local ports that lead to ports of a pod, one WebSocket for each connection. */
import { createServer, type Socket } from 'node:net'
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
    const servers = []
    for (const { local, remote } of pairs) {
      for (const host of factory.list('address').flatMap((a) => (a === 'localhost' ? ['127.0.0.1', '::1'] : [a]))) {
        const server = createServer({ allowHalfOpen: true }, (socket) => {
          factory.out(`Handling connection for ${local || (server.address() as { port: number }).port}\n`)
          void forward(factory, pod, remote, socket)
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
    await new Promise<void>((resolve) => {
      if (factory.signal.aborted) resolve()
      factory.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    for (const server of servers) server.close()
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

async function forward(factory: Factory, pod: Pod, remote: number, socket: Socket): Promise<void> {
  const { name, namespace } = pod.metadata
  socket.pause()
  socket.on('error', () => socket.destroy())
  try {
    const { openWebSocket } = await import('../streams.ts')
    const web = await openWebSocket(factory, `/api/v1/namespaces/${namespace}/pods/${name}/portforward?ports=${remote}`, [
      'v4.channel.k8s.io',
    ])
    // Each channel begins with its port in two bytes; 0 is data, 1 errors.
    const greeted = new Set<number>()
    web.on('message', (data: Buffer) => {
      const channel = data[0] as number
      if (!greeted.has(channel)) {
        greeted.add(channel)
        return
      }
      if (channel === 0) {
        if (!socket.write(data.subarray(1))) {
          web.pause()
          socket.once('drain', () => web.resume())
        }
      } else factory.err(`an error occurred forwarding -> ${remote}: ${data.toString('utf8', 1)}\n`)
    })
    web.on('close', () => socket.end())
    web.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      socket.pause()
      web.send(Buffer.concat([Buffer.from([0]), Buffer.from(chunk)]), () => socket.resume())
    })
    socket.on('end', () => web.close())
    socket.on('close', () => web.close())
    socket.resume()
  } catch (error) {
    factory.err(`error: error upgrading connection: ${(error as Error).message}\n`)
    socket.destroy()
  }
}
