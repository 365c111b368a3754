/** The certificates, keys and kubeconfigs of a cluster's parts, made once and renewed a month before they end. */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import {
  type CertificateRequest,
  createCertificateAuthority,
  issueCertificate,
  type KeyPair,
  needsRenewal,
  publicKeyOf,
} from '../pki/index.ts'
import { type Cluster, nodeAddress, nodeNames, writeAtomically } from './cluster.ts'
import { kubeConfig, writeKubeConfig } from './kubeconfig.ts'

const renewDaysBefore = 30

/** Makes what is missing or ends soon. `nodes` are the names of the cluster's nodes with their addresses. */
export function ensureCredentials(cluster: Cluster, nodes: readonly { name: string; addresses: readonly string[] }[]): void {
  const authority = ensureAuthority(cluster, 'ca', 'kubernetes')
  ensureAuthority(cluster, 'front-proxy-ca', 'front-proxy-ca')
  ensureAuthority(cluster, 'etcd-ca', 'etcd-ca')
  ensureServiceAccountKey(cluster)

  ensureCertificate(cluster, 'apiserver', authority, {
    commonName: 'kube-apiserver',
    usages: ['server'],
    hosts: [
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
      'localhost',
      hostname(),
      '127.0.0.1',
      '::1',
      nthAddress(cluster.settings.serviceCidr, 1),
      apiAddress(cluster),
      ...nodes.flatMap((n) => n.addresses),
    ],
  })
  ensureCertificate(cluster, 'apiserver-kubelet-client', authority, {
    commonName: 'kube-apiserver-kubelet-client',
    organizations: ['system:masters'],
    usages: ['client'],
  })
  ensureCertificate(cluster, 'front-proxy-client', readPair(cluster, 'front-proxy-ca'), {
    commonName: 'front-proxy-client',
    usages: ['client'],
  })
  const etcd = readPair(cluster, 'etcd-ca')
  ensureCertificate(cluster, 'etcd-server', etcd, { commonName: hostname(), hosts: ['localhost', hostname(), '127.0.0.1', '::1'] })
  ensureCertificate(cluster, 'etcd-client', etcd, { commonName: 'kube-apiserver-etcd-client', usages: ['client'] })

  for (const [file, request] of Object.entries(clients)) ensureClient(cluster, file, authority, request)
  for (const [i, node] of nodes.entries()) {
    const from = i === 0 ? '127.0.0.1' : apiAddress(cluster)
    // What the processes of a further node are besides its kubelet: there the API server has another address.
    if (i > 0)
      for (const file of ['admin', 'kube-proxy'])
        ensureClient(cluster, `${file}-${node.name}`, authority, clients[file] as CertificateRequest, from)
    ensureClient(
      cluster,
      `kubelet-${node.name}`,
      authority,
      { commonName: `system:node:${node.name}`, organizations: ['system:nodes'] },
      from,
    )
    ensureCertificate(cluster, `kubelet-${node.name}-server`, authority, {
      commonName: `system:node:${node.name}`,
      organizations: ['system:nodes'],
      usages: ['server'],
      hosts: [node.name, ...node.addresses],
    })
  }
}

/** Each client's kubeconfig and the user that it is, as kubeadm makes them. */
const clients: Readonly<Record<string, CertificateRequest>> = {
  admin: { commonName: 'kubernetes-admin', organizations: ['system:masters'] },
  'controller-manager': { commonName: 'system:kube-controller-manager' },
  scheduler: { commonName: 'system:kube-scheduler' },
  'kube-proxy': { commonName: 'system:kube-proxy' },
}

function ensureClient(cluster: Cluster, file: string, authority: KeyPair, request: CertificateRequest, from = '127.0.0.1'): void {
  const path = cluster.path('kubeconfig', `${file}.conf`)
  const wanted: CertificateRequest = { ...request, usages: ['client'] }
  const renewed = ensureCertificate(cluster, file, authority, wanted)
  if (!renewed && existsSync(path)) return
  writeKubeConfig(path, kubeConfig('kijabi', `https://${from}:${cluster.ports.apiserver}`, authority.certificate, readPair(cluster, file)))
}

/** True when a new certificate was made. */
function ensureCertificate(cluster: Cluster, name: string, authority: KeyPair, request: CertificateRequest): boolean {
  const path = cluster.path('pki', `${name}.crt`)
  if (existsSync(path) && !needsRenewal(readFileSync(path, 'utf8'), request, renewDaysBefore)) return false
  writePair(cluster, name, issueCertificate(authority, request))
  return true
}

function ensureAuthority(cluster: Cluster, name: string, commonName: string): KeyPair {
  if (!existsSync(cluster.path('pki', `${name}.crt`))) writePair(cluster, name, createCertificateAuthority(commonName))
  return readPair(cluster, name)
}

/** The key that signs service account tokens. ES256: made in a millisecond where an RSA key takes forty. */
function ensureServiceAccountKey(cluster: Cluster): void {
  if (existsSync(cluster.path('pki', 'sa.key'))) return
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  writeAtomically(cluster.path('pki', 'sa.pub'), publicKeyOf(key))
  writeAtomically(cluster.path('pki', 'sa.key'), key)
}

export function readPair(cluster: Cluster, name: string): KeyPair {
  return {
    certificate: readFileSync(cluster.path('pki', `${name}.crt`), 'utf8'),
    key: readFileSync(cluster.path('pki', `${name}.key`), 'utf8'),
  }
}

/** The key first: a certificate that is there always has its key. */
function writePair(cluster: Cluster, name: string, pair: KeyPair): void {
  writeAtomically(cluster.path('pki', `${name}.key`), pair.key)
  writeAtomically(cluster.path('pki', `${name}.crt`), pair.certificate)
}

/** The nth address of a range: the first of the services' is the `kubernetes` Service's. */
function nthAddress(cidr: string, n: number): string {
  const [a, b, c, d] = (cidr.split('/')[0] as string).split('.').map(Number) as [number, number, number, number]
  return `${a}.${b}.${c}.${d + n}`
}

/** The tenth address of the service range, as kubeadm chooses it. */
export const clusterDnsAddress = (serviceCidr: string): string => nthAddress(serviceCidr, 10)

/**
 * Where pods, and nodes in namespaces of their own, reach the API server: the first address between the nodes, and with
 * one node the address of its bridge, which has the first part of the pods' range.
 */
export const apiAddress = (cluster: Cluster): string =>
  cluster.settings.nodeCidr ? nodeAddress(cluster, nodeNames(cluster)[0] as string) : nthAddress(cluster.settings.podCidr, 1)
