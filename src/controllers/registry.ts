/** Every controller by its name in `--controllers`, as upstream names them. */
import type { CreateController } from './controller.ts'
import { createCronJobController } from './cron-job.ts'
import { createDaemonSetController } from './daemon-set.ts'
import { createDeploymentController } from './deployment.ts'
import { createEndpointSliceController } from './endpoint-slice.ts'
import { createEndpointsController } from './endpoints.ts'
import { createGarbageCollector } from './garbage-collector.ts'
import { createJobController } from './job.ts'
import { createNamespaceController } from './namespace.ts'
import { createNodeLifecycleController } from './node-lifecycle.ts'
import { createPodGarbageCollector } from './pod-gc.ts'
import { createReplicaSetController } from './replica-set.ts'
import { createReplicationController } from './replication-controller.ts'
import { createRootCaPublisher } from './root-ca-publisher.ts'
import { createServiceAccountController } from './service-account.ts'
import { createStatefulSetController } from './stateful-set.ts'
import { createTaintEvictionController } from './taint-eviction.ts'
import { createTokenController } from './token.ts'
import { createTtlAfterFinishedController } from './ttl-after-finished.ts'

export const registry = {
  'serviceaccount-token-controller': createTokenController,
  'endpoints-controller': createEndpointsController,
  'endpointslice-controller': createEndpointSliceController,
  'replicationcontroller-controller': createReplicationController,
  'pod-garbage-collector-controller': createPodGarbageCollector,
  'namespace-controller': createNamespaceController,
  'serviceaccount-controller': createServiceAccountController,
  'deployment-controller': createDeploymentController,
  'replicaset-controller': createReplicaSetController,
  'statefulset-controller': createStatefulSetController,
  'daemonset-controller': createDaemonSetController,
  'job-controller': createJobController,
  'cronjob-controller': createCronJobController,
  'ttl-after-finished-controller': createTtlAfterFinishedController,
  'garbage-collector-controller': createGarbageCollector,
  'node-lifecycle-controller': createNodeLifecycleController,
  'taint-eviction-controller': createTaintEvictionController,
  'root-ca-certificate-publisher-controller': createRootCaPublisher,
} satisfies Record<string, CreateController>

/** Run only when they are named. */
export const offByDefault: ReadonlySet<string> = new Set(['bootstrap-signer-controller', 'token-cleaner-controller'])
