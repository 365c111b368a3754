/** --encryption-provider-config: which resources are encrypted, with which keys (apiserver.config.k8s.io/v1 EncryptionConfiguration). */
import { parseYaml } from '../../api/yaml.ts'
import { storagePrefix } from '../storage/keys.ts'
import { createSealer, createTransformer, providers, type Sealer, type Transformer } from './transformer.ts'

interface Key {
  readonly name?: string
  readonly secret?: string
}
interface Configuration {
  readonly apiVersion?: string
  readonly kind?: string
  readonly resources?: readonly {
    readonly resources?: readonly string[]
    readonly providers?: readonly Readonly<Record<string, { readonly keys?: readonly Key[] } | undefined>>[]
  }[]
}

/** The transformer of a storage key; undefined where nothing is configured for its resource. */
export type TransformerOf = (key: string) => Transformer | undefined

export function parseEncryptionConfiguration(text: string): TransformerOf {
  const config = parseYaml(text).value as Configuration | null
  if (config?.kind !== 'EncryptionConfiguration') throw new Error('the encryption configuration is of no known kind')
  const rules: { readonly prefix: string; readonly transformer: Transformer }[] = []
  for (const entry of config.resources ?? []) {
    const sealers = (entry.providers ?? []).flatMap(sealersOf)
    if (sealers.length === 0) throw new Error('an entry of the encryption configuration has no providers')
    const transformer = createTransformer(sealers)
    for (const resource of entry.resources ?? []) rules.push({ prefix: prefixOf(resource), transformer })
  }
  // The first entry that names a resource counts, wildcards included.
  return (key) => rules.find(({ prefix }) => key.startsWith(prefix))?.transformer
}

function prefixOf(resource: string): string {
  if (resource === '*.*' || resource === '*.') return '/registry/'
  const dot = resource.indexOf('.')
  const [name, group] = dot < 0 ? [resource, ''] : [resource.slice(0, dot), resource.slice(dot + 1)]
  if (name === '*') throw new Error(`${resource}: all resources of one group cannot be named; name them, or *.*`)
  return storagePrefix(group, name)
}

function sealersOf(provider: Readonly<Record<string, { readonly keys?: readonly Key[] } | undefined>>): (Sealer | undefined)[] {
  const [name] = Object.keys(provider)
  if (name === 'identity') return [undefined]
  const known = providers.find((p) => p === name)
  if (!known) throw new Error(`encryption provider ${JSON.stringify(name)} is not known: ${providers.join(', ')}, identity`)
  const keys = provider[known]?.keys ?? []
  if (keys.length === 0) throw new Error(`${known}: at least one key is required`)
  return keys.map(({ name: keyName, secret }) => {
    if (!keyName || keyName.includes(':') || !secret) throw new Error(`${known}: a key needs a name without colons, and a secret in base64`)
    return createSealer(known, keyName, Buffer.from(secret, 'base64'))
  })
}
