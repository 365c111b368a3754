export default `
group "networking.k8s.io" version v1

resource ingressclasses ingressclass IngressClass cluster: *
resource ingresses ingress Ingress namespaced short=ing: *
  /status Ingress: get patch update
resource ipaddresses ipaddress IPAddress cluster short=ip: *
resource networkpolicies networkpolicy NetworkPolicy namespaced short=netpol: *
resource servicecidrs servicecidr ServiceCIDR cluster: *
  /status ServiceCIDR: get patch update

type HTTPIngressPath
   1 path     string
   2 backend  IngressBackend!                              ={}
   3 pathType string(Exact|ImplementationSpecific|Prefix)!

type HTTPIngressRuleValue
   1 paths []HTTPIngressPath! =null atomic

object IPAddress
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     IPAddressSpec!     ={}

object IPAddressList
   1 metadata meta.v1.ListMeta ={}
   2 items    []IPAddress!     =[]

type IPAddressSpec
   1 parentRef ParentReference!

type IPBlock
   1 cidr   string!  =""
   2 except []string atomic

object Ingress
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     IngressSpec        ={}
   3 status   IngressStatus      ={}

type IngressBackend
   3 resource core.v1.TypedLocalObjectReference
   4 service  IngressServiceBackend

object IngressClass
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     IngressClassSpec   ={}

object IngressClassList
   1 metadata meta.v1.ListMeta ={}
   2 items    []IngressClass!  =[]

type IngressClassParametersReference
   1 apiGroup  string?
   2 kind      string! =""
   3 name      string! =""
   4 scope     string? ="Cluster"
   5 namespace string?

type IngressClassSpec
   1 controller string
   2 parameters IngressClassParametersReference

object IngressList
   1 metadata meta.v1.ListMeta ={}
   2 items    []Ingress!       =[]

type IngressLoadBalancerIngress
   1 ip       string
   2 hostname string
   4 ports    []IngressPortStatus atomic

type IngressLoadBalancerStatus
   1 ingress []IngressLoadBalancerIngress atomic

type IngressPortStatus
   1 port     int32!                =0
   2 protocol string(SCTP|TCP|UDP)! =""
   3 error    string?

type IngressRule
   1 host             string
   2 ingressRuleValue IngressRuleValue inline

type IngressRuleValue
   1 http HTTPIngressRuleValue

type IngressServiceBackend
   1 name string!            =""
   2 port ServiceBackendPort ={}

type IngressSpec
   1 defaultBackend   IngressBackend
   2 tls              []IngressTLS   atomic
   3 rules            []IngressRule  atomic
   4 ingressClassName string?

type IngressStatus
   1 loadBalancer IngressLoadBalancerStatus ={}

type IngressTLS
   1 hosts      []string atomic
   2 secretName string

object NetworkPolicy
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     NetworkPolicySpec  ={}

type NetworkPolicyEgressRule
   1 ports []NetworkPolicyPort atomic
   2 to    []NetworkPolicyPeer atomic

type NetworkPolicyIngressRule
   1 ports []NetworkPolicyPort atomic
   2 from  []NetworkPolicyPeer atomic

object NetworkPolicyList
   1 metadata meta.v1.ListMeta ={}
   2 items    []NetworkPolicy! =[]

type NetworkPolicyPeer
   1 podSelector       meta.v1.LabelSelector
   2 namespaceSelector meta.v1.LabelSelector
   3 ipBlock           IPBlock

type NetworkPolicyPort
   1 protocol string(SCTP|TCP|UDP)? ="TCP"
   2 port     IntOrString
   3 endPort  int32?

type NetworkPolicySpec
   1 podSelector meta.v1.LabelSelector      ={}
   2 ingress     []NetworkPolicyIngressRule atomic
   3 egress      []NetworkPolicyEgressRule  atomic
   4 policyTypes []string(Egress|Ingress)   atomic

type ParentReference
   1 group     string
   2 resource  string!
   3 namespace string
   4 name      string!

type ServiceBackendPort atomic
   1 name   string
   2 number int32

object ServiceCIDR
   1 metadata meta.v1.ObjectMeta ={}
   2 spec     ServiceCIDRSpec    ={}
   3 status   ServiceCIDRStatus  ={}

object ServiceCIDRList
   1 metadata meta.v1.ListMeta ={}
   2 items    []ServiceCIDR!   =[]

type ServiceCIDRSpec
   1 cidrs []string atomic

type ServiceCIDRStatus
   1 conditions []meta.v1.Condition map(type) merge(type)
`
