// Written by scripts/generate-types.ts from src/api/tables/node-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

export interface Overhead {
  podFixed?: Record<string, string>
}

/** A container runtime that pods can choose. */
export interface RuntimeClass {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  handler: string
  overhead?: Overhead
  scheduling?: Scheduling
}

/** A page of RuntimeClass objects, with the revision it was read at. */
export interface RuntimeClassList {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: RuntimeClass[]
}

export interface Scheduling {
  /** Labels that a node must carry. */
  nodeSelector?: Record<string, string>
  /** Taints that are tolerated. */
  tolerations?: core_v1.Toleration[]
}
