// Written by scripts/generate-types.ts from src/api/tables/apiregistration-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

export interface APIService {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: APIServiceSpec
  status: APIServiceStatus
}

export interface APIServiceCondition {
  type: string
  status: string
  lastTransitionTime?: string | null
  reason?: string
  message?: string
}

export interface APIServiceList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: APIService[]
}

export interface APIServiceSpec {
  service?: ServiceReference
  group?: string
  version?: string
  insecureSkipTLSVerify?: boolean
  caBundle?: string
  groupPriorityMinimum: number
  versionPriority: number
}

export interface APIServiceStatus {
  conditions?: APIServiceCondition[]
}

export interface ServiceReference {
  namespace?: string
  name?: string
  port: number
}
