// Written by scripts/generate-types.ts from src/api/tables/networking-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

/** A path and the backend behind it. */
export interface HTTPIngressPath {
  /** Path of the file, folder or request meant. */
  path?: string
  /** Where the request is sent. */
  backend: IngressBackend
  /** How the path is compared. */
  pathType: 'Exact' | 'ImplementationSpecific' | 'Prefix'
}

/** paths of a host and the backends they lead to */
export interface HTTPIngressRuleValue {
  /** the paths, the longest match winning */
  paths: HTTPIngressPath[]
}

/** An address that is taken, and by whom. */
export interface IPAddress {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: IPAddressSpec
}

/** A page of IPAddress objects, with the revision it was read at. */
export interface IPAddressList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: IPAddress[]
}

/** What is wanted of a IPAddress. */
export interface IPAddressSpec {
  /** the object that uses the address */
  parentRef: ParentReference
}

/** A block of addresses without some exceptions. */
export interface IPBlock {
  /** Block of addresses in CIDR notation. */
  cidr: string
  /** parts of the range that are left out */
  except?: string[]
}

/** Routes HTTP from outside to services. */
export interface Ingress {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: IngressSpec
  /** What was last observed of the object; written by the system. */
  status: IngressStatus
}

/** Where a request is sent. */
export interface IngressBackend {
  /** Resource that is meant, in the plural. */
  resource?: core_v1.TypedLocalObjectReference
  /** Service inside the cluster to call or send to. */
  service?: IngressServiceBackend
}

/** Names the controller that serves ingresses of the class. */
export interface IngressClass {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: IngressClassSpec
}

/** A page of IngressClass objects, with the revision it was read at. */
export interface IngressClassList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: IngressClass[]
}

/** an object with settings for the controller */
export interface IngressClassParametersReference {
  /** API group of the object that is referred to; empty means core. */
  apiGroup?: string
  /** Kind of the object that is referred to. */
  kind: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Whether cluster-wide or namespaced things are meant. */
  scope: string
  /** Namespace that the object meant lives in. */
  namespace?: string
}

/** What is wanted of a IngressClass. */
export interface IngressClassSpec {
  /** Whether this owner manages the object, or which one does. */
  controller?: string
  /** Settings that the driver understands. */
  parameters?: IngressClassParametersReference
}

/** A page of Ingress objects, with the revision it was read at. */
export interface IngressList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: Ingress[]
}

/** an address at which the ingress is reached */
export interface IngressLoadBalancerIngress {
  /** IP address. */
  ip?: string
  /** Name of the host. */
  hostname?: string
  /** Ports that are opened, exposed or matched. */
  ports?: IngressPortStatus[]
}

/** What was last observed of a IngressLoadBalancer. */
export interface IngressLoadBalancerStatus {
  /** Points where traffic enters, or rules for what may come in. */
  ingress?: IngressLoadBalancerIngress[]
}

/** What was last observed of a IngressPort. */
export interface IngressPortStatus {
  /** Number of the port, or its name where text is allowed. */
  port: number
  /** Transport protocol: TCP, UDP or SCTP. */
  protocol: 'SCTP' | 'TCP' | 'UDP'
  /** What went wrong, where something did. */
  error?: string
}

/** Routes for one host. */
export interface IngressRule {
  /** Host name or address to connect to. */
  host?: string
  /** rules for HTTP */
  http?: HTTPIngressRuleValue
}

/** what a host's requests lead to */
export interface IngressRuleValue {
  /** rules for HTTP */
  http?: HTTPIngressRuleValue
}

/** a service and its port */
export interface IngressServiceBackend {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Number of the port, or its name where text is allowed. */
  port: ServiceBackendPort
}

/** What is wanted of a Ingress. */
export interface IngressSpec {
  /** Where requests go that no rule takes. */
  defaultBackend?: IngressBackend
  /** Certificates by host. */
  tls?: IngressTLS[]
  /** Rules of which any may match. */
  rules?: IngressRule[]
  /** Class that is responsible. */
  ingressClassName?: string
}

/** What was last observed of a Ingress. */
export interface IngressStatus {
  /** State of the load balancer. */
  loadBalancer: IngressLoadBalancerStatus
}

/** Certificate for some hosts. */
export interface IngressTLS {
  /** the names that the certificate is for */
  hosts?: string[]
  /** Secret that holds what is needed, in the same namespace. */
  secretName?: string
}

/** Which traffic may reach or leave the pods it selects. */
export interface NetworkPolicy {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: NetworkPolicySpec
}

/** Traffic that may go out. */
export interface NetworkPolicyEgressRule {
  /** Ports that are opened, exposed or matched. */
  ports?: NetworkPolicyPort[]
  /** the peers that may be reached; none listed means all */
  to?: NetworkPolicyPeer[]
}

/** Traffic that may come in. */
export interface NetworkPolicyIngressRule {
  /** Ports that are opened, exposed or matched. */
  ports?: NetworkPolicyPort[]
  /** the peers that may reach the pods; none listed means all */
  from?: NetworkPolicyPeer[]
}

/** A page of NetworkPolicy objects, with the revision it was read at. */
export interface NetworkPolicyList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: NetworkPolicy[]
}

/** The other side of the traffic. */
export interface NetworkPolicyPeer {
  /** Which pods are meant, by their labels. */
  podSelector?: meta_v1.LabelSelector
  /** Which namespaces are meant, by their labels. */
  namespaceSelector?: meta_v1.LabelSelector
  /** addresses of a range */
  ipBlock?: IPBlock
}

/** A port or a range of ports. */
export interface NetworkPolicyPort {
  /** Transport protocol: TCP, UDP or SCTP. */
  protocol: 'SCTP' | 'TCP' | 'UDP'
  /** Number of the port, or its name where text is allowed. */
  port?: number | string
  /** makes port the first of a range that ends here */
  endPort?: number
}

/** What is wanted of a NetworkPolicy. */
export interface NetworkPolicySpec {
  /** Which pods are meant, by their labels. */
  podSelector: meta_v1.LabelSelector
  /** Points where traffic enters, or rules for what may come in. */
  ingress?: NetworkPolicyIngressRule[]
  /** What may go out. */
  egress?: NetworkPolicyEgressRule[]
  /** Whether the policy is about traffic in, out or both. */
  policyTypes?: ('Egress' | 'Ingress')[]
}

/** the object that an address belongs to */
export interface ParentReference {
  /** API group, or group of users, that is meant. */
  group?: string
  /** Resource that is meant, in the plural. */
  resource: string
  /** Namespace that the object meant lives in. */
  namespace?: string
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

/** a service's port by name or number */
export interface ServiceBackendPort {
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** the port's number */
  number?: number
}

/** A range that service addresses are taken from. */
export interface ServiceCIDR {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: ServiceCIDRSpec
  /** What was last observed of the object; written by the system. */
  status: ServiceCIDRStatus
}

/** A page of ServiceCIDR objects, with the revision it was read at. */
export interface ServiceCIDRList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: ServiceCIDR[]
}

/** What is wanted of a ServiceCIDR. */
export interface ServiceCIDRSpec {
  /** one range, or one of each family */
  cidrs?: string[]
}

/** What was last observed of a ServiceCIDR. */
export interface ServiceCIDRStatus {
  /** Observations of the current state, at most one of each type. */
  conditions?: meta_v1.Condition[]
}
