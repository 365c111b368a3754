/** /openapi/v2 and /openapi/v3: the documents of src/api/openapi with their ETags; a link with the right hash may be cached for good. */
import type { OpenApi, OpenApiDocument } from '../api/openapi/documents.ts'
import type { AggregatedDiscovery } from './aggregator/discovery.ts'
import type { Answer, IncomingRequest } from './call.ts'
import { newNotAcceptable, parseAccept } from './negotiate.ts'
import type { RequestInfo } from './request.ts'
import { header } from './rest/body.ts'

/** Undefined: no document has this path. */
export function answerOpenApi(
  openApi: OpenApi,
  aggregated: Pick<AggregatedDiscovery, 'openApi'>,
  request: IncomingRequest,
  info: RequestInfo,
): Answer | undefined {
  const path = info.path.replace(/\/+$/, '')
  const protobuf = path === '/openapi/v2' && wantsProtobuf(header(request.headers['accept']))
  const document = protobuf
    ? openApi.v2Protobuf()
    : path === '/openapi/v2'
      ? openApi.v2()
      : path === '/openapi/v3'
        ? openApi.index(aggregated.openApi())
        : openApi.v3(path.slice('/openapi/v3/'.length))
  if (!document) return undefined
  if (!protobuf && !takesJson(header(request.headers['accept']))) throw newNotAcceptable()
  const hash = info.query.get('hash')
  if (hash !== null && hash !== document.hash) return redirect(`${path}?hash=${document.hash}`)
  const headers = { etag: `"${document.hash}"`, vary: 'Accept', ...(hash === null ? {} : forever()) }
  if (header(request.headers['if-none-match']) === headers.etag)
    return { kind: 'bytes', status: 304, type: 'application/json', bytes: Buffer.alloc(0), headers }
  const type = protobuf ? 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf' : 'application/json'
  return { kind: 'bytes', status: 200, type, bytes: bytesOf(document), headers }
}

const bytesOf = ({ bytes }: OpenApiDocument): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Old kubectls name the form with an @, newer ones with a dot. */
const wantsProtobuf = (accept: string | undefined): boolean =>
  accept !== undefined && /^application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf$/.test(parseAccept(accept)[0]?.type ?? '')

function takesJson(accept: string | undefined): boolean {
  if (accept === undefined || accept === '') return true
  return parseAccept(accept).some(({ type }) => type === 'application/json' || type === '*/*' || type === 'application/*')
}

const redirect = (location: string): Answer => ({
  kind: 'bytes',
  status: 301,
  type: 'text/plain',
  bytes: Buffer.alloc(0),
  headers: { location },
})

const yearSeconds = 365 * 24 * 3600
const forever = (): Record<string, string> => ({
  'cache-control': `public, max-age=${yearSeconds}`,
  expires: new Date(Date.now() + yearSeconds * 1000).toUTCString(),
})
