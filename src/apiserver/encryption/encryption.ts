/** Which transformer a stored key has (upstream: server/options/encryptionconfig): by resource, then by group, then for all. */
import { allResources } from '../../api/registry.ts'
import type { Logger } from '../../log/log.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { HealthCheck } from '../health.ts'
import { reloadable } from '../reloadable.ts'
import { storagePrefix } from '../storage/keys.ts'
import { type GroupResource, type ProviderConfiguration, parseEncryptionConfiguration, type ResourceConfiguration } from './config.ts'
import { createKms, type Kms } from './kms.ts'
import { createEncryptionMetrics, type EncryptionMetrics } from './metrics.ts'
import { createSealer } from './sealer.ts'
import { createTransformer, type Transformer, type TransformerProvider } from './transformer.ts'

/** The transformer of a storage key; undefined where nothing is configured for its resource. */
export type TransformerOf = (key: string) => Transformer | undefined

export interface Encryption {
  readonly transformerOf: TransformerOf
  readonly checks: readonly HealthCheck[]
  close(): void
}

/** `reload`: the file counts anew when it changes, as soon as its key managers are well. */
export async function openEncryption(path: string, reload: boolean, log: Logger, metrics: MetricsRegistry): Promise<Encryption> {
  const figures = createEncryptionMetrics(metrics)
  const file = reloadable(path, parseEncryptionConfiguration, log)
  let current = await openConfiguration(file.current, log, figures)
  let latest = file.current
  if (reload)
    file.follow(
      (next) => {
        latest = next
        void openConfiguration(next, log, figures).then(
          (opened) => {
            if (latest !== next) return opened.close()
            current.close()
            current = opened
            figures.reloaded('success')
            log.info('secrets are sealed as the new configuration says', { path })
          },
          (error: unknown) => {
            figures.reloaded('failure')
            log.error('the encryption configuration was not reloaded', { path, error })
          },
        )
      },
      // Taken is only what was opened.
      (status) => status === 'failure' && figures.reloaded(status),
    )
  const fault = () => current.managers.map((manager) => manager.fault()).find((found) => found !== undefined)
  // With reloading, the managers change: one check stands for all of them.
  const checks = reload
    ? [{ name: 'kms-providers', check: fault }]
    : current.managers.map((manager, i): HealthCheck => ({ name: `kms-provider-${i}`, check: () => manager.fault() }))
  return { transformerOf: (key) => current.transformerOf(key), checks, close: () => current.close() }
}

interface Opened {
  readonly transformerOf: TransformerOf
  readonly managers: readonly Kms[]
  close(): void
}

async function openConfiguration(config: readonly ResourceConfiguration[], log: Logger, figures: EncryptionMetrics): Promise<Opened> {
  const byResource = new Map<string, TransformerProvider[]>()
  const managers: Kms[] = []
  const providersOf = (provider: ProviderConfiguration): TransformerProvider[] => {
    switch (provider.type) {
      case 'identity':
        return ['identity']
      case 'kms': {
        const manager = createKms(provider, log, figures.kms(provider.name))
        managers.push(manager)
        return [manager]
      }
      default:
        return provider.keys.map(({ name, secret }) => createSealer(provider.type, name, secret))
    }
  }
  for (const { resources, providers } of config) {
    const mine = providers.flatMap(providersOf)
    for (const resource of resources) {
      const mask = [anything, { group: resource.group, resource: '*' }].map(nameOf).find((name) => byResource.has(name))
      if (mask) throw new Error(`resource ${JSON.stringify(nameOf(resource))} is masked by earlier rule ${JSON.stringify(mask)}`)
      byResource.set(nameOf(resource), [...(byResource.get(nameOf(resource)) ?? []), ...mine])
    }
  }
  const transformers = new Map([...byResource].map(([name, providers]) => [name, createTransformer(providers, figures.transformed)]))
  await Promise.all(managers.map((manager) => manager.start()))
  const found = new Map<string, Transformer | undefined>()
  return {
    transformerOf(key) {
      const prefix = prefixOf(key)
      if (!found.has(prefix)) {
        const resource = resourceAt(prefix)
        const names = resource && [resource, { group: resource.group, resource: '*' }, anything].map(nameOf)
        found.set(prefix, names && transformers.get(names.find((name) => transformers.has(name)) ?? ''))
      }
      return found.get(prefix)
    },
    managers,
    close() {
      for (const manager of managers) manager.close()
    },
  }
}

const anything: GroupResource = { group: '*', resource: '*' }
const nameOf = ({ group, resource }: GroupResource): string => (group || resource === '*' ? `${resource}.${group}` : resource)

const root = '/registry/'
const stored = new Map<string, GroupResource>(
  allResources()
    .filter(({ group }) => group !== 'events.k8s.io')
    .map(({ group, resource }) => [storagePrefix(group, resource), { group, resource }]),
)

/** The part of a key that is its resource's. */
function prefixOf(key: string): string {
  const first = key.indexOf('/', root.length)
  const short = key.slice(0, first + 1)
  if (stored.has(short)) return short
  return key.slice(0, key.indexOf('/', first + 1) + 1)
}
/** Custom resources are below their group; what is neither (allocations, leases of servers) is no resource and never sealed. */
function resourceAt(prefix: string): GroupResource | undefined {
  const [group, resource] = prefix.slice(root.length).split('/')
  return stored.get(prefix) ?? (group?.includes('.') && resource ? { group, resource } : undefined)
}
