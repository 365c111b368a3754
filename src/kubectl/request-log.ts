/** `-v 6` and up: what is asked of the server and how it answers, on stderr as upstream's round trippers log it; never headers, which hold secrets. */
import { StatusError } from '../api/errors.ts'
import type { ApiRequest } from '../client/transport.ts'
import type { KubectlTransport } from './factory.ts'

const longestBody = 10_240

export function logRequests(inner: KubectlTransport, server: string, level: number, write: (text: string) => void): KubectlTransport {
  const log = (request: ApiRequest, startedAt: number, status: string) =>
    write(`${request.method} ${server}${request.path} ${status} in ${Math.round(performance.now() - startedAt)} milliseconds\n`)
  const body = (what: string, value: unknown) => {
    if (level >= 8 && value !== undefined)
      write(`${what} Body: ${(typeof value === 'string' ? value : JSON.stringify(value)).slice(0, longestBody)}\n`)
  }
  return {
    async request<T>(request: ApiRequest): Promise<T> {
      const startedAt = performance.now()
      body('Request', request.body)
      try {
        const answer = await inner.request<T>(request)
        log(request, startedAt, 'OK')
        body('Response', answer)
        return answer
      } catch (error) {
        log(request, startedAt, error instanceof StatusError ? `${error.code} ${error.reason}` : 'failed')
        throw error
      }
    },
    watch(request) {
      log(request, performance.now(), 'watch')
      return inner.watch(request)
    },
    stream(request) {
      log(request, performance.now(), 'stream')
      return inner.stream(request)
    },
    close: () => inner.close(),
  }
}
