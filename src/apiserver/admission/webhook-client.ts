/** Where a webhook of admission or conversion is and how it is called (apiserver/pkg/util/webhook): a URL, or a service of the cluster. */
import type { Service } from '../../api/types/core-v1.ts'
import type { EndpointSlice } from '../../api/types/discovery-v1.ts'
import { createWebhook, type Webhook, WebhookError } from '../../http/webhook.ts'
import type { Objects } from '../objects.ts'
import type { AdmissionWebhook } from './webhooks.ts'

/** What of a webhook's configuration is needed to call it. */
export type CalledWebhook = Pick<AdmissionWebhook, 'clientConfig' | 'timeoutSeconds'>

/** The deadline is told to the other side, too. */
const timeoutSecondsOf = ({ timeoutSeconds = 10 }: CalledWebhook): number => timeoutSeconds

export function createWebhookClients(objects: Objects) {
  const clients = new Map<CalledWebhook, Webhook>()
  const clientOf = (hook: CalledWebhook): Webhook => {
    let client = clients.get(hook)
    if (!client) {
      const { url, service, caBundle } = hook.clientConfig
      const ca = caBundle ? { ca: Buffer.from(caBundle, 'base64') } : {}
      const timeout = `?timeout=${timeoutSecondsOf(hook)}s`
      if (service) {
        const { name, namespace, port = 443, path = '/' } = service
        const host = `${name}.${namespace}.svc`
        client = createWebhook({
          url: `https://${host}:${port}${path}${timeout}`,
          serverName: host,
          address: () => addressOf(objects, namespace, name, port),
          ...ca,
        })
      } else client = createWebhook({ url: `${url}${timeout}`, ...ca })
      clients.set(hook, client)
    }
    return client
  }
  return {
    post: (hook: CalledWebhook, review: object): Promise<unknown> =>
      clientOf(hook).post(review, { timeoutMs: timeoutSecondsOf(hook) * 1000 }),
    /** Connections to webhooks that are configured no more are closed. */
    keep(hooks: ReadonlySet<CalledWebhook>): void {
      for (const [hook, client] of clients) {
        if (hooks.has(hook)) continue
        client.close()
        clients.delete(hook)
      }
    },
  }
}

/** One of the service's ready endpoints: the control plane need not be where the service's own address leads anywhere. */
async function addressOf(objects: Objects, namespace: string, name: string, port: number): Promise<{ host: string; port: number }> {
  const quoted = JSON.stringify(name)
  const service = await objects.get<Service>('services', `${namespace}/${name}`)
  if (!service) throw new WebhookError(`service ${quoted} not found`)
  const { type, externalName, ports = [] } = service.spec
  if (type === 'ExternalName') return { host: externalName as string, port }
  const wanted = ports.find((p) => p.port === port)
  if (!wanted) throw new WebhookError(`no service port ${port} found for service ${quoted}`)
  const slices = await objects.list<EndpointSlice>('endpointslices.discovery.k8s.io', namespace)
  const found = slices
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap(({ endpoints, ports: targets }) => {
      const target = targets?.find((p) => (p.name ?? '') === (wanted.name ?? ''))?.port
      const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false)
      return target === undefined ? [] : ready.flatMap(({ addresses }) => addresses.map((host) => ({ host, port: target })))
    })
  const chosen = found[Math.floor(Math.random() * found.length)]
  if (!chosen) throw new WebhookError(`no endpoints available for service ${quoted}`)
  return chosen
}
