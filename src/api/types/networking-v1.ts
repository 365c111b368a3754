// Written by scripts/generate-types.ts from src/api/tables/networking-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

export interface HTTPIngressPath {
  path?: string
  backend: IngressBackend
  pathType: 'Exact' | 'ImplementationSpecific' | 'Prefix'
}

export interface HTTPIngressRuleValue {
  paths: HTTPIngressPath[]
}

export interface IPAddress {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: IPAddressSpec
}

export interface IPAddressList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: IPAddress[]
}

export interface IPAddressSpec {
  parentRef: ParentReference
}

export interface IPBlock {
  cidr: string
  except?: string[]
}

export interface Ingress {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: IngressSpec
  status: IngressStatus
}

export interface IngressBackend {
  resource?: core_v1.TypedLocalObjectReference
  service?: IngressServiceBackend
}

export interface IngressClass {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: IngressClassSpec
}

export interface IngressClassList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: IngressClass[]
}

export interface IngressClassParametersReference {
  apiGroup?: string
  kind: string
  name: string
  scope: string
  namespace?: string
}

export interface IngressClassSpec {
  controller?: string
  parameters?: IngressClassParametersReference
}

export interface IngressList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: Ingress[]
}

export interface IngressLoadBalancerIngress {
  ip?: string
  hostname?: string
  ports?: IngressPortStatus[]
}

export interface IngressLoadBalancerStatus {
  ingress?: IngressLoadBalancerIngress[]
}

export interface IngressPortStatus {
  port: number
  protocol: 'SCTP' | 'TCP' | 'UDP'
  error?: string
}

export interface IngressRule {
  host?: string
  http?: HTTPIngressRuleValue
}

export interface IngressRuleValue {
  http?: HTTPIngressRuleValue
}

export interface IngressServiceBackend {
  name: string
  port: ServiceBackendPort
}

export interface IngressSpec {
  defaultBackend?: IngressBackend
  tls?: IngressTLS[]
  rules?: IngressRule[]
  ingressClassName?: string
}

export interface IngressStatus {
  loadBalancer: IngressLoadBalancerStatus
}

export interface IngressTLS {
  hosts?: string[]
  secretName?: string
}

export interface NetworkPolicy {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: NetworkPolicySpec
}

export interface NetworkPolicyEgressRule {
  ports?: NetworkPolicyPort[]
  to?: NetworkPolicyPeer[]
}

export interface NetworkPolicyIngressRule {
  ports?: NetworkPolicyPort[]
  from?: NetworkPolicyPeer[]
}

export interface NetworkPolicyList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: NetworkPolicy[]
}

export interface NetworkPolicyPeer {
  podSelector?: meta_v1.LabelSelector
  namespaceSelector?: meta_v1.LabelSelector
  ipBlock?: IPBlock
}

export interface NetworkPolicyPort {
  protocol: 'SCTP' | 'TCP' | 'UDP'
  port?: number | string
  endPort?: number
}

export interface NetworkPolicySpec {
  podSelector: meta_v1.LabelSelector
  ingress?: NetworkPolicyIngressRule[]
  egress?: NetworkPolicyEgressRule[]
  policyTypes?: ('Egress' | 'Ingress')[]
}

export interface ParentReference {
  group?: string
  resource: string
  namespace?: string
  name: string
}

export interface ServiceBackendPort {
  name?: string
  number?: number
}

export interface ServiceCIDR {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: ServiceCIDRSpec
  status: ServiceCIDRStatus
}

export interface ServiceCIDRList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: ServiceCIDR[]
}

export interface ServiceCIDRSpec {
  cidrs?: string[]
}

export interface ServiceCIDRStatus {
  conditions?: meta_v1.Condition[]
}
