// Written by scripts/generate-types.ts from src/api/tables/discovery-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

export interface Endpoint {
  addresses: string[]
  conditions: EndpointConditions
  hostname?: string
  targetRef?: core_v1.ObjectReference
  deprecatedTopology?: Record<string, string>
  nodeName?: string
  zone?: string
  hints?: EndpointHints
}

export interface EndpointConditions {
  ready?: boolean
  serving?: boolean
  terminating?: boolean
}

export interface EndpointHints {
  forZones?: ForZone[]
  forNodes?: ForNode[]
}

export interface EndpointPort {
  name: string
  protocol: 'SCTP' | 'TCP' | 'UDP'
  port?: number
  appProtocol?: string
}

export interface EndpointSlice {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  endpoints?: Endpoint[] | null
  ports?: EndpointPort[] | null
  addressType: 'FQDN' | 'IPv4' | 'IPv6'
}

export interface EndpointSliceList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: EndpointSlice[]
}

export interface ForNode {
  name: string
}

export interface ForZone {
  name: string
}
