/** The command line of a cluster's control plane: each component's name with upstream's flags. Apart from the process itself, so that `up` loads no component. */
import type { Cluster, Settings } from './cluster.ts'
import { apiAddress } from './credentials.ts'
import { auditPolicyFile, encryptionFile } from './safeguards.ts'

export const controlPlaneComponents = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const

export function controlPlaneArguments(cluster: Cluster): string[] {
  const { ports, settings } = cluster
  const pki = (name: string) => cluster.path('pki', name)
  const logging = loggingArguments(settings)
  const etcdUrl = `https://127.0.0.1:${ports.etcd}`
  return [
    'control-plane',
    '--data-dir',
    cluster.folder,
    'etcd',
    '--name=kijabi',
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--cert-file=${pki('etcd-server.crt')}`,
    `--key-file=${pki('etcd-server.key')}`,
    `--trusted-ca-file=${pki('etcd-ca.crt')}`,
    '--client-cert-auth=true',
    ...logFormatArguments(settings),
    'kube-apiserver',
    `--secure-port=${ports.apiserver}`,
    '--bind-address=127.0.0.1',
    ...(settings.nodes > 0 ? [`--advertise-address=${apiAddress(cluster)}`] : []),
    `--data-dir=${cluster.path('store')}`,
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    // As kubeadm has them: who passes requests on with the front proxy's certificate is believed whose they are.
    `--requestheader-client-ca-file=${pki('front-proxy-ca.crt')}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${pki('front-proxy-client.crt')}`,
    `--proxy-client-key-file=${pki('front-proxy-client.key')}`,
    // Without a node, or from outside the cluster's network, services have no address that leads anywhere.
    '--enable-aggregator-routing=true',
    `--kubelet-client-certificate=${pki('apiserver-kubelet-client.crt')}`,
    `--kubelet-client-key=${pki('apiserver-kubelet-client.key')}`,
    `--kubelet-certificate-authority=${pki('ca.crt')}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${pki('sa.pub')}`,
    `--service-account-signing-key-file=${pki('sa.key')}`,
    '--enable-bootstrap-token-auth=true',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--encryption-provider-config=${encryptionFile(cluster)}`,
    `--audit-policy-file=${auditPolicyFile(cluster)}`,
    `--audit-log-path=${cluster.path('logs', 'audit.log')}`,
    '--audit-log-maxage=30',
    '--audit-log-maxbackup=10',
    '--audit-log-maxsize=100',
    '--audit-log-mode=batch',
    '--audit-log-batch-max-size=400',
    '--audit-log-batch-max-wait=1s',
    `--service-cluster-ip-range=${settings.serviceCidr}`,
    ...(settings.tokenAuthFile ? [`--token-auth-file=${settings.tokenAuthFile}`] : []),
    ...logging,
    // One of each, in one process: a lease to wait for would only delay the start after a crash.
    'kube-controller-manager',
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.controllerManager}`,
    '--allocate-node-cidrs=true',
    `--cluster-cidr=${settings.podCidr}`,
    ...(settings.nodes === 0 ? [`--node-cidr-mask-size=${maskFor(settings)}`] : []),
    `--service-cluster-ip-range=${settings.serviceCidr}`,
    `--root-ca-file=${pki('ca.crt')}`,
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${pki('sa.key')}`,
    `--cluster-signing-cert-file=${pki('ca.crt')}`,
    `--cluster-signing-key-file=${pki('ca.key')}`,
    ...logging,
    'kube-scheduler',
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.scheduler}`,
    ...logging,
  ]
}

/** Of the components that log as upstream's do. */
export const loggingArguments = ({ loggingFormat, verbosity }: Settings): string[] => [
  ...(loggingFormat ? [`--logging-format=${loggingFormat}`] : []),
  ...(verbosity ? [`--v=${verbosity}`] : []),
]

/** And of etcd and containerd, which have words of their own for it. */
export const logFormatArguments = ({ loggingFormat, verbosity = 0 }: Settings): string[] => [
  ...(loggingFormat ? [`--log-format=${loggingFormat}`] : []),
  ...(verbosity >= 4 ? ['--log-level=debug'] : []),
]

/** Upstream's 24 bits, or more where simulated nodes, which use no addresses, would not all get a part of the pods' range. */
function maskFor({ podCidr, simulatedNodes }: Settings): number {
  return Math.max(24, Number(podCidr.split('/')[1]) + Math.ceil(Math.log2(simulatedNodes)))
}
