/** Keeps a ReplicaSet's pods (pkg/controller/replicaset). */
import type { LabelSelector } from '../api/types/meta-v1.ts'
import type { CreateController } from './controller.ts'
import { createReplicaLoop } from './replica-loop.ts'

export const createReplicaSetController: CreateController = (deps) =>
  createReplicaLoop(deps, {
    name: 'replicaset-controller',
    component: 'replicaset-controller',
    resource: 'replicasets.apps',
    workers: deps.options.concurrent.replicaset,
    selectorOf: (set) => (set.spec as { selector?: LabelSelector }).selector,
    countsTerminating: true,
  })
