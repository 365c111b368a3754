/**
 * Sends pods' statuses to the API server (pkg/kubelet/status): the newest one counts, one request at a time for a
 * pod, and none when nothing changed. A failed one is sent again with back-off.
 */
import { isDeepStrictEqual } from 'node:util'
import { isNotFound, StatusError } from '../api/errors.ts'
import type { Pod, PodStatus } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import { type Clock, sleep } from '../client/clock.ts'
import type { Logger } from '../log/log.ts'
import { resizeConditions } from './status.ts'

export interface StatusManager {
  get(uid: string): PodStatus | undefined
  /** `uid` is the kubelet's; of a static pod the API knows another, that of its mirror. */
  set(uid: string, status: PodStatus): void
  /** Looks again at whether the API has what it should: its pod appeared, or its status changed there. */
  reconcile(uid: string): void
  /** Resolves when the API has the pod's newest status, or no longer has the pod. */
  flush(uid: string): Promise<void>
  remove(uid: string): void
  stop(): void
}

export interface StatusManagerDeps {
  readonly client: Client
  readonly clock: Clock
  readonly log: Logger
  /** The pod as the API last told it; undefined when it has none (yet). */
  apiPod(uid: string): Pod | undefined
}

const checkAfterMs = 10_000

export function createStatusManager(deps: StatusManagerDeps): StatusManager {
  const { client, clock, log } = deps
  const wanted = new Map<string, PodStatus>()
  const sent = new Map<string, { podUid: string; status: PodStatus }>()
  const sending = new Map<string, Promise<void>>()
  /** Pods whose status in the API is looked at again soon. */
  const checking = new Map<string, () => void>()
  const stopping = new AbortController()

  function start(uid: string): Promise<void> {
    const have = sending.get(uid)
    if (have) return have
    const run = send(uid).finally(() => sending.delete(uid))
    sending.set(uid, run)
    return run
  }

  async function send(uid: string): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const status = wanted.get(uid)
      const pod = deps.apiPod(uid)
      if (!status || !pod) return
      const last = sent.get(uid)
      const base = last?.podUid === pod.metadata.uid ? last.status : pod.status
      if (isDeepStrictEqual(base, status)) return
      try {
        const { namespace, name } = pod.metadata
        await client.patch(
          'pods',
          { namespace, name },
          { metadata: { uid: pod.metadata.uid }, status: patchOf(base, status) },
          { type: 'strategic', subresource: 'status' },
        )
        sent.set(uid, { podUid: pod.metadata.uid, status })
        failures = 0
      } catch (error) {
        if (isNotFound(error)) return
        // The uid does not fit: the pod of that name is another one now.
        if (error instanceof StatusError && (error.code === 409 || error.code === 422)) {
          log.warn('the API server refused a pod status', { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, error })
          return
        }
        failures++
        if (failures > 1) log.warn('failed to update the status of a pod', { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, error })
        await sleep(clock, Math.min(500 * 2 ** failures, 10_000), stopping.signal)
      }
    }
  }

  /** Whether the API says otherwise than the kubelet: a newer status is on its way, or somebody else wrote one. */
  function differs(uid: string): boolean {
    const status = wanted.get(uid)
    const pod = deps.apiPod(uid)
    return status !== undefined && pod !== undefined && Object.keys(patchOf(pod.status, status)).length > 0
  }

  function reconcile(uid: string): void {
    void start(uid)
    if (checking.has(uid) || !differs(uid)) return
    // What still differs then is another's, such as the node lifecycle controller's; upstream looks every ten seconds, too.
    const cancel = clock.after(checkAfterMs, () => {
      checking.delete(uid)
      if (!differs(uid)) return
      sent.delete(uid)
      void start(uid)
    })
    checking.set(uid, cancel)
  }

  return {
    get: (uid) => wanted.get(uid),
    set(uid, status) {
      wanted.set(uid, status)
      void start(uid)
    },
    reconcile,
    flush: start,
    remove(uid) {
      wanted.delete(uid)
      sent.delete(uid)
      checking.get(uid)?.()
      checking.delete(uid)
    },
    stop() {
      for (const cancel of checking.values()) cancel()
      stopping.abort()
    },
  }
}

/** The fields of a status that changed. Lists merged by key are told to drop what is gone. */
export function patchOf(before: PodStatus | undefined, after: PodStatus): Record<string, unknown> {
  const patch: Record<string, unknown> = {}
  for (const key of new Set([...Object.keys(before ?? {}), ...Object.keys(after)]) as Set<keyof PodStatus>) {
    const value = after[key]
    if (isDeepStrictEqual(before?.[key], value)) continue
    if (value === undefined) {
      // What others report in a pod's status is not the kubelet's to remove.
      if (removable.has(key)) patch[key] = null
    } else if ((key === 'podIPs' || key === 'hostIPs') && before?.[key]?.length)
      patch[key] = [{ $patch: 'replace' }, ...(value as object[])]
    else if (key === 'conditions') {
      const over = (before?.conditions ?? []).filter(
        (b) => resizeConditions.has(b.type) && !after.conditions!.some((c) => c.type === b.type),
      )
      const changed = after.conditions!.flatMap((c) => {
        const old = before?.conditions?.find((b) => b.type === c.type)
        if (isDeepStrictEqual(old, c)) return []
        return [{ ...(old?.reason ? { reason: null } : {}), ...(old?.message ? { message: null } : {}), ...c }]
      })
      if (changed.length + over.length > 0) patch[key] = [...changed, ...over.map(({ type }) => ({ $patch: 'delete', type }))]
    } else patch[key] = value
  }
  return patch
}
const removable: ReadonlySet<keyof PodStatus> = new Set(['message', 'reason', 'podIP', 'podIPs'])
