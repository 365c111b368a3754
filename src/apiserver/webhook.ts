/** The API server's own webhooks: described by a kubeconfig, and tried again where a fault may pass by itself. */
import { setTimeout as sleep } from 'node:timers/promises'
import { connectionOf, readKubeconfig } from '../client/kubeconfig.ts'
import { createWebhook, type Webhook, WebhookError } from '../http/webhook.ts'

/** The webhook that the current context of a kubeconfig describes: its server is the whole URL. */
export function webhookOf(kubeconfig: string): Webhook {
  const { server, ca, serverName, insecure, credentials } = connectionOf(readKubeconfig([kubeconfig]))
  return createWebhook({
    url: server,
    credentials,
    ...(ca ? { ca } : {}),
    ...(serverName ? { serverName } : {}),
    ...(insecure ? { insecure } : {}),
  })
}

const firstPauseMs = 500
const attempts = 5

/** As webhook.WithExponentialBackoff: what may pass by itself is tried again; all attempts together have one deadline. */
export async function postWithRetry<T>(webhook: Webhook, body: object, timeoutMs: number, pauseMs = firstPauseMs): Promise<T> {
  const end = Date.now() + timeoutMs
  for (let attempt = 1, pause = pauseMs; ; attempt++, pause *= 1.5) {
    try {
      return await webhook.post<T>(body, { timeoutMs: Math.max(1, end - Date.now()) })
    } catch (error) {
      if (attempt === attempts || !mayPass(error) || Date.now() + pause >= end) throw error
      await sleep(pause)
    }
  }
}

const mayPass = (error: unknown): boolean =>
  error instanceof WebhookError &&
  (error.status === 429 ||
    error.status === 500 ||
    error.status === 504 ||
    (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET')
