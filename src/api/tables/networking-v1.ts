export default `
group "networking.k8s.io" version v1

resource ingressclasses ingressclass IngressClass cluster: *
resource ingresses ingress Ingress namespaced short=ing: *
  /status Ingress: get patch update
resource ipaddresses ipaddress IPAddress cluster short=ip: *
resource networkpolicies networkpolicy NetworkPolicy namespaced short=netpol: *
resource servicecidrs servicecidr ServiceCIDR cluster: *
  /status ServiceCIDR: get patch update

type HTTPIngressPath | A path and the backend behind it.
   1 path     string | Path of the file, folder or request meant.
   2 backend  IngressBackend!                              ={} | Where the request is sent.
   3 pathType string(Exact|ImplementationSpecific|Prefix)! | How the path is compared.

type HTTPIngressRuleValue | paths of a host and the backends they lead to
   1 paths []HTTPIngressPath! =null atomic | the paths, the longest match winning

object IPAddress | An address that is taken, and by whom.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     IPAddressSpec!     ={} | What is wanted of the object.

object IPAddressList | A page of IPAddress objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []IPAddress!     =[] | The objects of this page.

type IPAddressSpec | What is wanted of a IPAddress.
   1 parentRef ParentReference! | the object that uses the address

type IPBlock | A block of addresses without some exceptions.
   1 cidr   string!  ="" | Block of addresses in CIDR notation.
   2 except []string atomic | parts of the range that are left out

object Ingress | Routes HTTP from outside to services.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     IngressSpec        ={} | What is wanted of the object.
   3 status   IngressStatus      ={} | What was last observed of the object; written by the system.

type IngressBackend | Where a request is sent.
   3 resource core.v1.TypedLocalObjectReference | Resource that is meant, in the plural.
   4 service  IngressServiceBackend | Service inside the cluster to call or send to.

object IngressClass | Names the controller that serves ingresses of the class.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     IngressClassSpec   ={} | What is wanted of the object.

object IngressClassList | A page of IngressClass objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []IngressClass!  =[] | The objects of this page.

type IngressClassParametersReference | an object with settings for the controller
   1 apiGroup  string? | API group of the object that is referred to; empty means core.
   2 kind      string! ="" | Kind of the object that is referred to.
   3 name      string! ="" | Name of the thing meant, as its owner knows it.
   4 scope     string? ="Cluster" | Whether cluster-wide or namespaced things are meant.
   5 namespace string? | Namespace that the object meant lives in.

type IngressClassSpec | What is wanted of a IngressClass.
   1 controller string | Whether this owner manages the object, or which one does.
   2 parameters IngressClassParametersReference | Settings that the driver understands.

object IngressList | A page of Ingress objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []Ingress!       =[] | The objects of this page.

type IngressLoadBalancerIngress | an address at which the ingress is reached
   1 ip       string | IP address.
   2 hostname string | Name of the host.
   4 ports    []IngressPortStatus atomic | Ports that are opened, exposed or matched.

type IngressLoadBalancerStatus | What was last observed of a IngressLoadBalancer.
   1 ingress []IngressLoadBalancerIngress atomic | Points where traffic enters, or rules for what may come in.

type IngressPortStatus | What was last observed of a IngressPort.
   1 port     int32!                =0 | Number of the port, or its name where text is allowed.
   2 protocol string(SCTP|TCP|UDP)! ="" | Transport protocol: TCP, UDP or SCTP.
   3 error    string? | What went wrong, where something did.

type IngressRule | Routes for one host.
   1 host             string | Host name or address to connect to.
   2 ingressRuleValue IngressRuleValue inline | what the host's requests lead to

type IngressRuleValue | what a host's requests lead to
   1 http HTTPIngressRuleValue | rules for HTTP

type IngressServiceBackend | a service and its port
   1 name string!            ="" | Name of the thing meant, as its owner knows it.
   2 port ServiceBackendPort ={} | Number of the port, or its name where text is allowed.

type IngressSpec | What is wanted of a Ingress.
   1 defaultBackend   IngressBackend | Where requests go that no rule takes.
   2 tls              []IngressTLS   atomic | Certificates by host.
   3 rules            []IngressRule  atomic | Rules of which any may match.
   4 ingressClassName string? | Class that is responsible.

type IngressStatus | What was last observed of a Ingress.
   1 loadBalancer IngressLoadBalancerStatus ={} | State of the load balancer.

type IngressTLS | Certificate for some hosts.
   1 hosts      []string atomic | the names that the certificate is for
   2 secretName string | Secret that holds what is needed, in the same namespace.

object NetworkPolicy | Which traffic may reach or leave the pods it selects.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     NetworkPolicySpec  ={} | What is wanted of the object.

type NetworkPolicyEgressRule | Traffic that may go out.
   1 ports []NetworkPolicyPort atomic | Ports that are opened, exposed or matched.
   2 to    []NetworkPolicyPeer atomic | the peers that may be reached; none listed means all

type NetworkPolicyIngressRule | Traffic that may come in.
   1 ports []NetworkPolicyPort atomic | Ports that are opened, exposed or matched.
   2 from  []NetworkPolicyPeer atomic | the peers that may reach the pods; none listed means all

object NetworkPolicyList | A page of NetworkPolicy objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []NetworkPolicy! =[] | The objects of this page.

type NetworkPolicyPeer | The other side of the traffic.
   1 podSelector       meta.v1.LabelSelector | Which pods are meant, by their labels.
   2 namespaceSelector meta.v1.LabelSelector | Which namespaces are meant, by their labels.
   3 ipBlock           IPBlock | addresses of a range

type NetworkPolicyPort | A port or a range of ports.
   1 protocol string(SCTP|TCP|UDP)? ="TCP" | Transport protocol: TCP, UDP or SCTP.
   2 port     IntOrString | Number of the port, or its name where text is allowed.
   3 endPort  int32? | makes port the first of a range that ends here

type NetworkPolicySpec | What is wanted of a NetworkPolicy.
   1 podSelector meta.v1.LabelSelector      ={} | Which pods are meant, by their labels.
   2 ingress     []NetworkPolicyIngressRule atomic | Points where traffic enters, or rules for what may come in.
   3 egress      []NetworkPolicyEgressRule  atomic | What may go out.
   4 policyTypes []string(Egress|Ingress)   atomic | Whether the policy is about traffic in, out or both.

type ParentReference | the object that an address belongs to
   1 group     string | API group, or group of users, that is meant.
   2 resource  string! | Resource that is meant, in the plural.
   3 namespace string | Namespace that the object meant lives in.
   4 name      string! | Name of the thing meant, as its owner knows it.

type ServiceBackendPort atomic | a service's port by name or number
   1 name   string | Name of the thing meant, as its owner knows it.
   2 number int32 | the port's number

object ServiceCIDR | A range that service addresses are taken from.
   1 metadata meta.v1.ObjectMeta ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     ServiceCIDRSpec    ={} | What is wanted of the object.
   3 status   ServiceCIDRStatus  ={} | What was last observed of the object; written by the system.

object ServiceCIDRList | A page of ServiceCIDR objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []ServiceCIDR!   =[] | The objects of this page.

type ServiceCIDRSpec | What is wanted of a ServiceCIDR.
   1 cidrs []string atomic | one range, or one of each family

type ServiceCIDRStatus | What was last observed of a ServiceCIDR.
   1 conditions []meta.v1.Condition map(type) merge(type) | Observations of the current state, at most one of each type.
`
