// Written by scripts/generate-types.ts from src/api/tables/node-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

export interface Overhead {
  podFixed?: Record<string, string>
}

export interface RuntimeClass {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  handler: string
  overhead?: Overhead
  scheduling?: Scheduling
}

export interface RuntimeClassList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: RuntimeClass[]
}

export interface Scheduling {
  nodeSelector?: Record<string, string>
  tolerations?: core_v1.Toleration[]
}
