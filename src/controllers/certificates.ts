/** What becomes of certificate signing requests (pkg/controller/certificates): kubelets' are approved, approved ones signed, old ones removed. */
import { X509Certificate } from 'node:crypto'
import { isNotFound } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import type { CertificateSigningRequest } from '../api/types/certificates-v1.ts'
import { type ParsedCertificateRequest, parseCertificateRequest, signPublicKey } from '../pki/index.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { type Signer, signers } from './options.ts'

const hour = 3_600_000
const resource = 'certificatesigningrequests.certificates.k8s.io'
type Request = CertificateSigningRequest
const has = (csr: Request, type: string) => csr.status.conditions?.some((c) => c.type === type) === true
const pemOf = (csr: Request) => Buffer.from(csr.spec.request, 'base64').toString('utf8')
/** Wakes on every change of a request. */
const wakeOnChange =
  (deps: ControllerDeps): Controller['wake'] =>
  (queue) => {
    const requests = deps.informers.of(resource)
    requests.addHandler({ added: (csr) => queue.add(csr.metadata.name), updated: (csr) => queue.add(csr.metadata.name) })
    return [requests]
  }

// ---- approving

const onlyUsages = (csr: Request, needed: readonly string[], allowed: readonly string[] = []) => {
  const usages = csr.spec.usages ?? []
  return (
    needed.every((u) => usages.includes(u as (typeof usages)[number])) && usages.every((u) => needed.includes(u) || allowed.includes(u))
  )
}
const clientUsages = ['key encipherment', 'digital signature', 'client auth'] as const
const servingUsages = ['key encipherment', 'digital signature', 'server auth'] as const

/** Why a kubelet's request cannot be signed, in upstream's words (pkg/apis/certificates/helpers.go). */
function whyNotKubelet(csr: Request, parsed: ParsedCertificateRequest, serving: boolean): string | undefined {
  const { commonName, organizations, dnsNames, addresses, emails, uris } = parsed
  const [keyEncipherment, ...needed] = serving ? servingUsages : clientUsages
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes') return 'subject organization is not system:nodes'
  if (serving && dnsNames.length + addresses.length === 0) return 'DNS or IP subjectAltName is required'
  if (!serving && dnsNames.length > 0) return 'DNS subjectAltNames are not allowed'
  if (emails.length > 0) return 'Email subjectAltNames are not allowed'
  if (!serving && addresses.length > 0) return 'IP subjectAltNames are not allowed'
  if (uris.length > 0) return 'URI subjectAltNames are not allowed'
  if (!commonName.startsWith('system:node:')) return 'subject common name does not begin with system:node: '
  if (!onlyUsages(csr, needed, [keyEncipherment])) return `usages did not match [${[...needed, keyEncipherment].sort().join(' ')}]`
  return undefined
}

export function createCertificateApprover(deps: ControllerDeps): Controller {
  const { client, informers, clock } = deps
  const requests = informers.of(resource)
  return {
    name: 'certificatesigningrequest-approving-controller',
    wake: wakeOnChange(deps),
    async reconcile(name) {
      const csr = requests.get(undefined, name)
      if (!csr || csr.status.certificate || has(csr, 'Approved') || has(csr, 'Denied')) return
      if (csr.spec.signerName !== signers['kubelet-client']) return
      const parsed = parseCertificateRequest(pemOf(csr))
      if (whyNotKubelet(csr, parsed, false)) return
      const kinds = [
        ...(parsed.commonName === csr.spec.username
          ? [['selfnodeclient', 'Auto approving self kubelet client certificate after SubjectAccessReview.']]
          : []),
        ['nodeclient', 'Auto approving kubelet client certificate after SubjectAccessReview.'],
      ] as [string, string][]
      for (const [subresource, message] of kinds) {
        if (!(await mayAsk(csr, subresource))) continue
        const now = formatTime(clock.now())
        const condition = {
          type: 'Approved',
          status: 'True',
          reason: 'AutoApproved',
          message,
          lastUpdateTime: now,
          lastTransitionTime: now,
        }
        await client.update(
          resource,
          { ...csr, status: { ...csr.status, conditions: [...(csr.status.conditions ?? []), condition] } },
          { subresource: 'approval' },
        )
        return
      }
      throw new Error(`recognized csr ${JSON.stringify(name)} but subject access review was not approved`)
    },
  }
  async function mayAsk({ spec }: Request, subresource: string): Promise<boolean> {
    const { username, uid, groups, extra } = spec
    const resourceAttributes = {
      group: 'certificates.k8s.io',
      resource: 'certificatesigningrequests',
      verb: 'create',
      subresource,
      version: '*',
    }
    const review = await client.create('subjectaccessreviews.authorization.k8s.io', {
      metadata: {},
      spec: { user: username, uid, groups, extra, resourceAttributes },
    })
    return review.status?.allowed === true
  }
}

