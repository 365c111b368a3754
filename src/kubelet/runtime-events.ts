/**
 * Tells when something changed in the runtime (pkg/kubelet/pleg): from its stream of events, or, for a runtime that
 * has none, by looking once a second and comparing.
 */
import { type Clock, sleep } from '../client/clock.ts'
import { Code, GrpcError } from '../grpc/status.ts'
import type { Logger } from '../log/log.ts'
import { type Cri, criErrorText } from './cri.ts'
import { type ListedPod, listRuntimePods } from './runtime-pods.ts'

const relistMs = 1000
const reconnectMs = 1000

/** Calls `changed` for each pod that something happened to, by uid, until the signal ends it. */
export async function watchRuntime(
  cri: Cri,
  changed: (uid: string) => void,
  deps: { clock: Clock; log: Logger },
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = deps
  let known = new Map<string, ListedPod>()
  async function relist(): Promise<void> {
    const now = await listRuntimePods(cri)
    for (const [uid, pod] of now) if (known.get(uid)?.fingerprint !== pod.fingerprint) changed(uid)
    for (const uid of known.keys()) if (!now.has(uid)) changed(uid)
    known = now
  }
  let hasEvents = true
  while (!signal.aborted) {
    try {
      if (hasEvents) {
        // What happened while nobody listened shows in a list; the stream is opened before it so that nothing falls between.
        const events = cri.runtime.GetContainerEvents({}, { signal })[Symbol.asyncIterator]()
        let next = events.next()
        next.catch(() => {})
        await relist()
        for (let event = await next; !event.done; event = await next) {
          next = events.next()
          next.catch(() => {})
          const uid = event.value.podSandboxStatus?.metadata?.uid
          if (uid) changed(uid)
          else await relist()
        }
      } else {
        await relist()
        await sleep(clock, relistMs, signal)
        continue
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof GrpcError && error.code === Code.UNIMPLEMENTED) {
        log.info('the runtime has no event stream, listing its pods every second instead')
        hasEvents = false
        continue
      }
      log.warn('lost the runtime', { error: criErrorText(error) })
    }
    await sleep(clock, reconnectMs, signal)
  }
}
