/** Who may approve and sign certificate requests, and which subjects no request may have (plugin/pkg/admission/certificates). */
import { newForbidden } from '../../api/errors.ts'
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.ts'
import { parseCertificateRequest } from '../../pki/index.ts'
import type { ApiObject, Authorizer, WriteAttributes } from '../request.ts'
import { deepEqual } from '../rest/equal.ts'
import type { AdmissionPlugin } from './admission.ts'

const asRequest = (object: ApiObject | undefined) => object as unknown as CertificateSigningRequest

/** The verb on the signer itself, or on all of its domain. */
async function mayUse(authorizer: Authorizer, { user }: WriteAttributes, verb: string, signerName: string): Promise<boolean> {
  for (const name of [signerName, `${signerName.split('/')[0]}/*`]) {
    const { decision } = await authorizer.authorize({
      user,
      verb,
      isResourceRequest: true,
      path: '',
      apiGroup: 'certificates.k8s.io',
      apiVersion: '*',
      namespace: '',
      resource: 'signers',
      subresource: '',
      name,
    })
    if (decision === 'allow') return true
  }
  return false
}

export function createCertificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    handles: (resource, subresource, operation) =>
      resource === 'certificatesigningrequests' && subresource === 'approval' && operation === 'UPDATE',
    async validate(_object, old, attributes) {
      const { metadata, spec } = asRequest(old)
      if (!(await mayUse(authorizer, attributes, 'approve', spec.signerName)))
        throw newForbidden(
          attributes.resource,
          metadata.name,
          `user not permitted to approve requests with signerName ${JSON.stringify(spec.signerName)}`,
        )
      return undefined
    },
  }
}

export function createCertificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    handles: (resource, subresource, operation) =>
      resource === 'certificatesigningrequests' && subresource === 'status' && operation === 'UPDATE',
    async validate(object, old, attributes) {
      const before = asRequest(old)
      const now = asRequest(object).status
      if (now?.certificate === before.status?.certificate && deepEqual(now?.conditions, before.status?.conditions)) return undefined
      if (!(await mayUse(authorizer, attributes, 'sign', before.spec.signerName)))
        throw newForbidden(
          attributes.resource,
          before.metadata.name,
          `user not permitted to sign requests with signerName ${JSON.stringify(before.spec.signerName)}`,
        )
      return undefined
    },
  }
}

/** Nobody becomes a master by a certificate that the cluster's own signer gives out. */
export function createCertificateSubjectRestriction(): AdmissionPlugin {
  const signer = 'kubernetes.io/kube-apiserver-client'
  return {
    name: 'CertificateSubjectRestriction',
    handles: (resource, subresource, operation) =>
      resource === 'certificatesigningrequests' && subresource === '' && operation === 'CREATE',
    validate(object, _old, { resource }) {
      const { metadata, spec } = asRequest(object)
      if (spec.signerName !== signer) return undefined
      const { organizations } = parseCertificateRequest(Buffer.from(spec.request, 'base64').toString())
      if (organizations.includes('system:masters'))
        throw newForbidden(resource, metadata.name, `use of ${signer} signer with system:masters group is not allowed`)
      return undefined
    },
  }
}
