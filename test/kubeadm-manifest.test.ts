/** The command line of the static pod manifest that kubeadm 1.36 writes, as it is: the store over TLS, its files, its flags. */
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import https from 'node:https'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createCertificateAuthority, issueCertificate, type KeyPair } from '../src/pki/index.ts'
import { createTestFolder, freePort } from './support/api-server.ts'
import { root } from './support/shell.ts'

const folder = createTestFolder('kubeadm-manifest')
const pki = join(folder.path, 'pki')
const processes: ChildProcess[] = []
const stop = async (child: ChildProcess): Promise<void> => {
  const over = new Promise((done) => child.once('exit', done))
  if (child.exitCode === null && child.kill('SIGTERM')) await over
}
afterAll(async () => {
  await Promise.all(processes.map(stop))
  folder.remove()
})

/** A program that has said the text. */
function started(program: string, flags: readonly string[], text: string): Promise<void> {
  const child = spawn(join(root, 'scripts/node'), [join(root, 'src/cli/main.ts'), program, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  processes.push(child)
  let log = ''
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      if (log.includes(text)) resolve()
    })
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}: ${log}`)))
  })
}

/** The files of kubeadm's certificates phase, by its names. */
function writePki(): { ca: KeyPair; admin: KeyPair } {
  mkdirSync(join(pki, 'etcd'), { recursive: true })
  const pair = (name: string, { certificate, key }: KeyPair): KeyPair => {
    folder.file(`pki/${name}.crt`, certificate)
    folder.file(`pki/${name}.key`, key)
    return { certificate, key }
  }
  const ca = pair('ca', createCertificateAuthority('kubernetes'))
  const etcd = pair('etcd/ca', createCertificateAuthority('etcd-ca'))
  const proxies = pair('front-proxy-ca', createCertificateAuthority('front-proxy-ca'))
  pair('etcd/server', issueCertificate(etcd, { commonName: 'node', hosts: ['localhost', '127.0.0.1'], usages: ['server', 'client'] }))
  pair('apiserver-etcd-client', issueCertificate(etcd, { commonName: 'kube-apiserver-etcd-client', usages: ['client'] }))
  pair('apiserver', issueCertificate(ca, { commonName: 'kube-apiserver', hosts: ['kubernetes', '127.0.0.1'], usages: ['server'] }))
  pair(
    'apiserver-kubelet-client',
    issueCertificate(ca, { commonName: 'kube-apiserver-kubelet-client', organizations: ['kubeadm:cluster-admins'], usages: ['client'] }),
  )
  pair('front-proxy-client', issueCertificate(proxies, { commonName: 'front-proxy-client', usages: ['client'] }))
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  folder.file('pki/sa.key', privateKey.export({ type: 'pkcs1', format: 'pem' }).toString())
  folder.file('pki/sa.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString())
  return {
    ca,
    admin: issueCertificate(ca, { commonName: 'kubernetes-super-admin', organizations: ['system:masters'], usages: ['client'] }),
  }
}

test('kube-apiserver runs by the command line of kubeadm', async () => {
  const { ca, admin } = writePki()
  const [store, port] = [await freePort(), await freePort()]
  await started(
    'etcd',
    [
      '--name=node',
      `--data-dir=${folder.path}/etcd`,
      `--listen-client-urls=https://127.0.0.1:${store}`,
      `--advertise-client-urls=https://127.0.0.1:${store}`,
      '--client-cert-auth=true',
      `--cert-file=${pki}/etcd/server.crt`,
      `--key-file=${pki}/etcd/server.key`,
      `--trusted-ca-file=${pki}/etcd/ca.crt`,
    ],
    'ready to serve',
  )
  await started(
    'kube-apiserver',
    [
      '--advertise-address=192.0.2.10',
      '--allow-privileged=true',
      '--authorization-mode=Node,RBAC',
      `--client-ca-file=${pki}/ca.crt`,
      '--enable-admission-plugins=NodeRestriction',
      '--enable-bootstrap-token-auth=true',
      `--etcd-cafile=${pki}/etcd/ca.crt`,
      `--etcd-certfile=${pki}/apiserver-etcd-client.crt`,
      `--etcd-keyfile=${pki}/apiserver-etcd-client.key`,
      `--etcd-servers=https://127.0.0.1:${store}`,
      `--kubelet-client-certificate=${pki}/apiserver-kubelet-client.crt`,
      `--kubelet-client-key=${pki}/apiserver-kubelet-client.key`,
      '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
      `--proxy-client-cert-file=${pki}/front-proxy-client.crt`,
      `--proxy-client-key-file=${pki}/front-proxy-client.key`,
      '--requestheader-allowed-names=front-proxy-client',
      `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-username-headers=X-Remote-User',
      `--secure-port=${port}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${pki}/sa.pub`,
      `--service-account-signing-key-file=${pki}/sa.key`,
      '--service-cluster-ip-range=10.96.0.0/12',
      `--tls-cert-file=${pki}/apiserver.crt`,
      `--tls-private-key-file=${pki}/apiserver.key`,
    ],
    '"ready"',
  )
  const call = (path: string, body?: object): Promise<object> =>
    new Promise((resolve, reject) => {
      const method = body ? 'POST' : 'GET'
      const options = { host: '127.0.0.1', port, path, method, ca: ca.certificate, cert: admin.certificate, key: admin.key }
      const request = https.request({ ...options, headers: { 'content-type': 'application/json' } }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())))
      })
      request.on('error', reject)
      request.end(body ? JSON.stringify(body) : undefined)
    })
  const accounts = '/api/v1/namespaces/kube-system/serviceaccounts'
  expect(await call(accounts, { metadata: { name: 'a' } })).toMatchObject({ kind: 'ServiceAccount', metadata: { name: 'a' } })
  const { status } = (await call(`${accounts}/a/token`, { spec: {} })) as { status: { token: string } }
  const claims = JSON.parse(Buffer.from(status.token.split('.')[1] as string, 'base64url').toString())
  expect(claims).toMatchObject({ iss: 'https://kubernetes.default.svc.cluster.local', sub: 'system:serviceaccount:kube-system:a' })
  expect(await call('/api/v1/namespaces/default/services/kubernetes')).toMatchObject({ spec: { clusterIP: '10.96.0.1' } })
})

test('and ends when it is told to, though its store has ended before', async () => {
  const [etcd, server] = processes as [ChildProcess, ChildProcess]
  await stop(etcd)
  await stop(server)
  expect(server.exitCode).toBe(0)
})
