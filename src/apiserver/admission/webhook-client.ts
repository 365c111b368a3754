/** Where a webhook of admission or conversion is and how it is called (apiserver/pkg/util/webhook): a URL, or a service of the cluster. */
import { createWebhook, type Webhook } from '../../http/webhook.ts'
import type { Objects } from '../objects.ts'
import { createEndpointResolver } from '../service-resolver.ts'
import type { AdmissionWebhook } from './webhooks.ts'

/** What of a webhook's configuration is needed to call it. */
export type CalledWebhook = Pick<AdmissionWebhook, 'clientConfig' | 'timeoutSeconds'>

/** The deadline is told to the other side, too. */
const timeoutSecondsOf = ({ timeoutSeconds = 10 }: CalledWebhook): number => timeoutSeconds

export function createWebhookClients(objects: Objects) {
  const resolve = createEndpointResolver(objects)
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
          address: () => resolve(namespace, name, port),
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
