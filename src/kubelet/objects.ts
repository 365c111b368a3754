/**
 * The config maps and secrets that this node's pods use, each watched by itself (pkg/kubelet/util/manager, the watch
 * strategy): the node authorizer lets a kubelet see only those, and a change is known at once.
 */
import type { ConfigMap, Secret } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import { createInformers, type Informer, type Informers } from '../client/informer.ts'

export interface ObjectWatcher {
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>
  secret(namespace: string, name: string): Promise<Secret | undefined>
  /** What a pod refers to from now on; what no pod refers to any more is no longer watched. */
  hold(owner: string, references: readonly Reference[]): void
  release(owner: string): void
  stop(): void
}
export interface Reference {
  readonly resource: 'configmaps' | 'secrets'
  readonly namespace: string
  readonly name: string
}

interface Watched {
  readonly informers: Informers
  readonly informer: Informer<ConfigMap | Secret>
  readonly owners: Set<string>
}

/** `changed` is told the owners of an object that changed after it was first seen. */
export function createObjectWatcher(client: Client, changed: (owner: string) => void): ObjectWatcher {
  const watched = new Map<string, Watched>()
  const held = new Map<string, ReadonlySet<string>>()
  const keyOf = (r: Reference) => `${r.resource}/${r.namespace}/${r.name}`

  function watch(reference: Reference): Watched {
    const key = keyOf(reference)
    const have = watched.get(key)
    if (have) return have
    const informers = createInformers(client)
    const informer = informers.of(reference.resource, {
      namespace: reference.namespace,
      fieldSelector: `metadata.name=${reference.name}`,
    }) as Informer<ConfigMap | Secret>
    const made: Watched = { informers, informer, owners: new Set() }
    watched.set(key, made)
    const tell = () => {
      if (informer.synced) for (const owner of made.owners) changed(owner)
    }
    informer.addHandler({ added: tell, updated: tell, deleted: tell })
    informers.start()
    return made
  }
  function drop(owner: string, key: string): void {
    const entry = watched.get(key)
    if (!entry?.owners.delete(owner) || entry.owners.size > 0) return
    entry.informers.stop()
    watched.delete(key)
  }
  async function get(reference: Reference): Promise<ConfigMap | Secret | undefined> {
    const have = watched.get(keyOf(reference))
    // Not held by a pod, as an image pull secret of a pod that just went: asked once.
    if (!have) return client.get(reference.resource, reference).catch(absent)
    await have.informer.whenSynced()
    return have.informer.get(reference.namespace, reference.name)
  }

  return {
    configMap: (namespace, name) => get({ resource: 'configmaps', namespace, name }) as Promise<ConfigMap | undefined>,
    secret: (namespace, name) => get({ resource: 'secrets', namespace, name }) as Promise<Secret | undefined>,
    hold(owner, references) {
      const now = new Set(references.map(keyOf))
      for (const reference of references) watch(reference).owners.add(owner)
      for (const key of held.get(owner) ?? []) if (!now.has(key)) drop(owner, key)
      held.set(owner, now)
    },
    release(owner) {
      for (const key of held.get(owner) ?? []) drop(owner, key)
      held.delete(owner)
    },
    stop() {
      for (const { informers } of watched.values()) informers.stop()
      watched.clear()
    },
  }
}

function absent(error: unknown): undefined {
  if ((error as { code?: unknown }).code === 404) return undefined
  throw error
}
