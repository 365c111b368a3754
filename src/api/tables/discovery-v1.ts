export default `
group "discovery.k8s.io" version v1

resource endpointslices endpointslice EndpointSlice namespaced: *

type Endpoint
   1 addresses          []string!               =null set
   2 conditions         EndpointConditions      ={}
   3 hostname           string?
   4 targetRef          core.v1.ObjectReference
   5 deprecatedTopology map[string]string
   6 nodeName           string?
   7 zone               string?
   8 hints              EndpointHints

type EndpointConditions
   1 ready       bool?
   2 serving     bool?
   3 terminating bool?

type EndpointHints
   1 forZones []ForZone atomic
   2 forNodes []ForNode atomic

type EndpointPort atomic
   1 name        string?               =""
   2 protocol    string(SCTP|TCP|UDP)? ="TCP"
   3 port        int32?
   4 appProtocol string?

object EndpointSlice
   1 metadata    meta.v1.ObjectMeta      ={}
   2 endpoints   []Endpoint              =null atomic
   3 ports       []EndpointPort          =null atomic
   4 addressType string(FQDN|IPv4|IPv6)! =""

object EndpointSliceList
   1 metadata meta.v1.ListMeta ={}
   2 items    []EndpointSlice! =[]

type ForNode
   1 name string! =""

type ForZone
   1 name string! =""
`
