/** One request on its way through the server: what the front hands in, what the steps learn, and what goes back. */
import type { Agent as HttpsAgent } from 'node:https'
import type { Endpoint } from './endpoints.ts'
import type { ApiObject, Credentials, RequestInfo, User } from './request.ts'
import type { Entry } from './storage/entry.ts'
import type { Selection } from './storage/selection.ts'

/** What a transport hands to the server. */
export interface IncomingRequest {
  readonly method: string
  /** Path and query, encoded. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly credentials: Credentials
  /** Reads the body to its end. Rejects with StatusError 413 past `limit` bytes. */
  body(limit: number): Promise<Buffer>
  /** The body as an object already, from a caller in this process. */
  readonly object?: unknown
  /** Set by a caller in this process: no authentication is needed. */
  readonly user?: User
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
}

export interface Call {
  readonly id: string
  readonly request: IncomingRequest
  readonly info: RequestInfo
  readonly user: User
  readonly endpoint: Endpoint
  /** Of performance.now(). */
  readonly startedAt: number
  /** Texts for Warning headers. */
  readonly warnings: string[]
  warn(text: string): void
  /** `Request`: only where the audit policy wants what requests carry, too. */
  annotateAudit(key: string, value: string, level?: 'Request'): void
  /** Told the decoded object of the body, where the request is audited. */
  audited?(object: ApiObject): void
}

/** What a step answers; the encode step makes bytes of it, the transport in this process takes the objects. */
export type Answer =
  | { readonly kind: 'entry'; readonly status: number; readonly entry: Entry; readonly endpoint: Endpoint }
  /** An object that is not in the cache: a Status, a Scale, the result of a dry run. `of` is set when it is of the resource's own kind. */
  | {
      readonly kind: 'object'
      readonly status: number
      readonly object: object
      readonly of?: Endpoint
      readonly headers?: Record<string, string>
    }
  /** A list of what is stored nowhere. */
  | { readonly kind: 'objects'; readonly endpoint: Endpoint; readonly objects: readonly ApiObject[] }
  | {
      readonly kind: 'list'
      readonly endpoint: Endpoint
      readonly entries: readonly Entry[]
      readonly revision: number
      readonly continue: string
      readonly remaining: number | undefined
    }
  | {
      readonly kind: 'watch'
      readonly endpoint: Endpoint
      readonly selection: Selection
      /** Undefined: begin with the present state. */
      readonly since: number | undefined
      readonly timeoutMs: number
      readonly bookmarks: boolean
      /** A bookmark marks the end of the initial events. */
      readonly initialEventsEnd: boolean
      /** Told how many events were sent. */
      readonly sent?: (count: number) => void
      /** To be called when the state that it begins with is on its way. */
      begun?(): void
    }
  | {
      readonly kind: 'bytes'
      readonly status: number
      readonly type: string
      readonly bytes: Buffer
      readonly headers?: Record<string, string>
    }
  /** The answer is a stream of another server's (logs, proxied requests, upgraded connections): the front connects it. */
  | { readonly kind: 'proxy'; readonly proxy: ProxyTarget }

export interface ProxyTarget {
  readonly protocol: 'http:' | 'https:'
  readonly host: string
  readonly port: number
  readonly path: string
  /** Beside the client's own, and in their place. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Whether the connection shows the server's client certificate for kubelets. */
  readonly kubelet: boolean
  /** What it refuses is answered as a Status, not as it came. */
  readonly errorsAsStatus?: boolean
  /** Set where it is an aggregated API server, which takes our word for who asks. */
  readonly server?: AggregatedServer
}

export interface AggregatedServer {
  /** Its connections, which show the front proxy's certificate. */
  readonly agent: HttpsAgent
  /** How long it may take; absent: as long as the client wants. */
  readonly timeoutMs?: number
}
