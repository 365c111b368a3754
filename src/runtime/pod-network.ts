/**
 * The seam between a sandbox and its network. The runtime makes the network namespace with loopback up and hands over
 * its path; who implements this puts an interface into it and says which addresses it has. There are two: the CNI
 * plugins of a conflist (cni.ts), and the built-in bridge of src/network.
 */
import type { Logger } from '../log/log.ts'

/** Which network a sandbox is in, when it is not that of pods (networks.ts). */
export const networkAnnotation = 'kijabi.io/network'

export interface PodNetwork {
  /** What the CRI tells as NetworkReady. While not ready, only sandboxes in the host's network are started. */
  status(): Promise<NetworkStatus> | NetworkStatus
  /**
   * Connects the sandbox. A failure leaves nothing behind that `teardown` does not remove: the runtime calls it then too.
   */
  setup(sandbox: NetworkSandbox): Promise<NetworkResult>
  /** Idempotent: also for a sandbox that was never set up, or whose namespace is gone (`netns` is then empty). */
  teardown(sandbox: NetworkSandbox): Promise<void>
  /** The address range of the node's pods, told by the kubelet (UpdateRuntimeConfig) once it knows it. */
  setPodCidr?(cidr: string): Promise<void>
}

/** Makes a built-in network of a range of addresses. It is another room's: who puts the components together hands it in. */
export type NetworkMaker = (options: { folder: string; name: string; cidr: string; log: Logger }) => Promise<
  PodNetwork & {
    /** Takes all of it away: link, rules, addresses. */
    destroy(): Promise<void>
    close(): void
  }
>

export interface NetworkStatus {
  readonly ready: boolean
  readonly reason: string
  readonly message: string
}

export interface NetworkSandbox {
  readonly id: string
  /** A file that a network namespace is bound to, such as `ip netns` and CNI plugins take. */
  readonly netns: string
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly annotations: Readonly<Record<string, string>>
  readonly portMappings: readonly HostPort[]
}

export interface HostPort {
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly hostPort: number
  readonly containerPort: number
  /** Empty: every address of the host. */
  readonly hostIp: string
}

export interface NetworkResult {
  /** Without prefix length; the first is the pod's primary address. */
  readonly ips: readonly string[]
  /** The implementation publishes `portMappings` itself; else the runtime does (host-ports.ts). */
  readonly hostPortsDone?: boolean
  /** The interface on the host's side through which the pod is reached: host ports on 127.0.0.1 need it. */
  readonly hostInterface?: string
}
