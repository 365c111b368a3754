/** Descriptions by resource, each loaded when it is asked for; what has none is described generically (k8s.io/kubectl/pkg/describe). */
import type { Factory, KubeObject } from '../factory.ts'
import { type ResourceType, resourceName } from '../resources.ts'
import type { DescribeWriter, EventLike } from './writer.ts'

export interface DescribeContext {
  readonly factory: Factory
  readonly type: ResourceType
  /** The events about the object; undefined with --show-events=false. */
  readonly events: readonly EventLike[] | undefined
  /** Reads a list for what is shown beside the object: [] where that is not allowed. */
  list<T>(path: string): Promise<readonly T[]>
  /** Reads an object; undefined when it cannot be read. */
  get<T>(path: string): Promise<T | undefined>
}
/** `object` is the wire form of the resource that the describer stands for in the map below. */
export type Describer = (object: never, w: DescribeWriter, context: DescribeContext) => void | Promise<void>

const describers: Readonly<Record<string, () => Promise<Describer>>> = {
  pods: () => import('./pod.ts').then((m) => m.describePod),
  nodes: () => import('./node.ts').then((m) => m.describeNode),
  services: () => import('./service.ts').then((m) => m.describeService),
  'ingresses.networking.k8s.io': () => import('./service.ts').then((m) => m.describeIngress),
  'deployments.apps': () => import('./workloads.ts').then((m) => m.describeDeployment),
  'replicasets.apps': () => import('./workloads.ts').then((m) => m.describeReplicaSet),
  replicationcontrollers: () => import('./workloads.ts').then((m) => m.describeReplicaSet),
  'statefulsets.apps': () => import('./workloads.ts').then((m) => m.describeStatefulSet),
  'daemonsets.apps': () => import('./workloads.ts').then((m) => m.describeDaemonSet),
  'jobs.batch': () => import('./jobs.ts').then((m) => m.describeJob),
  'cronjobs.batch': () => import('./jobs.ts').then((m) => m.describeCronJob),
  namespaces: () => import('./policy.ts').then((m) => m.describeNamespace),
  resourcequotas: () => import('./policy.ts').then((m) => m.describeQuota),
  limitranges: () => import('./policy.ts').then((m) => m.describeLimitRange),
  'poddisruptionbudgets.policy': () => import('./policy.ts').then((m) => m.describeBudget),
  'priorityclasses.scheduling.k8s.io': () => import('./policy.ts').then((m) => m.describePriorityClass),
  'horizontalpodautoscalers.autoscaling': () => import('./autoscaler.ts').then((m) => m.describeAutoscaler),
  configmaps: () => import('./config.ts').then((m) => m.describeConfigMap),
  secrets: () => import('./config.ts').then((m) => m.describeSecret),
  persistentvolumes: () => import('./storage.ts').then((m) => m.describeVolume),
  persistentvolumeclaims: () => import('./storage.ts').then((m) => m.describeClaim),
  'storageclasses.storage.k8s.io': () => import('./storage.ts').then((m) => m.describeStorageClass),
  serviceaccounts: () => import('./access.ts').then((m) => m.describeServiceAccount),
  'roles.rbac.authorization.k8s.io': () => import('./access.ts').then((m) => m.describeRole),
  'clusterroles.rbac.authorization.k8s.io': () => import('./access.ts').then((m) => m.describeRole),
  'rolebindings.rbac.authorization.k8s.io': () => import('./access.ts').then((m) => m.describeBinding),
  'clusterrolebindings.rbac.authorization.k8s.io': () => import('./access.ts').then((m) => m.describeBinding),
}

export async function describeObject(object: KubeObject, context: DescribeContext): Promise<string> {
  const { createDescribeWriter } = await import('./writer.ts')
  const load = describers[resourceName(context.type)]
  const describer: Describer = load ? await load() : (await import('./generic.ts')).describeGeneric
  const w = createDescribeWriter()
  await describer(object as never, w, context)
  return w.text()
}
