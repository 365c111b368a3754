/** The names of upstream's health checks, each answered by the stage of our start that does the same work. */
import { setTimeout } from 'node:timers/promises'
import type { Store } from '../store/store.ts'
import type { HealthCheck } from './health.ts'

export interface Stages {
  /** Every cache holds what the store has. */
  readonly storage: boolean
  /** The system's namespaces, roles, services are there. */
  readonly bootstrap: boolean
  readonly closing: boolean
}

const hooks: readonly (readonly [string, 'storage' | 'bootstrap'])[] = [
  ['start-apiserver-admission-initializer', 'storage'],
  ['generic-apiserver-start-informers', 'storage'],
  ['priority-and-fairness-config-consumer', 'storage'],
  ['priority-and-fairness-filter', 'storage'],
  ['storage-object-count-tracker-hook', 'storage'],
  ['start-apiextensions-informers', 'storage'],
  ['start-apiextensions-controllers', 'storage'],
  ['crd-informer-synced', 'storage'],
  ['start-system-namespaces-controller', 'bootstrap'],
  ['peer-endpoint-reconciler-controller', 'bootstrap'],
  ['start-cluster-authentication-info-controller', 'bootstrap'],
  ['start-kube-apiserver-identity-lease-controller', 'bootstrap'],
  ['start-kube-apiserver-identity-lease-garbage-collector', 'bootstrap'],
  ['storage-readiness', 'storage'],
  ['start-legacy-token-tracking-controller', 'bootstrap'],
  ['start-service-ip-repair-controllers', 'bootstrap'],
  ['rbac/bootstrap-roles', 'bootstrap'],
  ['scheduling/bootstrap-system-priority-classes', 'bootstrap'],
  ['priority-and-fairness-config-producer', 'bootstrap'],
  ['bootstrap-controller', 'bootstrap'],
  ['start-kubernetes-service-cidr-controller', 'bootstrap'],
  ['aggregator-reload-proxy-client-cert', 'storage'],
  ['start-kube-aggregator-informers', 'storage'],
  ['apiservice-status-local-available-controller', 'storage'],
  ['apiservice-status-remote-available-controller', 'storage'],
  ['apiservice-registration-controller', 'storage'],
  ['apiservice-wait-for-first-sync', 'storage'],
  ['apiservice-discovery-controller', 'storage'],
  ['kube-apiserver-autoregistration', 'storage'],
  ['autoregister-completion', 'storage'],
  ['apiservice-openapi-controller', 'storage'],
  ['apiservice-openapiv3-controller', 'storage'],
]

export function healthChecks(stages: Stages, store: Store): HealthCheck[] {
  const well = () => undefined
  return [
    { name: 'ping', check: well },
    { name: 'log', check: well },
    { name: 'loopback-serving-certificate', on: ['healthz', 'livez'], check: well },
    { name: 'etcd', on: ['healthz', 'livez'], check: () => Promise.race([reached(store), tooLate()]) },
    { name: 'informer-sync', on: ['readyz'], check: () => (stages.storage ? undefined : 'caches are being read') },
    ...hooks.map(
      ([name, stage]): HealthCheck => ({
        name: name === 'autoregister-completion' ? name : `poststarthook/${name}`,
        check: () => (stages[stage] ? undefined : 'not finished'),
      }),
    ),
    { name: 'shutdown', on: ['readyz'], check: () => (stages.closing ? 'process is shutting down' : undefined) },
  ]
}

const reached = (store: Store): Promise<string | undefined> =>
  store.get('/registry/health').then(
    () => undefined,
    (error: unknown) => `error getting data from etcd: ${error instanceof Error ? error.message : error}`,
  )
/** --etcd-healthcheck-timeout */
const tooLate = (): Promise<string> => setTimeout(2000, 'error getting data from etcd: context deadline exceeded', { ref: false })
