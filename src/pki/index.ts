export { type ParsedCertificateRequest, parseCertificateRequest } from './certificate-request.ts'
export {
  type CertificateRequest,
  createCertificateAuthority,
  issueCertificate,
  type KeyPair,
  needsRenewal,
  publicKeyOf,
  signPublicKey,
} from './certificates.ts'
