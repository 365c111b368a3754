/** The flags of `kube-apiserver`, under upstream's names. */
import type { FlagTable } from '../flags/flags.ts'
import { logFlags } from '../log/flags.ts'
import { accessFlags } from './access-flags.ts'
import { fixedFlags } from './fixed-flags.ts'

export const flags = {
  'secure-port': { type: 'int', default: 6443, doc: 'The port that serves HTTPS with authentication and authorization.' },
  'bind-address': { type: 'string', default: '0.0.0.0', doc: 'The address to listen on.' },
  'advertise-address': {
    type: 'string',
    doc: 'The address at which members of the cluster reach this server. Default: the bind address, or a host address when that is unspecified.',
  },
  'data-dir': {
    type: 'string',
    default: '/var/lib/kijabi/store',
    doc: 'The folder of the embedded store, used when no --etcd-servers is given.',
  },
  'etcd-servers': { type: 'list', doc: 'The etcd servers to keep the data in (scheme://host:port), instead of the embedded store.' },
  'etcd-cafile': { type: 'string', doc: 'The authority that signed the etcd servers’ certificates.' },
  'etcd-certfile': { type: 'string', doc: 'The client certificate for etcd.' },
  'etcd-keyfile': { type: 'string', doc: 'The key of the client certificate for etcd.' },
  'etcd-prefix': { type: 'string', default: '/registry', doc: 'The prefix of all keys in etcd.' },
  'etcd-compaction-interval': {
    type: 'duration',
    default: 300_000,
    doc: 'How often old revisions are forgotten; 0 leaves that to somebody else.',
  },
  'tls-cert-file': { type: 'string', doc: 'The certificate to serve with. Without it one is made in --cert-dir.' },
  'tls-private-key-file': { type: 'string', doc: 'The key of --tls-cert-file.' },
  'cert-dir': { type: 'string', default: '/var/run/kubernetes', doc: 'Where certificates and keys that are not given are made.' },
  'client-ca-file': {
    type: 'string',
    doc: 'Requests with a client certificate signed by an authority in this file are authenticated by its CommonName.',
  },
  ...accessFlags,
  'service-cluster-ip-range': { type: 'string', default: '10.0.0.0/24', doc: 'The range that Services get their addresses from.' },
  'service-node-port-range': { type: 'string', default: '30000-32767', doc: 'The ports that node ports are taken from.' },
  'kubelet-client-certificate': { type: 'string', doc: 'The client certificate that kubelets are called with.' },
  'kubelet-client-key': { type: 'string', doc: 'The key of --kubelet-client-certificate.' },
  'kubelet-certificate-authority': { type: 'string', doc: 'The authority that signed the kubelets’ certificates.' },
  'kubelet-preferred-address-types': {
    type: 'list',
    default: ['InternalIP', 'ExternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS'],
    doc: 'Which of a node’s addresses its kubelet is called at: the first that it has.',
  },
  'proxy-client-cert-file': {
    type: 'string',
    doc: 'The client certificate that aggregated API servers know this one by, when it says on whose behalf a request comes.',
  },
  'proxy-client-key-file': { type: 'string', doc: 'The key of --proxy-client-cert-file.' },
  'enable-aggregator-routing': {
    type: 'bool',
    doc: 'Reach aggregated API servers at an endpoint of their service, not at its cluster IP.',
  },
  'kubernetes-service-node-port': { type: 'int', doc: 'The port of every node at which the kubernetes Service is reached; 0 for none.' },
  'allow-privileged': { type: 'bool', default: true, doc: 'Whether containers may be privileged.' },
  'event-ttl': { type: 'duration', default: 3_600_000, doc: 'How long events are kept after their last change.' },
  'lease-reuse-duration-seconds': { type: 'int', default: 60, doc: 'How long events share a lease of the store.' },
  'request-timeout': {
    type: 'duration',
    default: 60_000,
    doc: 'How long a request may take, unless it lasts as long as its client wants, as watches do.',
  },
  'min-request-timeout': {
    type: 'int',
    default: 1800,
    doc: 'The seconds that a watch lives at least, and at most twice as long, unless the client names a time.',
  },
  'http2-max-streams-per-connection': { type: 'int', default: 1000, doc: 'How many requests a connection may carry at once by HTTP/2.' },
  'disable-http2-serving': { type: 'bool', doc: 'Serve HTTP/1.1 alone.' },
  profiling: { type: 'bool', doc: 'Whether /debug/pprof answers, with profiles of V8.' },
  ...fixedFlags,
  ...logFlags,
} as const satisfies FlagTable
