// Written by scripts/generate-types.ts from src/api/tables/authentication-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

export interface BoundObjectReference {
  kind?: string
  apiVersion?: string
  name?: string
  uid?: string
}

export type ExtraValue = string[]

export interface SelfSubjectReview {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  status: SelfSubjectReviewStatus
}

export interface SelfSubjectReviewStatus {
  userInfo: UserInfo
}

export interface TokenRequest {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: TokenRequestSpec
  status: TokenRequestStatus
}

export interface TokenRequestSpec {
  audiences?: string[] | null
  boundObjectRef?: BoundObjectReference | null
  expirationSeconds: number
}

export interface TokenRequestStatus {
  token: string
  expirationTimestamp?: string | null
}

export interface TokenReview {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: TokenReviewSpec
  status: TokenReviewStatus
}

export interface TokenReviewSpec {
  token: string
  audiences?: string[]
}

export interface TokenReviewStatus {
  authenticated?: boolean
  user: UserInfo
  error?: string
  audiences?: string[]
}

export interface UserInfo {
  username?: string
  uid?: string
  groups?: string[]
  extra?: Record<string, ExtraValue>
}
