/** What the steps of a request hand on to each other: who asks, what for, and the decoded parts (upstream: request.RequestInfo, user.Info). */
import type { ClientCertificate } from '../http/client-certificate.ts'
import type { Resource, Subresource } from '../schema/schema.ts'

export interface User {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** What a path and a method mean. `resource` is set on resource requests only. */
export interface RequestInfo {
  readonly isResourceRequest: boolean
  readonly path: string
  /** get, list, watch, create, update, patch, delete, deletecollection; on other paths the method in lower case. */
  readonly verb: string
  readonly apiGroup: string
  readonly apiVersion: string
  readonly namespace: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
  readonly query: URLSearchParams
}

/** What an authorizer decides on (authorizer.Attributes). */
export interface AuthorizationAttributes extends Omit<RequestInfo, 'query'> {
  readonly user: User
  readonly fieldSelector?: string
  readonly labelSelector?: string
}
export interface Decision {
  readonly decision: 'allow' | 'deny' | 'no-opinion'
  readonly reason: string
  /** What kept an authorizer from knowing. A request that nobody allowed is then answered with 500, not with 403. */
  readonly error?: Error
}
export interface Authorizer {
  /** Synchronous where the answer is in memory: this is on the path of every request. */
  authorize(attributes: AuthorizationAttributes): Decision | Promise<Decision>
}

export interface Credentials {
  readonly authorization?: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The verified client certificate's subject, when there is one. */
  readonly certificate?: ClientCertificate
  /** Why the client's certificate does not count, when it showed one that was not signed by one of our authorities. */
  readonly certificateError?: string
  readonly remoteAddress: string
}
export interface Authenticator {
  /** The user; undefined: these credentials are not of my kind; throws StatusError 401: they are, and they are wrong. */
  authenticate(credentials: Credentials, path?: string): User | undefined | Promise<User | undefined>
}

/** An API object as the server carries it: decoded, defaulted, never changed once it is handed on. */
export interface ApiObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly generateName?: string
    readonly uid: string
    readonly resourceVersion: string
    readonly generation?: number
    readonly creationTimestamp: string
    readonly deletionTimestamp?: string
    readonly deletionGracePeriodSeconds?: number
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly {
      readonly apiVersion: string
      readonly kind: string
      readonly name: string
      readonly uid: string
      readonly controller?: boolean
      readonly blockOwnerDeletion?: boolean
    }[]
    readonly finalizers?: readonly string[]
    readonly managedFields?: readonly Readonly<Record<string, unknown>>[]
  }
}

/** A plugin that changed an object may want those before it to look at it again; they do so once (admission.ReinvocationContext). */
export interface Reinvocation {
  round: 0 | 1
  wanted: boolean
}

/** What one write is about, as admission and the registry see it (admission.Attributes). */
export interface WriteAttributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly resource: Resource
  readonly subresource?: Subresource
  readonly namespace: string
  readonly name: string
  readonly user: User
  readonly dryRun: boolean
  readonly reinvocation: Reinvocation
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions as sent. */
  readonly options: Readonly<Record<string, unknown>>
  /** Adds a Warning header to the answer. */
  warn(text: string): void
  /** Adds to the request's audit event; what tells of the object only where its policy wants what requests carry, too. */
  annotateAudit?(key: string, value: string, level?: 'Request'): void
}
