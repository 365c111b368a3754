// Written by scripts/generate-types.ts from src/api/tables/apiregistration-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** A group and version, served here or by another server. */
export interface APIService {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: APIServiceSpec
  /** What was last observed of the object; written by the system. */
  status: APIServiceStatus
}

/** One observation of the state of a APIService. */
export interface APIServiceCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
}

/** A page of APIService objects, with the revision it was read at. */
export interface APIServiceList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: APIService[]
}

/** What is wanted of a APIService. */
export interface APIServiceSpec {
  /** Service inside the cluster to call or send to. */
  service?: ServiceReference
  /** API group, or group of users, that is meant. */
  group?: string
  /** Version that is meant. */
  version?: string
  /** trust any certificate of the service; not for production */
  insecureSkipTLSVerify?: boolean
  /** Certificates in PEM that the server's certificate is checked against. */
  caBundle?: string
  /** the group's place in discovery: higher comes first */
  groupPriorityMinimum: number
  /** the version's place within its group: higher comes first */
  versionPriority: number
}

/** What was last observed of a APIService. */
export interface APIServiceStatus {
  /** Observations of the current state, at most one of each type. */
  conditions?: APIServiceCondition[]
}

/** Points to a service that is called. */
export interface ServiceReference {
  /** Namespace that the object meant lives in. */
  namespace?: string
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Number of the port, or its name where text is allowed. */
  port: number
}
