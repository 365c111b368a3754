/** Which form an answer takes and a body has (upstream: apiserver/pkg/endpoints/handlers/negotiation). */
import { type MediaType, mediaTypes } from '../api/codec.ts'
import { StatusError } from '../api/errors.ts'

export interface Form {
  readonly media: MediaType
  /** What the object is turned into, when not sent as it is. */
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  readonly asVersion?: string
  readonly pretty: boolean
}

export const jsonForm: Form = { media: 'json', pretty: false }

/** The types that errors name, in upstream's order. CBOR is understood and not advertised, as upstream's feature gate has it. */
export const offered = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const byName: ReadonlyMap<string, MediaType> = new Map(Object.entries(mediaTypes).map(([media, name]) => [name, media as MediaType]))

interface Clause {
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
  readonly quality: number
}

/** The clauses of an Accept header, the most wanted first; equals keep their order. */
export function parseAccept(header: string): Clause[] {
  return header
    .split(',')
    .slice(0, 32)
    .map((text) => {
      const [type = '', ...rest] = text.split(';').map((part) => part.trim())
      const parameters: Record<string, string> = {}
      for (const part of rest) {
        const equals = part.indexOf('=')
        if (equals > 0)
          parameters[part.slice(0, equals).trim().toLowerCase()] = part
            .slice(equals + 1)
            .trim()
            .replace(/^"(.*)"$/, '$1')
      }
      const quality = parameters['q'] === undefined ? 1 : Number(parameters['q'])
      return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality }
    })
    .filter((clause) => clause.type !== '')
    .sort((a, b) => b.quality - a.quality)
}

/** What bodies of custom resources are, which no message describes. */
export const offeredCustom = offered.slice(0, 2)

const notAcceptable = (message: string, more: object = {}): StatusError =>
  new StatusError({ code: 406, reason: 'NotAcceptable', message, ...more })

/** What an API path without transformations (discovery, versions) says to a form it has not. */
export const newNotAcceptable = (): StatusError => notAcceptable(`only the following media types are accepted: ${offered.join(', ')}`)

const cache = new Map<string, Form>()

export interface Shape {
  /** `list` and `object` can be a Table or metadata only; `none` is answered as it is. */
  readonly forms: 'object' | 'list' | 'none'
  /** How Go names the answer's type, for the refusal of a list where an object is asked for: `core.ConfigMap`. */
  readonly type?: string
  /** Whether the path also serves watches, which the refusal names. */
  readonly watchable?: boolean
  /** Custom resources have no protobuf, and no router that refuses before the negotiation. */
  readonly custom?: boolean
}

/** The form a resource request is answered in. */
export function negotiate(accept: string | undefined, pretty: string | null, shape: Shape): Form {
  const wantsPretty = pretty === '1' || pretty === 'true' || pretty === ''
  if (accept === undefined || accept === '' || accept === 'application/json' || accept === '*/*')
    return wantsPretty ? { ...jsonForm, pretty: true } : jsonForm
  const key = `${shape.forms} ${wantsPretty} ${shape.custom ?? false} ${accept}`
  const have = cache.get(key)
  if (have) return have
  const form = choose(parseAccept(accept), wantsPretty, shape)
  if (cache.size > 500) cache.clear()
  cache.set(key, form)
  return form
}

function choose(clauses: readonly Clause[], pretty: boolean, { forms, type: name, watchable, custom }: Shape): Form {
  let served = false
  for (const { type, parameters } of clauses) {
    const media = byName.get(type === '*/*' ? 'application/json' : type)
    const { as, g, v } = parameters
    // Custom resources themselves are no protobuf; Tables of them and their metadata are.
    if (!media || (custom && media === 'protobuf' && as === undefined)) continue
    served = true
    const base = { media, pretty: pretty || parameters['pretty'] === '1' || parameters['pretty'] === 'true' }
    if (as === undefined) {
      if (g === undefined && v === undefined) return base
      continue
    }
    if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1') || forms === 'none') continue
    if (as === 'PartialObjectMetadata' && forms === 'list')
      throw notAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (*${name}List)`)
    if (as === 'PartialObjectMetadataList' && forms === 'object')
      throw notAcceptable(`you requested PartialObjectMetadataList, but the requested object is not a list (*${name})`)
    if (as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { ...base, as, asVersion: v }
  }
  if (served || custom) throw newNotAcceptable()
  const watches = watchable ? ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'] : []
  throw notAcceptable(`406: Not Acceptable\n\nAvailable representations: ${[...offered, ...watches].join(', ')}`, { details: {} })
}

export const newUnsupportedMediaType = (accepted: readonly string[] = offered): StatusError =>
  new StatusError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  })

/** The media type of a body, without parameters. */
export const bodyType = (contentType: string | undefined): string =>
  (contentType ?? 'application/json').split(';', 1)[0]!.trim().toLowerCase()

export function bodyMediaType(contentType: string | undefined, accepted = offered): MediaType {
  const type = bodyType(contentType)
  if (type === '') return 'json'
  const media = byName.get(type)
  if (!media || (media === 'protobuf' && accepted === offeredCustom)) throw newUnsupportedMediaType(accepted)
  return media
}
