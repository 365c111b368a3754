/** Deleting and waiting until an object is gone (k8s.io/kubectl/pkg/cmd/delete and wait). */
import { isGone, isNotFound } from '../api/errors.ts'
import type { Factory, KubeObject } from './factory.ts'
import { pathOf, type ResourceType } from './resources.ts'
import { queryOf } from './select.ts'

export interface Place {
  readonly type: ResourceType
  readonly namespace: string
  readonly name: string
}

export const deleteObject = (factory: Factory, { type, namespace, name }: Place, options: Record<string, unknown>): Promise<KubeObject> =>
  factory.request({ method: 'DELETE', path: pathOf(type, namespace, name), body: { kind: 'DeleteOptions', apiVersion: 'v1', ...options } })

export async function deleteAndWait(factory: Factory, place: Place, options: Record<string, unknown> = {}): Promise<void> {
  const answer = await deleteObject(factory, place, { propagationPolicy: 'Background', ...options })
  await waitGone(factory, place, uidOf(answer))
}

/** The deleted object's uid: in the object, or in the details of a Status. */
export const uidOf = (answer: KubeObject): string | undefined =>
  (answer.metadata?.['uid'] as string | undefined) ?? (answer as { details?: { uid?: string } }).details?.uid

/** Resolves once no object with this uid is there, by watching; rejects with a TimeoutError after `timeoutMs`. */
export async function waitGone(factory: Factory, { type, namespace, name }: Place, uid: string | undefined, timeoutMs = 0): Promise<void> {
  const signal = timeoutMs > 0 ? AbortSignal.any([factory.signal, AbortSignal.timeout(timeoutMs)]) : factory.signal
  const fieldSelector = `metadata.name=${name}`
  const transport = await factory.transport()
  for (;;) {
    const list = await factory.request<{ items: KubeObject[]; metadata: { resourceVersion: string } }>({
      method: 'GET',
      path: pathOf(type, namespace) + queryOf({ fieldSelector }),
      signal,
    })
    const [there] = list.items
    if (!there || (uid && there.metadata['uid'] !== uid)) return
    const { resourceVersion } = list.metadata
    try {
      const path = pathOf(type, namespace) + queryOf({ fieldSelector, watch: true, resourceVersion })
      for await (const event of transport.watch<KubeObject>({ method: 'GET', path, signal })) {
        if (event.type === 'DELETED') return
        if (event.type === 'ERROR') break
      }
    } catch (error) {
      if (isNotFound(error)) return
      if (!isGone(error)) throw error
    }
    signal.throwIfAborted()
  }
}
