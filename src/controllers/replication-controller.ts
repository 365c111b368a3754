/** Keeps a ReplicationController's pods (pkg/controller/replication): the ReplicaSet's loop with a plain map as selector. */
import type { LabelSelector } from '../api/types/meta-v1.ts'
import type { CreateController } from './controller.ts'
import { createReplicaLoop } from './replica-loop.ts'

export const createReplicationController: CreateController = (deps) => {
  /** One selector object per spec's map, so that it is compiled once. */
  const selectors = new WeakMap<object, LabelSelector>()
  return createReplicaLoop(deps, {
    name: 'replicationcontroller-controller',
    component: 'replication-controller',
    resource: 'replicationcontrollers',
    workers: deps.options.concurrent.rc,
    selectorOf(set) {
      const map = (set.spec as { selector?: Record<string, string> }).selector
      if (!map || Object.keys(map).length === 0) return undefined
      const known = selectors.get(map) ?? { matchLabels: map }
      selectors.set(map, known)
      return known
    },
    countsTerminating: false,
  })
}
