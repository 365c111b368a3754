/**
 * How the client reaches an API server: over HTTPS, or, in the API server's own process, by a function call. Both
 * carry decoded objects, so that a controller cannot tell them apart; an object that comes out is shared and must
 * never be changed.
 */

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** The path with its query, encoded: `/api/v1/namespaces/default/pods?limit=5`. */
  readonly path: string
  readonly body?: unknown
  /** The media type of `body`; `application/json` when absent. */
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface WatchEvent<T = unknown> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: T
}

export interface Transport {
  /** Informers fill their caches from the first events of a watch (WatchList) and not from a list: no large answer is read at once. */
  readonly streamsLists?: boolean
  /** Resolves to the decoded answer; rejects with a StatusError (src/api/errors.ts) on any status of 400 and up. */
  request<T = unknown>(request: ApiRequest): Promise<T>
  /** The events of a watch path, in order. Ends when the server ends it; throws StatusError when it is refused. */
  watch<T = unknown>(request: ApiRequest): AsyncIterable<WatchEvent<T>>
  close(): void
}
