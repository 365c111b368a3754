/** The client's transport by a function call, for controllers that share the server's process: decoded objects, shared and never changed. */
import { newBadRequest, StatusError } from '../api/errors.ts'
import { createHttpsTransport } from '../client/https-transport.ts'
import type { ApiRequest, Transport, WatchEvent } from '../client/transport.ts'
import type { Answer, IncomingRequest, ProxyTarget } from './call.ts'
import { bookmark, encodeAnswer, listMetadata } from './encode.ts'
import { headersTo } from './proxy.ts'
import type { User } from './request.ts'
import { cacheOf, viewOf } from './rest/core.ts'
import type { Response } from './server.ts'
import { authorityOf } from './service-resolver.ts'
import { listKindOf } from './shapes.ts'
import type { CacheEvent } from './storage/changes.ts'

/**
 * Every request is made as `user`; flow control and authorization see it like any other. Without a user (null) a request
 * must say itself who asks, by its Authorization header.
 */
export function createInProcessTransport(
  handle: (request: IncomingRequest) => Promise<Response>,
  user: User | null = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] },
  userAgent = 'kube-apiserver',
  observe?: (method: string, host: string, code: string, seconds: number) => void,
): Transport {
  const never = new AbortController().signal
  const closed = new AbortController()
  const send = async ({ method, path, body, contentType, headers, signal }: ApiRequest): Promise<Response> => {
    const began = performance.now()
    const response = await handle({
      method,
      target: path,
      headers: {
        'user-agent': userAgent,
        ...headers,
        ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
      },
      credentials: {
        ...(user ? { headers: {} } : { headers: { ...headers }, authorization: headers?.authorization }),
        remoteAddress: '127.0.0.1',
      },
      body: () => Promise.resolve(Buffer.alloc(0)),
      ...(body === undefined ? {} : { object: body }),
      ...(user ? { user } : {}),
      signal: signal ?? never,
    })
    observe?.(method, 'in-process', String(codeOf(response.answer)), (performance.now() - began) / 1000)
    return response
  }

  return {
    async request<T>(request: ApiRequest): Promise<T> {
      const response = await send(request)
      const { answer } = response
      let code = codeOf(answer)
      try {
        if (answer.kind === 'error') throw answer.error
        if (answer.kind !== 'proxy') return objectsOf(response, answer) as T
        return await transportTo(answer.proxy, userAgent).request<T>(requestTo(answer.proxy, request))
      } catch (error) {
        if (error instanceof StatusError) code = error.code
        throw error
      } finally {
        response.done(code)
      }
    },
    watch<T>(request: ApiRequest): AsyncIterable<WatchEvent<T>> {
      const signal = AbortSignal.any([closed.signal, ...(request.signal ? [request.signal] : [])])
      return events<T>(
        () => send(request),
        (target) => transportTo(target, userAgent).watch<T>(requestTo(target, { ...request, signal })),
        signal,
      )
    },
    close: () => closed.abort(),
  }
}

const codeOf = (answer: Response['answer']): number =>
  answer.kind === 'error' ? answer.error.code : 'status' in answer ? answer.status : 200

const plainReasons: Readonly<Record<number, string>> = {
  404: 'NotFound',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
}

/** What is refused in plain text. */
const refused = ({ status, bytes }: Extract<Answer, { kind: 'bytes' }>): StatusError =>
  new StatusError({ code: status, reason: plainReasons[status] ?? '', message: bytes.toString().trim() })

function objectsOf(response: Response, answer: Answer): unknown {
  switch (answer.kind) {
    case 'entry':
      if (!response.form.as) return viewOf(answer.endpoint, answer.entry)
      break
    case 'object':
      return answer.object
    case 'list': {
      const { endpoint, entries } = answer
      if (response.form.as) break
      return {
        kind: listKindOf(endpoint),
        apiVersion: endpoint.apiVersion,
        metadata: listMetadata(answer),
        items: entries.map((entry) => viewOf(endpoint, entry)),
      }
    }
    case 'bytes': {
      if (answer.status >= 400) throw refused(answer)
      const text = answer.bytes.toString()
      return answer.type.startsWith('application/json') ? JSON.parse(text) : text
    }
    case 'watch':
    case 'proxy':
      throw newBadRequest('this request is answered by a stream')
  }
  return JSON.parse(encodeAnswer(answer, { ...response.form, media: 'json' }, response.info.query).bytes.toString())
}

/** An aggregated server is asked as the front would pass the request on. */
function transportTo(target: ProxyTarget, userAgent: string): Transport {
  const { server } = target
  if (!server) throw newBadRequest('this request is answered by a stream')
  const connection = { server: `https://${authorityOf(target)}`, credentials: () => Promise.resolve({}) }
  return createHttpsTransport(connection, { userAgent, agent: server.agent })
}

function requestTo(target: ProxyTarget, request: ApiRequest): ApiRequest {
  const { path, server } = target
  const signals = [...(request.signal ? [request.signal] : []), ...(server?.timeoutMs ? [AbortSignal.timeout(server.timeoutMs)] : [])]
  return {
    ...request,
    path,
    headers: headersTo(target, request.headers ?? {}),
    ...(signals.length > 0 ? { signal: AbortSignal.any(signals) } : {}),
  }
}

async function* events<T>(
  open: () => Promise<Response>,
  elsewhere: (target: ProxyTarget) => AsyncIterable<WatchEvent<T>>,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>> {
  if (signal.aborted) return
  const response = await open()
  const { answer, form } = response
  if (answer.kind === 'error') {
    response.done(answer.error.code)
    throw answer.error
  }
  if (answer.kind === 'bytes' && answer.status >= 400) {
    response.done(answer.status)
    throw refused(answer)
  }
  if (answer.kind === 'proxy')
    try {
      return yield* elsewhere(answer.proxy)
    } finally {
      response.done(200)
    }
  if (answer.kind !== 'watch') throw newBadRequest('the path is not a watch')
  const { endpoint } = answer
  const queue: WatchEvent<T>[] = []
  let over = false
  let wake = () => {}
  const push = (event: WatchEvent<unknown>) => {
    queue.push(event as WatchEvent<T>)
    wake()
  }
  const toEvent = ({ type, entry }: CacheEvent): WatchEvent<unknown> => ({ type, object: viewOf(endpoint, entry) })
  const sendBookmark = (initialEnd: boolean) => {
    const { entry } = bookmark(endpoint, watch.progress(), form, initialEnd)
    push({ type: 'BOOKMARK', object: JSON.parse(entry.bytes.toString()) })
  }
  const watch = cacheOf(endpoint).watch(answer.selection, answer.since, {
    events(batch) {
      for (const event of batch) queue.push(toEvent(event) as WatchEvent<T>)
      wake()
      return undefined
    },
    initialEnd: () => {
      answer.begun?.()
      if (answer.initialEventsEnd) sendBookmark(true)
    },
    end(error) {
      if (error instanceof StatusError) push({ type: 'ERROR', object: error.status })
      over = true
      wake()
    },
  })
  const stop = () => {
    over = true
    wake()
  }
  const timeout = setTimeout(stop, answer.timeoutMs)
  const ticker = answer.bookmarks ? setInterval(() => sendBookmark(false), 60_000) : undefined
  timeout.unref()
  ticker?.unref()
  signal.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      const event = queue.shift()
      if (event && !signal.aborted) yield event
      else if (over) return
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    clearTimeout(timeout)
    clearInterval(ticker)
    signal.removeEventListener('abort', stop)
    watch.close()
    response.done(200)
  }
}
