/** --encryption-provider-config: which resources are encrypted, by whom (apiserver.config.k8s.io EncryptionConfiguration), checked as upstream checks it. */
import { causeMessage, type FieldError, invalid, required } from '../../api/validation/field-error.ts'
import { parseYaml } from '../../api/yaml.ts'
import { parseDuration } from '../../flags/flags.ts'
import { type KeyProvider, keyProviders, keySizes } from './sealer.ts'

export interface EncryptionKey {
  readonly name: string
  readonly secret: Buffer
}
export interface KmsOptions {
  readonly name: string
  readonly endpoint: string
  readonly timeoutMs: number
}
export type ProviderConfiguration =
  | { readonly type: 'identity' }
  | { readonly type: KeyProvider; readonly keys: readonly EncryptionKey[] }
  | ({ readonly type: 'kms' } & KmsOptions)

export interface ResourceConfiguration {
  readonly resources: readonly GroupResource[]
  readonly providers: readonly ProviderConfiguration[]
}
/** `*` for any: `*.` is all of the core group, `*.apps` all of one, `*.*` all. */
export interface GroupResource {
  readonly group: string
  readonly resource: string
}

interface Given {
  readonly kind?: string
  readonly apiVersion?: string
  readonly resources?: readonly {
    readonly resources?: readonly string[]
    readonly providers?: readonly Readonly<Record<string, unknown>>[]
  }[]
}

export function parseEncryptionConfiguration(text: string): readonly ResourceConfiguration[] {
  const config = parseYaml(text).value as Given | null
  if (config?.kind !== 'EncryptionConfiguration' || !config.apiVersion?.startsWith('apiserver.config.k8s.io/'))
    throw new Error('the encryption configuration is no EncryptionConfiguration of apiserver.config.k8s.io')
  const entries = config.resources ?? []
  const errors: FieldError[] = entries.length === 0 ? [required('resources', 'at least one resources is required')] : []
  const kmsNames = new Set<string>()
  const parsed = entries.map(({ resources = [], providers = [] }, i) => {
    const at = `resources[${i}]`
    if (resources.length === 0) errors.push(required(`${at}.resources`, `at least one ${at}.resources is required`))
    if (providers.length === 0) errors.push(required(`${at}.providers`, `at least one ${at}.providers is required`))
    errors.push(...overlaps(resources, `${at}.resources`))
    resources.forEach((resource, j) => {
      const why = refusal(resource)
      if (why) errors.push(invalid(`${at}.resources[${j}]`, resource, why))
    })
    return {
      resources: resources.map(groupResourceOf),
      providers: providers.flatMap((provider, j) => providerOf(provider, `${at}.providers[${j}]`, kmsNames, errors) ?? []),
    }
  })
  if (errors.length > 0) throw new Error(errors.map((e) => `${e.field}: ${causeMessage(e)}`).join(', '))
  return parsed
}

function groupResourceOf(text: string): GroupResource {
  const dot = text.indexOf('.')
  return dot < 0 ? { resource: text, group: '' } : { resource: text.slice(0, dot), group: text.slice(dot + 1) }
}

function overlaps(resources: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = []
  const all = resources.map(groupResourceOf)
  const pairs = all.flatMap((a, i) => all.filter((_b, j) => i !== j).map((b) => [a, b] as const))
  const same = pairs.some(([a, b]) => a.group === b.group && a.resource === b.resource)
  const masked = pairs.some(
    ([a, b]) =>
      (a.group === '*' && a.resource === '*' && !(b.group === '*' && b.resource === '*')) ||
      (a.group === b.group && a.resource !== b.resource && a.resource === '*'),
  )
  if (same) errors.push(invalid(field, resources, 'the same resource cannot be specified multiple times'))
  if (masked)
    errors.push(
      invalid(
        field,
        resources,
        "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
      ),
    )
  return errors
}

const notServed = ['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations']

