/**
 * The client of all webhooks (upstream: apiserver/pkg/util/webhook): one JSON document posted, one read. The other
 * side is not trusted: its answer is bounded in size and time, and a redirect is an error, for it would carry our
 * credentials and our document elsewhere.
 */
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { http } from './node-http.ts'
import { readAnswer } from './read-answer.ts'

export interface WebhookTarget {
  /** Where to post to, with its path. */
  readonly url: string
  /** PEM; without it the machine's authorities count. */
  readonly ca?: string | Buffer
  /** The name that the certificate must carry, where it is not the URL's. */
  readonly serverName?: string
  readonly insecure?: boolean
  /** Where to connect to, asked before each call, where the URL's own host is not to be looked up. */
  readonly address?: () => Promise<{ readonly host: string; readonly port: number }>
  /** Asked before each call: tokens and certificates may be renewed. */
  readonly credentials?: () => WebhookCredentials | Promise<WebhookCredentials>
  readonly userAgent?: string
}

interface WebhookCredentials {
  readonly authorization?: string | undefined
  readonly cert?: string | Buffer | undefined
  readonly key?: string | Buffer | undefined
}

export interface PostOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface Webhook {
  /** Resolves to the decoded answer; rejects with WebhookError. */
  post<T>(body: object, options: PostOptions): Promise<T>
  close(): void
}

export class WebhookError extends Error {
  /** Set when there was an answer. */
  readonly status: number | undefined
  constructor(message: string, status?: number, cause?: unknown) {
    super(message, { cause })
    this.status = status
  }
}

/** More than a patch of the largest object needs. */
const largestAnswer = 8 * 1024 * 1024
const shownOfError = 256

export function createWebhook(target: WebhookTarget): Webhook {
  const url = new URL(target.url)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new Error(`webhooks are called by https, not ${url.protocol}`)
  const secure = url.protocol === 'https:'
  const agents = new Map<unknown, InstanceType<typeof http.Agent>>()
  const agentFor = (cert: unknown, key: unknown) => {
    let agent = agents.get(cert)
    if (!agent) {
      // A new client certificate needs new connections.
      for (const old of agents.values()) old.destroy()
      agents.clear()
      const tls = { ca: target.ca, cert: cert as string, key: key as string, rejectUnauthorized: !target.insecure }
      const servername = target.serverName ? { servername: target.serverName } : {}
      agent = secure ? new HttpsAgent({ ...tls, ...servername, keepAlive: true }) : new http.Agent({ keepAlive: true })
      agents.set(cert, agent)
    }
    return agent
  }

  const send = async (text: string, signal: AbortSignal): Promise<string> => {
    const { authorization, cert, key } = (await target.credentials?.()) ?? {}
    const address = await target.address?.()
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': target.userAgent ?? 'kube-apiserver-admission',
      'content-length': Buffer.byteLength(text),
      ...(authorization ? { authorization } : {}),
      ...(address ? { host: url.host } : {}),
    }
    const place = address ? { hostname: address.host, port: address.port } : {}
    return new Promise((resolve, reject) => {
      const open = secure ? httpsRequest : http.request
      const outgoing = open(url, { ...place, method: 'POST', agent: agentFor(cert, key), headers, signal }, (answer) => {
        const status = answer.statusCode as number
        readAnswer(answer, largestAnswer).then((said) => {
          if (status >= 200 && status < 300) resolve(said)
          else reject(new WebhookError(messageOf(status, said), status))
        }, reject)
      })
      outgoing.on('error', reject)
      outgoing.end(text)
    })
  }

  return {
    async post<T>(body: object, { timeoutMs, signal }: PostOptions): Promise<T> {
      const deadline = AbortSignal.timeout(timeoutMs)
      const text = await send(JSON.stringify(body), signal ? AbortSignal.any([deadline, signal]) : deadline).catch((error: unknown) => {
        if (error instanceof WebhookError && error.status !== undefined) throw error
        const why = deadline.aborted ? 'context deadline exceeded' : goError(error as NodeJS.ErrnoException, url)
        throw new WebhookError(`Post ${JSON.stringify(target.url)}: ${why}`, undefined, error)
      })
      try {
        return JSON.parse(text) as T
      } catch (error) {
        throw new WebhookError(`the webhook's answer is no JSON: ${(error as Error).message}`, undefined, error)
      }
    },
    close() {
      for (const agent of agents.values()) agent.destroy()
    },
  }
}

const messageOf = (status: number, said: string): string =>
  status < 400
    ? `the webhook answered with a redirect (${status}), which is not followed`
    : `the server responded with the status code ${status}${said ? `: ${said.slice(0, shownOfError).trim()}` : ''}`

/** What Go's dialer and TLS would say. */
export function goError({ code, message }: NodeJS.ErrnoException, { hostname, port, protocol }: URL): string {
  const address = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`
    case 'ENOTFOUND':
      return `dial tcp: lookup ${hostname}: no such host`
    case 'ETIMEDOUT':
      return `dial tcp ${address}: i/o timeout`
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
    case 'CERT_HAS_EXPIRED':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid'
    default:
      return message
  }
}
