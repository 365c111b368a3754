export default `
group "discovery.k8s.io" version v1

resource endpointslices endpointslice EndpointSlice namespaced: *

type Endpoint | one backend of a service: its addresses and how well it is
   1 addresses          []string!               =null set | Addresses at which it is reached.
   2 conditions         EndpointConditions      ={} | Observations of the current state, at most one of each type.
   3 hostname           string? | Name of the host.
   4 targetRef          core.v1.ObjectReference | Object behind this address.
   5 deprecatedTopology map[string]string | labels of the node, from older versions of the API
   6 nodeName           string? | Name of the node meant.
   7 zone               string? | Zone that it is in.
   8 hints              EndpointHints | which clients should prefer this endpoint

type EndpointConditions | how well an endpoint is
   1 ready       bool? | Whether it can serve.
   2 serving     bool? | answers, even where it is on its way out
   3 terminating bool? | is on its way out

type EndpointHints | which clients should prefer an endpoint
   1 forZones []ForZone atomic | clients in these zones
   2 forNodes []ForNode atomic | clients on these nodes

type EndpointPort atomic | a port that all endpoints of the slice have
   1 name        string?               ="" | Name of the thing meant, as its owner knows it.
   2 protocol    string(SCTP|TCP|UDP)? ="TCP" | Transport protocol: TCP, UDP or SCTP.
   3 port        int32? | Number of the port, or its name where text is allowed.
   4 appProtocol string? | Application protocol spoken on the port, as a hint.

object EndpointSlice | A part of the addresses behind a service.
   1 metadata    meta.v1.ObjectMeta      ={} | Name, labels, annotations and bookkeeping of the object.
   2 endpoints   []Endpoint              =null atomic | The addresses with what is known of them, or the object that names them.
   3 ports       []EndpointPort          =null atomic | Ports that are opened, exposed or matched.
   4 addressType string(FQDN|IPv4|IPv6)! ="" | IPv4, IPv6 or FQDN; the same for the whole slice

object EndpointSliceList | A page of EndpointSlice objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta ={} | Revision of the page and how to ask for the next.
   2 items    []EndpointSlice! =[] | The objects of this page.

type ForNode | a node whose clients should prefer the endpoint
   1 name string! ="" | Name of the thing meant, as its owner knows it.

type ForZone | a zone whose clients should prefer the endpoint
   1 name string! ="" | Name of the thing meant, as its owner knows it.
`
