// Written by scripts/generate-types.ts from src/api/tables/discovery-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

/** one backend of a service: its addresses and how well it is */
export interface Endpoint {
  /** Addresses at which it is reached. */
  addresses: string[]
  /** Observations of the current state, at most one of each type. */
  conditions: EndpointConditions
  /** Name of the host. */
  hostname?: string
  /** Object behind this address. */
  targetRef?: core_v1.ObjectReference
  /** labels of the node, from older versions of the API */
  deprecatedTopology?: Record<string, string>
  /** Name of the node meant. */
  nodeName?: string
  /** Zone that it is in. */
  zone?: string
  /** which clients should prefer this endpoint */
  hints?: EndpointHints
}

/** how well an endpoint is */
export interface EndpointConditions {
  /** Whether it can serve. */
  ready?: boolean
  /** answers, even where it is on its way out */
  serving?: boolean
  /** is on its way out */
  terminating?: boolean
}

/** which clients should prefer an endpoint */
export interface EndpointHints {
  /** clients in these zones */
  forZones?: ForZone[]
  /** clients on these nodes */
  forNodes?: ForNode[]
}

/** a port that all endpoints of the slice have */
export interface EndpointPort {
  /** Name of the thing meant, as its owner knows it. */
  name: string
  /** Transport protocol: TCP, UDP or SCTP. */
  protocol: 'SCTP' | 'TCP' | 'UDP'
  /** Number of the port, or its name where text is allowed. */
  port?: number
  /** Application protocol spoken on the port, as a hint. */
  appProtocol?: string
}

/** A part of the addresses behind a service. */
export interface EndpointSlice {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** The addresses with what is known of them, or the object that names them. */
  endpoints?: Endpoint[] | null
  /** Ports that are opened, exposed or matched. */
  ports?: EndpointPort[] | null
  /** IPv4, IPv6 or FQDN; the same for the whole slice */
  addressType: 'FQDN' | 'IPv4' | 'IPv6'
}

/** A page of EndpointSlice objects, with the revision it was read at. */
export interface EndpointSliceList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: EndpointSlice[]
}

/** a node whose clients should prefer the endpoint */
export interface ForNode {
  /** Name of the thing meant, as its owner knows it. */
  name: string
}

/** a zone whose clients should prefer the endpoint */
export interface ForZone {
  /** Name of the thing meant, as its owner knows it. */
  name: string
}
