/** Defaults of the core group. */
import { Buffer } from 'node:buffer'
import type { LimitRange, LimitRangeItem, Namespace, Node, PodTemplate, ReplicationController, Secret, Service } from '../types/core-v1.ts'
import type { Defaults } from './index.ts'
import { defaultPod, defaultPodTemplate } from './pod.ts'

export const coreDefaults = {
  'core.v1.Pod': defaultPod,
  'core.v1.PodTemplate': (object: PodTemplate) => defaultPodTemplate(object.template),
  'core.v1.ReplicationController': defaultReplicationController,
  'core.v1.Service': defaultService,
  'core.v1.Secret': mergeStringData,
  'core.v1.Namespace': labelNamespace,
  'core.v1.Node': defaultAllocatable,
  'core.v1.LimitRange': (object: LimitRange) => object.spec.limits?.forEach(defaultLimitRangeItem),
} satisfies Defaults

function defaultReplicationController(controller: ReplicationController): void {
  const labels = controller.spec.template?.metadata.labels
  if (labels) {
    controller.spec.selector ??= labels
    controller.metadata.labels ??= labels
  }
  defaultPodTemplate(controller.spec.template)
}

function defaultService(service: Service): void {
  const { spec } = service
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'ClientIP')
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800 } }
  for (const port of spec.ports ?? []) if (!port.targetPort) port.targetPort = port.port
  const { type } = spec
  const balanced = type === 'LoadBalancer'
  if (balanced || type === 'NodePort' || (type === 'ClusterIP' && spec.externalIPs)) spec.externalTrafficPolicy ??= 'Cluster'
  if (balanced || type === 'NodePort' || type === 'ClusterIP') spec.internalTrafficPolicy ??= 'Cluster'
  if (!balanced) return
  spec.allocateLoadBalancerNodePorts ??= true
  for (const ingress of service.status.loadBalancer.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP'
}

/** `stringData` is write-only: it goes into `data`, over what stands there, and is not kept. */
function mergeStringData(secret: Secret): void {
  if (!secret.stringData) return
  const data = { ...secret.data }
  for (const [key, value] of Object.entries(secret.stringData)) data[key] = Buffer.from(value).toString('base64')
  secret.data = data
  delete secret.stringData
}

/** So that namespaces can be selected by name. */
function labelNamespace(namespace: Namespace): void {
  const { name, labels } = namespace.metadata
  if (name) namespace.metadata.labels = { ...labels, 'kubernetes.io/metadata.name': name }
}

function defaultAllocatable(node: Node): void {
  if (node.status.capacity) node.status.allocatable ??= node.status.capacity
}

function defaultLimitRangeItem(item: LimitRangeItem): void {
  if (item.type !== 'Container') return
  const limit = { ...item.max, ...item.default }
  const request = { ...item.min, ...limit, ...item.defaultRequest }
  if (Object.keys(limit).length > 0) item.default = limit
  if (Object.keys(request).length > 0) item.defaultRequest = request
}
