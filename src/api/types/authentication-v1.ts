// Written by scripts/generate-types.ts from src/api/tables/authentication-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** the object with which a token loses its worth */
export interface BoundObjectReference {
  /** Kind of the object that is referred to. */
  kind?: string
  /** API group and version of the object that is referred to. */
  apiVersion?: string
  /** Name of the thing meant, as its owner knows it. */
  name?: string
  /** Unique identifier of the object, never used for another one. */
  uid?: string
}

/** The values of one extra fact. */
export type ExtraValue = string[]

/** Asks who the caller is. */
export interface SelfSubjectReview {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What was last observed of the object; written by the system. */
  status: SelfSubjectReviewStatus
}

/** What was last observed of a SelfSubjectReview. */
export interface SelfSubjectReviewStatus {
  /** who the server takes the caller for */
  userInfo: UserInfo
}

/** Asks for a token of a service account. */
export interface TokenRequest {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: TokenRequestSpec
  /** What was last observed of the object; written by the system. */
  status: TokenRequestStatus
}

/** What is wanted of a TokenRequest. */
export interface TokenRequestSpec {
  /** Who the token is meant for. */
  audiences?: string[] | null
  /** the pod, secret or node that the token is tied to */
  boundObjectRef?: BoundObjectReference | null
  /** Seconds that the token or certificate should last. */
  expirationSeconds: number
}

/** What was last observed of a TokenRequest. */
export interface TokenRequestStatus {
  /** The bearer token. */
  token: string
  /** when the token ends */
  expirationTimestamp?: string | null
}

/** Asks who a token belongs to. */
export interface TokenReview {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: TokenReviewSpec
  /** What was last observed of the object; written by the system. */
  status: TokenReviewStatus
}

/** What is wanted of a TokenReview. */
export interface TokenReviewSpec {
  /** The bearer token. */
  token: string
  /** Who the token is meant for. */
  audiences?: string[]
}

/** What was last observed of a TokenReview. */
export interface TokenReviewStatus {
  /** whether the token is somebody's */
  authenticated?: boolean
  /** User to act as. */
  user: UserInfo
  /** What went wrong, where something did. */
  error?: string
  /** Who the token is meant for. */
  audiences?: string[]
}

/** Who a user is. */
export interface UserInfo {
  /** Name that identifies the user. */
  username?: string
  /** Unique identifier of the object, never used for another one. */
  uid?: string
  /** Groups that the user belongs to. */
  groups?: string[]
  /** Further facts about the user from the authenticator. */
  extra?: Record<string, ExtraValue>
}
