/** Defaults of the autoscaling group. */
import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1 } from '../types/autoscaling-v1.ts'
import type { HorizontalPodAutoscaler, HPAScalingRules } from '../types/autoscaling-v2.ts'
import type { Defaults } from './index.ts'

export const autoscalingDefaults = {
  'autoscaling.v1.HorizontalPodAutoscaler': ({ metadata, spec }: HorizontalPodAutoscalerV1) => {
    // The metrics of v2 travel through v1 in this annotation; without any, the aim is 80 % of the CPU asked for.
    if (!metadata.annotations?.['autoscaling.alpha.kubernetes.io/metrics']) spec.targetCPUUtilizationPercentage ??= 80
  },
  'autoscaling.v2.HorizontalPodAutoscaler': ({ spec }: HorizontalPodAutoscaler) => {
    spec.metrics ??= [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }]
    if (!spec.behavior) return
    spec.behavior.scaleUp = { ...scaleUp(), ...spec.behavior.scaleUp }
    spec.behavior.scaleDown = { ...scaleDown(), ...spec.behavior.scaleDown }
  },
} satisfies Defaults

/** Double, or four pods, whichever is more, every 15 seconds. */
const scaleUp = (): HPAScalingRules => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
})
/** To the wanted number at once; the window is the controller's default. */
const scaleDown = (): HPAScalingRules => ({
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
})
