// Written by scripts/generate-types.ts from src/api/tables/certificates-v1.ts: edit that, not this.
import type * as meta_v1 from './meta-v1.ts'

export interface CertificateSigningRequest {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: CertificateSigningRequestSpec
  status: CertificateSigningRequestStatus
}

export interface CertificateSigningRequestCondition {
  type: string
  reason?: string
  message?: string
  lastUpdateTime?: string | null
  lastTransitionTime?: string | null
  status: string
}

export interface CertificateSigningRequestList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: CertificateSigningRequest[]
}

export interface CertificateSigningRequestSpec {
  request: string
  username?: string
  uid?: string
  groups?: string[]
  usages?: ('any' | 'cert sign' | 'client auth' | 'code signing' | 'content commitment' | 'crl sign' | 'data encipherment' | 'decipher only' | 'digital signature' | 'email protection' | 'encipher only' | 'ipsec end system' | 'ipsec tunnel' | 'ipsec user' | 'key agreement' | 'key encipherment' | 'microsoft sgc' | 'netscape sgc' | 'ocsp signing' | 's/mime' | 'server auth' | 'signing' | 'timestamping')[]
  extra?: Record<string, ExtraValue>
  signerName: string
  expirationSeconds?: number
}

export interface CertificateSigningRequestStatus {
  conditions?: CertificateSigningRequestCondition[]
  certificate?: string
}

export type ExtraValue = string[]
