/** `kijabi containerd` with the built-in pod network: the runtime knows only the seam, and the network's room only itself. */
import { mkdirSync } from 'node:fs'
import { createBridgeNetwork } from '../network/bridge.ts'
import { createContainerdCommand } from '../runtime/command.ts'
import type { NetworkMaker } from '../runtime/pod-network.ts'

export const makeBridge: NetworkMaker = async ({ folder, name, cidr, log }) => {
  mkdirSync(folder, { recursive: true })
  const network = createBridgeNetwork({ folder, bridge: name, log })
  await network.setPodCidr(cidr)
  return network
}

export const command = createContainerdCommand(makeBridge)
