/** Every controller by its name in `--controllers`, as upstream names them. */
import type { CreateController } from './controller.ts'
import { createDeploymentController } from './deployment.ts'
import { createReplicaSetController } from './replica-set.ts'
import { createReplicationController } from './replication-controller.ts'

export const registry = {
  'deployment-controller': createDeploymentController,
  'replicaset-controller': createReplicaSetController,
  'replicationcontroller-controller': createReplicationController,
} satisfies Record<string, CreateController>

/** Run only when they are named. */
export const offByDefault: ReadonlySet<string> = new Set(['bootstrap-signer-controller', 'token-cleaner-controller'])
