/** Waits until one object is as wanted: a list, then a watch from there; no polling. */
import { isGone } from '../api/errors.ts'
import type { Factory, KubeObject } from './factory.ts'
import { pathOf, type ResourceType } from './resources.ts'
import { queryOf } from './select.ts'

export interface WatchedPlace {
  readonly type: ResourceType
  readonly namespace: string
  readonly name: string
}

/** Calls `done` with the object, undefined when it is not there, until it returns true; a TimeoutError after `timeoutMs` (0: never). */
export async function watchUntil(
  factory: Factory,
  { type, namespace, name }: WatchedPlace,
  timeoutMs: number,
  done: (object: KubeObject | undefined) => boolean,
): Promise<void> {
  const signal = timeoutMs > 0 ? AbortSignal.any([factory.signal, AbortSignal.timeout(timeoutMs)]) : factory.signal
  const fieldSelector = `metadata.name=${name}`
  const path = pathOf(type, namespace)
  const transport = await factory.transport()
  for (;;) {
    const list = await factory.request<{ items: KubeObject[]; metadata: { resourceVersion: string } }>({
      method: 'GET',
      path: path + queryOf({ fieldSelector }),
      signal,
    })
    if (done(list.items[0])) return
    const watched = path + queryOf({ fieldSelector, watch: true, resourceVersion: list.metadata.resourceVersion })
    try {
      for await (const event of transport.watch<KubeObject>({ method: 'GET', path: watched, signal })) {
        if (event.type === 'ERROR') break
        if (event.type !== 'BOOKMARK' && done(event.type === 'DELETED' ? undefined : event.object)) return
      }
    } catch (error) {
      if (!isGone(error)) throw signal.aborted ? signal.reason : error
    }
    signal.throwIfAborted()
  }
}
