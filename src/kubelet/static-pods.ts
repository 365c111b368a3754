/**
 * Static pods (pkg/kubelet/config/file.go): a manifest in a folder is a pod on this node, with or without an API
 * server. Where there is one, a mirror pod shows it; what is done to the mirror does nothing to the pod.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, type FSWatcher, mkdirSync, readdirSync, readFileSync, statSync, watch } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { load as loadYaml } from 'js-yaml'
import { isAlreadyExists, isNotFound } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import { isProcessPod } from '../api/process-pods.ts'
import type { Node, Pod } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import { type Clock, sleep } from '../client/clock.ts'
import { http } from '../http/node-http.ts'
import { readAnswer } from '../http/read-answer.ts'
import type { Logger } from '../log/log.ts'

export const configAnnotations = {
  hash: 'kubernetes.io/config.hash',
  source: 'kubernetes.io/config.source',
  seen: 'kubernetes.io/config.seen',
  mirror: 'kubernetes.io/config.mirror',
} as const

/** `file` or `http`; what the API server has is of neither. */
export const sourceOf = (pod: Pod): string | undefined => pod.metadata.annotations?.[configAnnotations.source]
export const isStatic = (pod: Pod): boolean => sourceOf(pod) === 'file' || sourceOf(pod) === 'http'
export const isMirror = (pod: Pod): boolean => pod.metadata.annotations?.[configAnnotations.mirror] !== undefined

/** Reads a folder's manifests now and whenever it changes. */
export function watchManifests(folder: string, nodeName: string, changed: (pods: readonly Pod[]) => void, log: Logger): { close(): void } {
  mkdirSync(folder, { recursive: true })
  const read = () => changed(readManifests(folder, nodeName, log))
  let timer: NodeJS.Timeout | undefined
  const watcher: FSWatcher = watch(folder, () => {
    // An editor writes in several steps; the last one counts.
    clearTimeout(timer)
    timer = setTimeout(read, 100)
  })
  watcher.on('error', (error) => log.error('cannot watch the manifest folder', { folder, error }))
  read()
  return {
    close() {
      clearTimeout(timer)
      watcher.close()
    },
  }
}

const maxManifestBytes = 10 * 1024 * 1024
const fetchTimeoutMs = 10_000

export function readManifests(folder: string, nodeName: string, log: Logger): Pod[] {
  if (!existsSync(folder)) return []
  const pods = new Map<string, Pod>()
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name)
    if (name.startsWith('.')) continue
    try {
      const found = statSync(path)
      if (!found.isFile()) continue
      if (found.size > maxManifestBytes) throw new Error('the file is larger than 10 MiB')
      const pod = staticPod(readFileSync(path, 'utf8'), nodeName)
      if (!isProcessPod(pod)) pods.set(pod.metadata.uid, pod)
    } catch (error) {
      log.error('could not read a manifest', { path, error })
    }
  }
  return [...pods.values()]
}

/** Fetches manifests, one pod or a list, now and every `everyMs` (pkg/kubelet/config/http.go): a URL has no event that tells of a change. */
export async function fetchManifests(
  source: { readonly url: string; readonly headers: Readonly<Record<string, readonly string[]>>; readonly everyMs: number },
  nodeName: string,
  changed: (pods: readonly Pod[]) => void,
  deps: { readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  const headers = Object.fromEntries(Object.entries(source.headers).map(([name, values]) => [name, [...values]]))
  let last = ''
  while (!signal.aborted) {
    try {
      const request = (source.url.startsWith('https:') ? https : http).get(source.url, {
        headers,
        signal: AbortSignal.any([signal, AbortSignal.timeout(fetchTimeoutMs)]),
      })
      const [answer] = (await once(request, 'response')) as [IncomingMessage]
      const body = await readAnswer(answer, maxManifestBytes)
      if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${answer.statusMessage}`)
      if (body === '') throw new Error('the answer is empty')
      if (body !== last) {
        const object = loadYaml(body) as { kind?: string; items?: object[] }
        changed((object.kind === 'PodList' ? (object.items ?? []) : [object]).map((pod) => podOfManifest(pod, nodeName, 'http')))
        last = body
      }
    } catch (error) {
      if (!signal.aborted) deps.log.warn('could not read manifests', { url: source.url, error })
    }
    await sleep(deps.clock, source.everyMs, signal)
  }
}

export const staticPod = (text: string, nodeName: string): Pod => podOfManifest(loadYaml(text) as object, nodeName, 'file')

/** The pod of a manifest, with what the API server would have filled in. */
function podOfManifest(manifest: object, nodeName: string, source: 'file' | 'http'): Pod {
  const object = manifest as Partial<Pod> | undefined
  // A list's items are pods without saying so.
  if (object && source === 'http') Object.assign(object, { kind: object.kind ?? 'Pod', apiVersion: object.apiVersion ?? 'v1' })
  if (object?.kind !== 'Pod' || object.apiVersion !== 'v1') throw new Error('the manifest is no v1 Pod')
  if (!object.metadata?.name || !object.spec?.containers?.length) throw new Error('a pod needs a name and containers')
  const hash = createHash('md5')
    .update(`${nodeName}\0${JSON.stringify(object)}`)
    .digest('hex')
  const { spec, metadata } = object
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: `${metadata.name}-${nodeName.toLowerCase()}`,
      namespace: metadata.namespace || 'default',
      uid: metadata.uid || hash,
      resourceVersion: '',
      creationTimestamp: metadata.creationTimestamp ?? '',
      annotations: {
        ...metadata.annotations,
        [configAnnotations.hash]: hash,
        [configAnnotations.source]: source,
        [configAnnotations.seen]: formatTime(),
      },
    },
    spec: {
      ...spec,
      nodeName,
      restartPolicy: spec.restartPolicy ?? 'Always',
      dnsPolicy: spec.dnsPolicy ?? 'ClusterFirst',
      terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
      // It is on the node because its file is: no taint drives it away.
      tolerations: [...(spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
      containers: spec.containers.map((c) => ({
        ...c,
        resources: withRequests(c.resources ?? {}),
        ports: c.ports?.map((p) => ({ ...p, protocol: p.protocol ?? 'TCP' })),
      })),
      ...(spec.initContainers
        ? { initContainers: spec.initContainers.map((c) => ({ ...c, resources: withRequests(c.resources ?? {}) })) }
        : {}),
    },
    status: {},
  }
}

/** A limit without a request is the request as well. */
function withRequests(resources: Pod['spec']['containers'][number]['resources']): Pod['spec']['containers'][number]['resources'] {
  return resources.limits ? { ...resources, requests: { ...resources.limits, ...resources.requests } } : resources
}

/** Makes the API's mirror of a static pod what it should be. `mirror` is what the API has. */
export async function syncMirror(client: Client, pod: Pod, mirror: Pod | undefined, node: Node | undefined): Promise<void> {
  const hash = pod.metadata.annotations?.[configAnnotations.hash] as string
  if (mirror && (mirror.metadata.deletionTimestamp || mirror.metadata.annotations?.[configAnnotations.mirror] !== hash)) {
    await deleteMirror(client, mirror)
  } else if (mirror) return
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...metadata } = pod.metadata
  try {
    await client.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, [configAnnotations.mirror]: hash },
        ...(node
          ? { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid, controller: true }] }
          : {}),
      },
      spec: pod.spec,
    })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}

export async function deleteMirror(client: Client, mirror: Pod): Promise<void> {
  try {
    await client.delete('pods', mirror.metadata, { gracePeriodSeconds: 0, preconditions: { uid: mirror.metadata.uid } })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
