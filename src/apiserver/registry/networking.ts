/** The networking and autoscaling groups (registry/networking, registry/autoscaling). */
import { autoscalerAnnotations } from '../../api/conversion/horizontal-pod-autoscaler.ts'
import type { HorizontalPodAutoscaler } from '../../api/types/autoscaling-v2.ts'
import type { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from '../../api/types/networking-v1.ts'
import * as autoscaling from '../../api/validation/autoscaling.ts'
import * as networking from '../../api/validation/networking.ts'
import type { Strategy } from './strategy.ts'

export const ingresses: Strategy<Ingress> = {
  validate: networking.validateIngress,
  validateUpdate: networking.validateIngressUpdate,
  warnings: ({ metadata }, old) =>
    !old && metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined
      ? [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  subresources: { status: { validateUpdate: networking.validateIngressStatusUpdate } },
}
export const ingressClasses: Strategy<IngressClass> = {
  generation: true,
  validate: networking.validateIngressClass,
  validateUpdate: networking.validateIngressClassUpdate,
}
export const networkPolicies: Strategy<NetworkPolicy> = {
  generation: true,
  validate: networking.validateNetworkPolicy,
  validateUpdate: networking.validateNetworkPolicyUpdate,
}
export const ipAddresses: Strategy<IPAddress> = {
  validate: networking.validateIPAddress,
  validateUpdate: networking.validateIPAddressUpdate,
}
export const serviceCIDRs: Strategy<ServiceCIDR> = {
  generation: false,
  validate: networking.validateServiceCIDR,
  validateUpdate: networking.validateServiceCIDRUpdate,
  subresources: { status: { validateUpdate: networking.validateServiceCIDRStatusUpdate } },
}
export const horizontalPodAutoscalers: Strategy<HorizontalPodAutoscaler> = {
  generation: false,
  internalAnnotations: autoscalerAnnotations,
  validate: autoscaling.validateHorizontalPodAutoscaler,
  validateUpdate: autoscaling.validateHorizontalPodAutoscalerUpdate,
  subresources: {
    status: { validateUpdate: autoscaling.validateHorizontalPodAutoscalerStatusUpdate },
  },
}
