/**
 * Upstream's flags that have one value here: they may be given with it, and are refused with any other, so that nobody
 * believes a setting that counts for nothing.
 */
import type { FlagSpec, FlagTable } from '../flags/flags.ts'

const emulation = 'the server is of one version'
const tuning = 'there is nothing to tune by it'
const logging = 'lines are written at once, and -v is for all'
const one = <Type extends FlagSpec['type']>(type: Type, value: unknown, why: string) => ({
  type,
  default: value,
  doc: `Only this value: ${why}.`,
})

export const fixedFlags = {
  'aggregator-reject-forwarding-redirect': one('bool', true, 'a redirect of an aggregated server is an error'),
  'allow-metric-labels': one('map', {}, 'labels are not held to lists'),
  'allow-metric-labels-manifest': one('string', '', 'labels are not held to lists'),
  'apiserver-count': one('int', 1, 'servers know of one another by their leases'),
  'authorization-policy-file': one('string', '', 'there is no ABAC mode'),
  'contention-profiling': one('bool', false, 'one thread contends with nobody'),
  'coordinated-leadership-lease-duration': one('duration', 15_000, 'there are no lease candidates'),
  'coordinated-leadership-renew-deadline': one('duration', 10_000, 'there are no lease candidates'),
  'coordinated-leadership-retry-period': one('duration', 2_000, 'there are no lease candidates'),
  'cors-allowed-origins': one('list', [], 'pages of other origins are not answered'),
  'debug-socket-path': one('string', '', 'profiles are read by --profiling'),
  'default-not-ready-toleration-seconds': one('int', 300, 'DefaultTolerationSeconds takes no other'),
  'default-unreachable-toleration-seconds': one('int', 300, 'DefaultTolerationSeconds takes no other'),
  'default-watch-cache-size': one('int', 100, tuning),
  'delete-collection-workers': one('int', 1, tuning),
  'disabled-metrics': one('list', [], 'all metrics are told'),
  'egress-selector-config-file': one('string', '', 'there is no egress selector'),
  'emulated-version': one('list', [], emulation),
  'emulation-forward-compatible': one('bool', false, emulation),
  'enable-garbage-collector': one('bool', true, 'owners and their finalizers always count'),
  'endpoint-reconciler-type': one('string', 'lease', 'servers know of one another by their leases'),
  'etcd-count-metric-poll-period': one('duration', 60_000, 'objects are counted when the metrics are read'),
  'etcd-db-metric-poll-interval': one('duration', 30_000, 'sizes are looked up when the metrics are read'),
  'etcd-healthcheck-timeout': one('duration', 2_000, tuning),
  'etcd-readycheck-timeout': one('duration', 2_000, tuning),
  'etcd-servers-overrides': one('list', [], 'all resources are in one store'),
  'external-hostname': one('string', '', 'no document names the server by its host'),
  'feature-gates': one('map', {}, 'what is on by default is built in, and nothing else is there'),
  'goaway-chance': one('float', 0, 'connections are kept'),
  'kubelet-timeout': one('duration', 5_000, tuning),
  'livez-grace-period': one('duration', 0, 'the start is over in a second'),
  'log-flush-frequency': one('duration', 5_000, logging),
  'max-connection-bytes-per-sec': one('int', 0, 'connections are not throttled'),
  'min-compatibility-version': one('list', [], emulation),
  'peer-advertise-ip': one('string', '', 'requests are not passed on to peers'),
  'peer-advertise-port': one('string', '', 'requests are not passed on to peers'),
  'peer-ca-file': one('string', '', 'requests are not passed on to peers'),
  'permit-address-sharing': one('bool', false, 'the port is this server’s own'),
  'permit-port-sharing': one('bool', false, 'the port is this server’s own'),
  'runtime-config': one('map', {}, 'the versions that are on by default are served, and no others'),
  'runtime-config-emulation-forward-compatible': one('bool', false, emulation),
  'send-retry-after-while-not-ready-once': one('bool', false, 'the server is reached when it is ready'),
  'show-hidden-metrics-for-version': one('string', '', 'no metric is hidden'),
  'service-account-signing-endpoint': one('string', '', 'tokens are signed by the server itself'),
  'shutdown-delay-duration': one('duration', 0, 'the server stops when it is told to'),
  'shutdown-send-retry-after': one('bool', false, 'the server stops when it is told to'),
  'shutdown-watch-termination-grace-period': one('duration', 0, 'the server stops when it is told to'),
  'storage-backend': one('string', 'etcd3', 'etcd’s API is what stores are spoken to by'),
  'storage-initialization-timeout': one('duration', 60_000, tuning),
  'storage-media-type': one('string', 'application/json', 'objects are stored as they are answered; protobuf of upstream is read'),
  'strict-transport-security-directives': one('list', [], 'browsers are not told to keep to HTTPS, which is all there is'),
  'tls-cipher-suites': one('list', [], 'strong suites alone are offered'),
  'tls-min-version': one('string', 'VersionTLS12', 'older ones are broken'),
  'tls-sni-cert-key': one('list', [], 'one certificate is served'),
  'tracing-config-file': one('string', '', 'requests are observed in the process'),
  vmodule: one('string', '', logging),
  'watch-cache': one('bool', true, 'reads are answered from it'),
  'watch-cache-sizes': one('list', [], tuning),
} as const satisfies FlagTable

/** Throws when one of them has another value. */
export function checkFixedFlags(values: Readonly<Record<string, unknown>>): void {
  for (const [name, { default: only, doc }] of Object.entries(fixedFlags)) {
    const value = values[name]
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(only))
      throw new Error(`--${name} may only be ${JSON.stringify(only)}: ${doc.slice(doc.indexOf(': ') + 2, -1)}`)
  }
}
