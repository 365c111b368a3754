// Written by scripts/generate-types.ts from src/api/tables/certificates-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

/** Asks for a certificate to be signed. */
export interface CertificateSigningRequest {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: CertificateSigningRequestSpec
  /** What was last observed of the object; written by the system. */
  status: CertificateSigningRequestStatus
}

/** One observation of the state of a CertificateSigningRequest. */
export interface CertificateSigningRequestCondition {
  /** Which of the known sorts this is. */
  type: string
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
  /** When the condition was last written. */
  lastUpdateTime?: string | null
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** What was last observed of the object; written by the system. */
  status: string
}

/** A page of CertificateSigningRequest objects, with the revision it was read at. */
export interface CertificateSigningRequestList {
  apiVersion?: string
  kind?: string
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: CertificateSigningRequest[]
}

/** What is wanted of a CertificateSigningRequest. */
export interface CertificateSigningRequestSpec {
  /** Name of the request that this answers. */
  request: string
  /** Name that identifies the user. */
  username?: string
  /** Unique identifier of the object, never used for another one. */
  uid?: string
  /** Groups that the user belongs to. */
  groups?: string[]
  /** what the certificate may be used for */
  usages?: ('any' | 'cert sign' | 'client auth' | 'code signing' | 'content commitment' | 'crl sign' | 'data encipherment' | 'decipher only' | 'digital signature' | 'email protection' | 'encipher only' | 'ipsec end system' | 'ipsec tunnel' | 'ipsec user' | 'key agreement' | 'key encipherment' | 'microsoft sgc' | 'netscape sgc' | 'ocsp signing' | 's/mime' | 'server auth' | 'signing' | 'timestamping')[]
  /** Further facts about the user from the authenticator. */
  extra?: Record<string, ExtraValue>
  /** Who is asked to sign. */
  signerName: string
  /** Seconds that the token or certificate should last. */
  expirationSeconds?: number
}

/** What was last observed of a CertificateSigningRequest. */
export interface CertificateSigningRequestStatus {
  /** Observations of the current state, at most one of each type. */
  conditions?: CertificateSigningRequestCondition[]
  /** the signed certificate with its chain, as PEM */
  certificate?: string
}

/** The values of one extra fact. */
export type ExtraValue = string[]
