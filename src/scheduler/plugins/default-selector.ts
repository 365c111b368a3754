/** The pods of the services and of the controller that own a pod, which its default topology spread is about (helper.DefaultSelector). */
import { labelSelectorAsSelector, type Selector, selectorFromMap } from '../../api/labels.ts'
import { controllerOf } from '../../api/meta.ts'
import type { Pod } from '../../api/types/core-v1.ts'
import type { Informers } from '../../client/informer.ts'

/** Undefined when nobody owns the pod. */
export type DefaultSelector = (pod: Pod) => Selector | undefined

export function createDefaultSelector(informers: Informers): DefaultSelector {
  const services = informers.of('services')
  const replicationControllers = informers.of('replicationcontrollers')
  const replicaSets = informers.of('replicasets.apps')
  const statefulSets = informers.of('statefulsets.apps')

  function ofController(pod: Pod): Selector | undefined {
    const { namespace } = pod.metadata
    const owner = controllerOf(pod)
    switch (owner?.kind) {
      case 'ReplicaSet':
        return labelSelectorAsSelector(replicaSets.get(namespace, owner.name)?.spec.selector)
      case 'StatefulSet':
        return labelSelectorAsSelector(statefulSets.get(namespace, owner.name)?.spec.selector)
      case 'ReplicationController':
        return selectorFromMap(replicationControllers.get(namespace, owner.name)?.spec.selector)
    }
    return undefined
  }

  return (pod) => {
    const { namespace, labels } = pod.metadata
    if (!labels) return undefined
    const ofServices = services
      .list(namespace)
      .flatMap(({ spec }) => (spec.selector ? [selectorFromMap(spec.selector)] : []))
      .filter((selector) => selector.matches(labels))
    const own = ofController(pod)
    return both([...ofServices, ...(own ? [own] : [])].filter((selector) => !selector.nothing))
  }
}

function both(selectors: readonly Selector[]): Selector | undefined {
  const [first, ...others] = selectors
  if (!first || others.length === 0) return first
  const text = selectors.map(String).join(',')
  return {
    ...first,
    requirements: selectors.flatMap((s) => s.requirements),
    matches: (labels) => selectors.every((s) => s.matches(labels)),
    toString: () => text,
  }
}
