/** Container lifecycle hooks (pkg/kubelet/lifecycle): what runs right after a container started and before it is stopped. */
import type { Container, LifecycleHandler } from '../api/types/core-v1.ts'
import { type Clock, sleep } from '../client/clock.ts'
import type { Cri } from './cri.ts'
import { execLook, httpLook, type LookTarget, tcpLook } from './probe-handlers.ts'

/** Runs a hook to its end; rejects when it fails. */
export async function runHook(
  cri: Cri,
  clock: Clock,
  handler: LifecycleHandler,
  target: LookTarget,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  if (handler.sleep) {
    await sleep(clock, handler.sleep.seconds * 1000, signal)
    return
  }
  const look = handler.exec
    ? await execLook(cri, handler.exec, target, timeoutMs)
    : handler.httpGet
      ? await httpLook(withDefaults(handler.httpGet), target, timeoutMs, 'kube-lifecycle/1.36')
      : handler.tcpSocket
        ? await tcpLook(handler.tcpSocket, target, timeoutMs)
        : { success: false, output: 'invalid handler' }
  if (!look.success) throw new Error(look.output || describe(handler, target.container))
}

/** A hook's port may be left out, and is 80 then. */
const withDefaults = <T extends { port: number | string }>(action: T): T =>
  action.port === 0 || action.port === '' ? { ...action, port: 80 } : action

const describe = (handler: LifecycleHandler, container: Container): string =>
  handler.exec
    ? `command '${(handler.exec.command ?? []).join(' ')}' failed in container ${container.name}`
    : `hook failed in container ${container.name}`
