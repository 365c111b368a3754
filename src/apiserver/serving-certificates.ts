/** The certificate to serve with: the one that flags name, or one made in --cert-dir and kept there for the next start. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { createCertificateAuthority, issueCertificate, type KeyPair, needsRenewal } from '../pki/index.ts'

export interface ServingCertificateOptions {
  readonly certFile: string
  readonly keyFile: string
  readonly certDir: string
  /** Names and addresses beside the cluster's own and those of this machine. */
  readonly hosts: readonly string[]
}

const clusterHosts = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  '127.0.0.1',
  '::1',
]
const renewDays = 30

export function servingCertificate(options: ServingCertificateOptions): KeyPair {
  const { certFile, keyFile, certDir } = options
  if (certFile || keyFile) {
    if (!certFile || !keyFile) throw new Error('--tls-cert-file and --tls-private-key-file are given together')
    return { certificate: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
  }
  const hosts = [...new Set([...clusterHosts, ...machineAddresses(), ...options.hosts])]
  const request = { commonName: 'kube-apiserver', hosts, usages: ['server'] as const }
  mkdirSync(certDir, { recursive: true, mode: 0o700 })
  const authority = keep(certDir, 'apiserver-ca', () => createCertificateAuthority('kijabi-apiserver-ca'))
  const fresh = (pair: KeyPair) => !needsRenewal(pair.certificate, request, renewDays)
  const own = keep(certDir, 'apiserver', () => issueCertificate(authority, request), fresh)
  return { certificate: own.certificate + authority.certificate, key: own.key }
}

function keep(dir: string, name: string, make: () => KeyPair, good: (pair: KeyPair) => boolean = () => true): KeyPair {
  const certFile = join(dir, `${name}.crt`)
  const keyFile = join(dir, `${name}.key`)
  try {
    const pair = { certificate: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
    if (good(pair)) return pair
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const pair = make()
  writeFileSync(keyFile, pair.key, { mode: 0o600 })
  writeFileSync(certFile, pair.certificate)
  return pair
}

/** This machine's addresses that others can reach, IPv4 first. */
export function machineAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const reachable = all.filter((a) => !a.internal && !a.address.startsWith('fe80'))
  return [...reachable.filter((a) => a.family === 'IPv4'), ...reachable.filter((a) => a.family === 'IPv6')].map((a) => a.address)
}