function refusal(text: string): string | undefined {
  if (text.toLowerCase() !== text) return 'resource name should not contain capital letters'
  if (text === '*') return "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"
  if (notServed.includes(text)) return 'resources which do not have REST API/s cannot be encrypted'
  const { group, resource } = groupResourceOf(text)
  if (group === 'events.k8s.io')
    return "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file"
  if (group === 'extensions') return "'extensions' group has been removed and cannot be used for encryption"
  if (group === '*' && resource !== '*') return 'encrypting the same resource across groups is not supported'
  return undefined
}

function providerOf(
  provider: Readonly<Record<string, unknown>>,
  at: string,
  kmsNames: Set<string>,
  errors: FieldError[],
): ProviderConfiguration | undefined {
  const known = Object.keys(provider).filter((name) => ['kms', 'identity', ...keyProviders].includes(name))
  const [type] = known
  if (!type || known.length > 1) {
    const why = type
      ? 'more than one provider specified in a single element, should split into different list elements'
      : 'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity'
    // What is in it may be a key.
    errors.push(invalid(at, Object.keys(provider).join(','), why))
    return undefined
  }
  if (type === 'identity') return { type }
  if (type === 'kms') return kmsOf((provider['kms'] ?? {}) as Record<string, unknown>, `${at}.kms`, kmsNames, errors)
  const keys = ((provider[type] as { keys?: Record<string, string>[] } | null)?.keys ?? []).map((key) => ({
    name: key['name'] ?? '',
    secret: key['secret'] ?? '',
  }))
  const field = `${at}.${type}.keys`
  if (keys.length === 0) errors.push(required(field, 'at least one keys is required'))
  return {
    type: type as KeyProvider,
    keys: keys.map(({ name, secret }, i) => {
      const bytes = Buffer.from(secret, 'base64')
      const sizes = keySizes(type as KeyProvider)
      if (!name) errors.push(required(`${field}[${i}].name`, 'name is a mandatory field for a key'))
      if (!secret) errors.push(required(`${field}[${i}].secret`, 'secret is a mandatory field for a key'))
      else if (bytes.toString('base64') !== secret)
        errors.push(invalid(`${field}[${i}].secret`, 'REDACTED', 'secrets must be base64 encoded'))
      else if (!sizes.includes(bytes.length))
        errors.push(
          invalid(
            `${field}[${i}].secret`,
            'REDACTED',
            `secret is not of the expected length, got ${bytes.length}, expected one of [${sizes.join(' ')}]`,
          ),
        )
      return { name, secret: bytes }
    }),
  }
}

function kmsOf(given: Readonly<Record<string, unknown>>, at: string, names: Set<string>, errors: FieldError[]): ProviderConfiguration {
  const { apiVersion = 'v1', name = '', endpoint = '', timeout = '3s', cachesize } = given as Record<string, string>
  const timeoutMs = parseDuration(timeout) ?? 0
  if (!name) errors.push(required(`${at}.name`, 'name is a mandatory field for a provider'))
  if (name.includes(':')) errors.push(invalid(`${at}.name`, name, `invalid KMS provider name ${name}, must not contain ':'`))
  if (names.has(name)) errors.push(invalid(`${at}.name`, name, `duplicate KMS provider name ${name}, names must be unique`))
  names.add(name)
  if (timeoutMs <= 0) errors.push(invalid(`${at}.timeout`, timeout, 'timeout should be a positive value'))
  const scheme = /^([a-z]+):/.exec(endpoint)?.[1] ?? ''
  if (!endpoint) errors.push(invalid(`${at}.endpoint`, '', 'endpoint is a mandatory field for a kms'))
  else if (scheme !== 'unix')
    errors.push(
      invalid(`${at}.endpoint`, endpoint, `unsupported scheme ${JSON.stringify(scheme)} for KMS provider, only unix is supported`),
    )
  if (apiVersion === 'v1')
    errors.push(
      invalid(
        `${at}.apiVersion`,
        apiVersion,
        'KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.',
      ),
    )
  else if (apiVersion !== 'v2')
    errors.push(invalid(`${at}.apiVersion`, apiVersion, 'unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported'))
  if (cachesize !== undefined) errors.push(invalid(`${at}.cachesize`, cachesize, 'cachesize is not supported in v2'))
  return { type: 'kms', name, endpoint, timeoutMs }
}
