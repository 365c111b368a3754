// Written by scripts/generate-types.ts from src/api/tables/node-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

/** what running a pod costs besides its containers */
export interface Overhead {
  /** the resources, the same for every pod */
  podFixed?: Record<string, string>
}

/** A container runtime that pods can choose. */
export interface RuntimeClass {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** the runtime's own name for this way of running */
  handler: string
  /** Resources that running the pod itself takes. */
  overhead?: Overhead
  /** which nodes can run such pods */
  scheduling?: Scheduling
}

/** A page of RuntimeClass objects, with the revision it was read at. */
export interface RuntimeClassList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: RuntimeClass[]
}

/** where pods of a runtime class may go */
export interface Scheduling {
  /** Labels that a node must carry. */
  nodeSelector?: Record<string, string>
  /** Taints that are tolerated. */
  tolerations?: core_v1.Toleration[]
}
