/** Defaults of the apps group. */
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../types/apps-v1.ts'
import type { Defaults } from './index.ts'
import { defaultPodTemplate } from './pod.ts'

export const appsDefaults = {
  'apps.v1.DaemonSet': ({ spec }: DaemonSet) => {
    if (spec.updateStrategy.type === 'RollingUpdate') spec.updateStrategy.rollingUpdate ??= { maxUnavailable: 1, maxSurge: 0 }
    defaultPodTemplate(spec.template)
  },
  'apps.v1.Deployment': ({ spec }: Deployment) => {
    if (spec.strategy.type === 'RollingUpdate') spec.strategy.rollingUpdate ??= { maxUnavailable: '25%', maxSurge: '25%' }
    defaultPodTemplate(spec.template)
  },
  'apps.v1.ReplicaSet': ({ spec }: ReplicaSet) => defaultPodTemplate(spec.template),
  'apps.v1.StatefulSet': ({ spec }: StatefulSet) => {
    const strategy = spec.updateStrategy
    if (strategy.type === 'RollingUpdate') {
      strategy.rollingUpdate ??= {}
      strategy.rollingUpdate.partition ??= 0
    }
    spec.volumeClaimTemplates = spec.volumeClaimTemplates?.map((claim) => ({ ...claim, kind: 'PersistentVolumeClaim', apiVersion: 'v1' }))
    if (!spec.volumeClaimTemplates) delete spec.volumeClaimTemplates
    defaultPodTemplate(spec.template)
  },
} satisfies Defaults
