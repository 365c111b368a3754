import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Transport } from '../client/transport.ts'
import { checkFixedFlags } from '../flags/fixed-flags.ts'
import { parseFlags } from '../flags/flags.ts'
import { noLog } from '../log/log.ts'
import { openAccess } from './access.ts'
import { type ApiServer, createApiServer } from './api-server.ts'
import { fixedFlags } from './fixed-flags.ts'
import { flags } from './flags.ts'
import { createInProcessTransport } from './in-process.ts'
import { createMemoryStore } from './memory-store.ts'

/** Those of kube-apiserver 1.36, but for help and log's. */
const upstream = `
admission-control-config-file advertise-address aggregator-reject-forwarding-redirect allow-metric-labels
allow-metric-labels-manifest allow-privileged anonymous-auth api-audiences apiserver-count audit-log-batch-buffer-size
audit-log-batch-max-size audit-log-batch-max-wait audit-log-batch-throttle-burst audit-log-batch-throttle-enable
audit-log-batch-throttle-qps audit-log-compress audit-log-format audit-log-maxage audit-log-maxbackup audit-log-maxsize
audit-log-mode audit-log-path audit-log-truncate-enabled audit-log-truncate-max-batch-size audit-log-truncate-max-event-size
audit-log-version audit-policy-file audit-webhook-batch-buffer-size audit-webhook-batch-max-size audit-webhook-batch-max-wait
audit-webhook-batch-throttle-burst audit-webhook-batch-throttle-enable audit-webhook-batch-throttle-qps
audit-webhook-config-file audit-webhook-initial-backoff audit-webhook-mode audit-webhook-truncate-enabled
audit-webhook-truncate-max-batch-size audit-webhook-truncate-max-event-size audit-webhook-version authentication-config
authentication-token-webhook-cache-ttl authentication-token-webhook-config-file authentication-token-webhook-version
authorization-config authorization-mode authorization-policy-file authorization-webhook-cache-authorized-ttl
authorization-webhook-cache-unauthorized-ttl authorization-webhook-config-file authorization-webhook-version bind-address
cert-dir client-ca-file contention-profiling coordinated-leadership-lease-duration coordinated-leadership-renew-deadline
coordinated-leadership-retry-period cors-allowed-origins debug-socket-path default-not-ready-toleration-seconds
default-unreachable-toleration-seconds default-watch-cache-size delete-collection-workers disable-admission-plugins
disable-http2-serving disabled-metrics egress-selector-config-file emulated-version emulation-forward-compatible
enable-admission-plugins enable-aggregator-routing enable-bootstrap-token-auth enable-garbage-collector
enable-priority-and-fairness encryption-provider-config encryption-provider-config-automatic-reload endpoint-reconciler-type
etcd-cafile etcd-certfile etcd-compaction-interval etcd-count-metric-poll-period etcd-db-metric-poll-interval
etcd-healthcheck-timeout etcd-keyfile etcd-prefix etcd-readycheck-timeout etcd-servers etcd-servers-overrides event-ttl
external-hostname feature-gates goaway-chance http2-max-streams-per-connection kubelet-certificate-authority
kubelet-client-certificate kubelet-client-key kubelet-preferred-address-types kubelet-timeout kubernetes-service-node-port
lease-reuse-duration-seconds livez-grace-period log-flush-frequency logging-format max-connection-bytes-per-sec
max-mutating-requests-inflight max-requests-inflight min-compatibility-version min-request-timeout oidc-ca-file oidc-client-id
oidc-groups-claim oidc-groups-prefix oidc-issuer-url oidc-required-claim oidc-signing-algs oidc-username-claim
oidc-username-prefix peer-advertise-ip peer-advertise-port peer-ca-file permit-address-sharing permit-port-sharing profiling
proxy-client-cert-file proxy-client-key-file request-timeout requestheader-allowed-names requestheader-client-ca-file
requestheader-extra-headers-prefix requestheader-group-headers requestheader-uid-headers requestheader-username-headers
runtime-config runtime-config-emulation-forward-compatible secure-port send-retry-after-while-not-ready-once
service-account-extend-token-expiration service-account-issuer service-account-jwks-uri service-account-key-file
service-account-lookup service-account-max-token-expiration service-account-signing-endpoint service-account-signing-key-file
service-cluster-ip-range service-node-port-range show-hidden-metrics-for-version shutdown-delay-duration
shutdown-send-retry-after shutdown-watch-termination-grace-period storage-backend storage-initialization-timeout
storage-media-type strict-transport-security-directives tls-cert-file tls-cipher-suites tls-min-version tls-private-key-file
tls-sni-cert-key token-auth-file tracing-config-file v vmodule watch-cache watch-cache-sizes`