// ---- signing

export function createCertificateSigner(deps: ControllerDeps): Controller {
  const { client, informers, clock, options } = deps
  const name = 'certificatesigningrequest-signing-controller'
  if (Object.keys(options.clusterSigning).length === 0) return { name, wake: () => [], reconcile: async () => {} }
  const requests = informers.of(resource)
  return {
    name,
    wake: wakeOnChange(deps),
    async reconcile(key) {
      const csr = requests.get(undefined, key)
      if (!csr || csr.status.certificate || !has(csr, 'Approved') || has(csr, 'Denied') || has(csr, 'Failed')) return
      const authority = options.clusterSigning[csr.spec.signerName as Signer]
      if (!authority) return
      const parsed = parseCertificateRequest(pemOf(csr))
      const message = whyNot(csr, parsed)
      if (message) {
        const now = formatTime(clock.now())
        const condition = {
          type: 'Failed',
          status: 'True',
          reason: 'SignerValidationFailure',
          message,
          lastUpdateTime: now,
          lastTransitionTime: now,
        }
        await client.updateStatus(resource, {
          ...csr,
          status: { ...csr.status, conditions: [...(csr.status.conditions ?? []), condition] },
        })
        return
      }
      const usages = csr.spec.usages ?? []
      const asked = csr.spec.expirationSeconds === undefined ? Infinity : csr.spec.expirationSeconds * 1000
      const lifeMs = Math.max(10 * 60_000, Math.min(asked, options.clusterSigningDurationMs))
      // Clocks differ: it counts from a while ago, which is taken off its end unless it is short anyway.
      const backdateMs = 5 * 60_000
      const shortMs = 8 * hour
      const certificate = signPublicKey(authority, parsed.publicKey, {
        commonName: parsed.commonName,
        organizations: parsed.organizations,
        hosts: [...parsed.dnsNames, ...parsed.addresses],
        usages: [
          ...(usages.includes('server auth') ? (['server'] as const) : []),
          ...(usages.includes('client auth') ? (['client'] as const) : []),
        ],
        notBefore: new Date(clock.now() - backdateMs),
        days: (lifeMs < shortMs ? lifeMs + backdateMs : lifeMs) / (24 * hour),
      })
      await client.updateStatus(resource, { ...csr, status: { ...csr.status, certificate: Buffer.from(certificate).toString('base64') } })
    },
  }
}

function whyNot(csr: Request, parsed: ParsedCertificateRequest): string | undefined {
  switch (csr.spec.signerName) {
    case signers['kubelet-client']:
      return whyNotKubelet(csr, parsed, false)
    case signers['kubelet-serving']:
      return whyNotKubelet(csr, parsed, true)
    case signers['kube-apiserver-client']:
      return onlyUsages(csr, ['client auth'], clientUsages)
        ? undefined
        : 'invalid usages for client certificate, must include "client auth"'
    default:
      return undefined
  }
}

// ---- cleaning

const kept = { approved: hour, denied: hour, failed: hour, pending: 24 * hour }

export function createCertificateCleaner(deps: ControllerDeps): Controller {
  const { client, informers, clock } = deps
  const requests = informers.of(resource)
  /** When a request may go; undefined: not of itself, such as one that was approved and waits for its signer. */
  function endOf(csr: Request): number | undefined {
    const at = (type: string) => {
      const condition = csr.status.conditions?.find((c) => c.type === type)
      return condition ? Date.parse(condition.lastUpdateTime ?? condition.lastTransitionTime ?? csr.metadata.creationTimestamp) : undefined
    }
    const ends: number[] = []
    const approved = at('Approved')
    if (csr.status.certificate && approved !== undefined) {
      ends.push(approved + kept.approved)
      const pem = Buffer.from(csr.status.certificate, 'base64').toString('utf8')
      if (pem.includes('BEGIN CERTIFICATE')) ends.push(Date.parse(new X509Certificate(pem).validTo))
    }
    for (const [type, ms] of [
      ['Denied', kept.denied],
      ['Failed', kept.failed],
    ] as const) {
      const since = at(type)
      if (since !== undefined) ends.push(since + ms)
    }
    if (!csr.status.conditions?.length) ends.push(Date.parse(csr.metadata.creationTimestamp) + kept.pending)
    return ends.length > 0 ? Math.min(...ends) : undefined
  }
  return {
    name: 'certificatesigningrequest-cleaner-controller',
    wake: wakeOnChange(deps),
    async reconcile(name) {
      const csr = requests.get(undefined, name)
      if (!csr) return
      const end = endOf(csr)
      if (end === undefined) return
      const left = end - clock.now()
      if (left > 0) return left
      await client.delete(resource, { name }, { preconditions: { uid: csr.metadata.uid } }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    },
  }
}
