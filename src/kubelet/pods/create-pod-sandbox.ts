/** A pod's sandbox (kuberuntime_sandbox.go): what is left of an old one goes first, and its cgroup is limited before anything runs in it. */
import type { Pod } from '../../api/types/core-v1.ts'
import type * as cri from '../../runtime/cri/types.ts'
import { criErrorText } from '../cri.ts'
import { killPod } from './kill-pod.ts'
import { limitPodCgroup } from './pod-cgroup.ts'
import type { PodDeps, PodWorker } from './pod-worker.ts'
import { publishStatus } from './publish-status.ts'

export interface Sandbox {
  readonly id: string
  readonly podIPs: readonly string[]
  readonly config: cri.PodSandboxConfig
}

export async function createPodSandbox(deps: PodDeps, worker: PodWorker, config: cri.PodSandboxConfig): Promise<void> {
  const { pod } = worker
  const { runtime } = deps.cri
  if (worker.runtime.sandboxes.length > 0) {
    deps.event(pod, undefined, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
    await killPod(deps, worker, undefined)
  }
  const id = await runPodSandbox(deps, worker, config)
  // Containers need the address for /etc/hosts and the downward API.
  const { status } = await runtime.PodSandboxStatus({ podSandboxId: id })
  const ips = [status?.network?.ip, ...(status?.network?.additionalIps ?? []).map((a) => a.ip)].filter((ip): ip is string => !!ip)
  const { attempt = 0 } = config.metadata ?? {}
  worker.runtime = {
    ...worker.runtime,
    sandboxes: [
      { id, attempt, ready: true, createdAt: deps.clock.now(), ips, hostNetwork: pod.spec.hostNetwork === true },
      ...worker.runtime.sandboxes.map((s) => ({ ...s, ready: false })),
    ],
  }
  publishStatus(deps, worker)
}

async function runPodSandbox(deps: PodDeps, worker: PodWorker, config: cri.PodSandboxConfig): Promise<string> {
  const { pod } = worker
  try {
    limitPodCgroup(deps, worker)
    const handler = await runtimeHandler(deps, pod)
    if (pod.spec.hostUsers === false) await checkUserNamespaces(deps, handler)
    const made = await deps.cri.runtime.RunPodSandbox({ config, runtimeHandler: handler })
    return made.podSandboxId as string
  } catch (error) {
    deps.event(pod, undefined, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${criErrorText(error)}`)
    throw error
  }
}

async function runtimeHandler({ client }: PodDeps, { spec }: Pod): Promise<string> {
  return spec.runtimeClassName ? (await client.get('runtimeclasses.node.k8s.io', { name: spec.runtimeClassName })).handler : ''
}

/** A runtime that knows no user namespaces would run the pod as the node's root. */
async function checkUserNamespaces({ cri }: PodDeps, handler: string): Promise<void> {
  const { runtimeHandlers = [] } = await cri.runtime.Status({})
  if (runtimeHandlers.find(({ name = '' }) => name === handler)?.features?.userNamespaces) return
  const who = handler ? `RuntimeClass handler ${JSON.stringify(handler)}` : 'runtime'
  throw new Error(`can't set \`spec.hostUsers: false\`, ${who} does not support user namespaces`)
}

/** The sandbox that containers are started in. On the host's network they have its addresses. */
export function readySandbox(deps: PodDeps, { pod, runtime }: PodWorker): Omit<Sandbox, 'config'> {
  const sandbox = runtime.sandboxes.find((s) => s.ready)
  return { id: sandbox?.id ?? '', podIPs: pod.spec.hostNetwork ? deps.hostIPs() : (sandbox?.ips ?? []) }
}