test('every flag of upstream is known', () => {
  expect(
    upstream
      .trim()
      .split(/\s+/)
      .filter((name) => !(name in flags)),
  ).toEqual([])
})

const other: Readonly<Record<string, string>> = { bool: 'x', int: '7', float: '0.5', duration: '7s', list: 'a', map: 'a=b', string: 'x' }

test.each(Object.entries(fixedFlags))('--%s is taken with its one value, and refused with another', (name, spec) => {
  expect(() => checkFixedFlags(fixedFlags, parseFlags(flags, []).values)).not.toThrow()
  const text = spec.type === 'bool' ? String(!spec.default) : (other[spec.type] as string)
  expect(() => checkFixedFlags(fixedFlags, parseFlags(flags, [`--${name}=${text}`]).values)).toThrow(`--${name} may only be `)
})

test('a refusal says why', () => {
  const { values } = parseFlags(flags, ['--storage-backend=etcd2'])
  expect(() => checkFixedFlags(fixedFlags, values)).toThrow(
    '--storage-backend may only be "etcd3": etcd’s API is what stores are spoken to by',
  )
})

test.each([
  [[], false],
  [['--enable-aggregator-routing'], true],
  [['--enable-aggregator-routing=false'], false],
])('aggregated servers are reached at their endpoints with %j: %s', (given, routing) => {
  expect(parseFlags(flags, given).values['enable-aggregator-routing']).toBe(routing)
})

describe('a server with flags', () => {
  let server: ApiServer
  let api: Transport
  beforeAll(async () => {
    server = await createApiServer(
      { store: createMemoryStore(), log: noLog, access: () => openAccess() },
      { advertise: { host: '192.0.2.1', port: 6443, nodePort: 30443 }, services: { allowPrivileged: false }, profiling: true },
    )
    await server.ready
    api = createInProcessTransport(server.handle)
  })
  afterAll(() => server.close())

  const privileged = { name: 'c', image: 'c:1', securityContext: { privileged: true } }
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [privileged], restartPolicy: 'Always' } }
  const selector = { matchLabels: { a: 'b' } }
  const once = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } }
  test.each<[path: string, field: string, body: object]>([
    ['/api/v1/namespaces/default/pods', 'spec', { spec: template.spec }],
    ['/api/v1/namespaces/default/podtemplates', 'template.spec', { template }],
    ['/apis/apps/v1/namespaces/default/deployments', 'spec.template.spec', { spec: { selector, template } }],
    ['/apis/apps/v1/namespaces/default/statefulsets', 'spec.template.spec', { spec: { selector, template, serviceName: 's' } }],
    ['/apis/batch/v1/namespaces/default/jobs', 'spec.template.spec', { spec: { template: once } }],
    [
      '/apis/batch/v1/namespaces/default/cronjobs',
      'spec.jobTemplate.spec.template.spec',
      { spec: { schedule: '@daily', jobTemplate: { spec: { template: once } } } },
    ],
  ])('--allow-privileged=false: %s', async (path, field, body) => {
    const made = api.request({ method: 'POST', path, body: { metadata: { name: 'p' }, ...body } })
    await expect(made).rejects.toThrow(`${field}.containers[0].securityContext.privileged: Forbidden: disallowed by cluster policy`)
  })

  test('--allow-privileged=false: an ephemeral container', async () => {
    const path = '/api/v1/namespaces/default/pods'
    await api.request({ method: 'POST', path, body: { metadata: { name: 'plain' }, spec: { containers: [{ name: 'c', image: 'c:1' }] } } })
    const patch = api.request({
      method: 'PATCH',
      path: `${path}/plain/ephemeralcontainers`,
      contentType: 'application/strategic-merge-patch+json',
      body: { spec: { ephemeralContainers: [{ ...privileged, name: 'e' }] } },
    })
    await expect(patch).rejects.toThrow('spec.ephemeralContainers[0].securityContext.privileged: Forbidden: disallowed by cluster policy')
  })

  test('--kubernetes-service-node-port', async () => {
    const service = await api.request({ method: 'GET', path: '/api/v1/namespaces/default/services/kubernetes' })
    expect(service).toMatchObject({ spec: { type: 'NodePort', ports: [{ port: 443, nodePort: 30443 }] } })
  })

  test('--profiling: profiles of V8 below /debug/pprof, which is not there without it', async () => {
    const profile = await api.request({ method: 'GET', path: '/debug/pprof/profile?seconds=0.01' })
    expect(profile).toMatchObject({ nodes: expect.any(Array), samples: expect.any(Array) })
    const plain = await createApiServer({ store: createMemoryStore(), log: noLog, access: () => openAccess() })
    await expect(createInProcessTransport(plain.handle).request({ method: 'GET', path: '/debug/pprof/' })).rejects.toThrow(
      '404 page not found',
    )
    await plain.close()
  })
})
