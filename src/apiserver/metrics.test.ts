/** What /metrics tells: names, types and labels are upstream's (test/instrumentation/testdata/stable-metrics-list.yaml). */
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Transport } from '../client/transport.ts'
import { noLog } from '../log/log.ts'
import { createMetrics } from '../metrics/metrics.ts'
import type { Store } from '../store/store.ts'
import { createAccess } from './access.ts'
import { type ApiServer, createApiServer } from './api-server.ts'
import { createAuditor } from './audit/audit.ts'
import { parsePolicy } from './audit/policy.ts'
import { createCertificateAuthenticator } from './authentication/certificate.ts'
import { parseSigningKey } from './authentication/jwt.ts'
import { createOidcAuthenticator } from './authentication/oidc.ts'
import { parseTokenFile } from './authentication/token-file.ts'
import { createEncryptionMetrics } from './encryption/metrics.ts'
import { createInProcessTransport } from './in-process.ts'
import { createMemoryStore } from './memory-store.ts'
import { fixed } from './reloadable.ts'

let server: ApiServer
let api: Transport
const maps = '/api/v1/namespaces/default/configmaps'

/** The lines of a metric, each with its labels in order. */
async function lines(name: string): Promise<string[]> {
  const text = await api.request<string>({ method: 'GET', path: '/metrics' })
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) =>
      line.replace(/\{(.*)\}/, (_all, labels: string) => `{${[...labels.matchAll(/\w+="[^"]*"/g)].map(String).sort().join(',')}}`),
    )
}

/** What is called `held` is never written. */
function storeThatHolds(): Store {
  const store = createMemoryStore()
  const create: Store['create'] = (key, ...rest) => (key.endsWith('/held') ? new Promise(() => {}) : store.create(key, ...rest))
  return Object.assign(Object.create(store) as Store, { create })
}

beforeAll(async () => {
  server = await createApiServer(
    {
      store: storeThatHolds(),
      log: noLog,
      access: (deps) =>
        createAccess(deps, {
          anonymous: { enabled: true },
          bootstrapTokens: false,
          tokenFile: parseTokenFile('t,admin,1,"g"'),
          authorizers: fixed([{ type: 'AlwaysAllow', name: 'all' }]),
          admission: { enable: [], disable: [], configuration: {} },
        }),
    },
    { advertise: { host: '192.0.2.1', port: 6443 }, requestTimeoutMs: 60_000 },
  )
  await server.ready
  api = createInProcessTransport(server.handle)
  const jane = createInProcessTransport(server.handle, { name: 'jane', groups: ['system:authenticated'] })
  await jane.request({ method: 'GET', path: '/version' })
  const map = { metadata: { name: 'm' } }
  await api.request({ method: 'POST', path: maps, body: map })
  await api.request({ method: 'POST', path: `${maps}?dryRun=All`, body: { metadata: { name: 'd' } } })
  await api.request({ method: 'GET', path: `${maps}/m` })
  await api.request({ method: 'GET', path: `${maps}/none` }).catch(() => undefined)
  await api.request({ method: 'GET', path: '/api/v1/configmaps' })
  await api.request({ method: 'PUT', path: `${maps}/m`, body: { ...map, data: { a: 'b' } } })
  await api.request({ method: 'PATCH', path: `${maps}/m`, contentType: 'application/merge-patch+json', body: { data: { a: 'c' } } })
  const apply = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' } }
  await api.request({ method: 'PATCH', path: `${maps}/m?fieldManager=f`, contentType: 'application/apply-patch+yaml', body: apply })
  await api.request({ method: 'DELETE', path: `${maps}/m` })
  await api.request({ method: 'DELETE', path: `${maps}?labelSelector=a` })
  await api.request({ method: 'GET', path: '/readyz' })
  await api.request({ method: 'GET', path: '/livez' })
  await api.request({ method: 'GET', path: '/api/v1/namespaces/default/endpoints' })
})
afterAll(() => server.close())

const of = (rest: string) => expect.stringContaining(rest)

test.each<[name: string, type: string, labels: string]>([
  ['apiserver_request_total', 'counter', 'code component dry_run group resource scope subresource verb version'],
  ['apiserver_request_duration_seconds', 'histogram', 'component dry_run group le resource scope subresource verb version'],
  ['apiserver_requested_deprecated_apis', 'gauge', 'group removed_release resource subresource version'],
  ['apiserver_admission_controller_admission_duration_seconds', 'histogram', 'le name operation rejected type'],
  ['apiserver_admission_step_admission_duration_seconds', 'histogram', 'le operation rejected type'],
  ['apiserver_storage_objects', 'gauge', 'resource'],
  ['apiserver_resource_objects', 'gauge', 'group resource'],
  ['apiserver_storage_size_bytes', 'gauge', 'storage_cluster_id'],
  ['kubernetes_healthcheck', 'gauge', 'name type'],
  ['kubernetes_healthchecks_total', 'counter', 'name status type'],
  ['kubernetes_build_info', 'gauge', 'build_date compiler git_commit git_tree_state git_version go_version major minor platform'],
  ['registered_metrics_total', 'counter', 'deprecated_version stability_level'],
  ['etcd_request_duration_seconds', 'histogram', 'group le operation resource'],
  ['etcd_requests_total', 'counter', 'group operation resource'],
  ['authorization_attempts_total', 'counter', 'result'],
  ['authorization_duration_seconds', 'histogram', 'le result'],
  ['apiserver_authorization_decisions_total', 'counter', 'decision name type'],
  ['process_cpu_seconds_total', 'counter', ''],
  ['process_resident_memory_bytes', 'gauge', ''],
  ['process_start_time_seconds', 'gauge', ''],
  ['process_virtual_memory_bytes', 'gauge', ''],
  ['process_open_fds', 'gauge', ''],
  ['process_max_fds', 'gauge', ''],
])('%s is a %s of upstream’s labels', async (name, type, labels) => {
  const text = await api.request<string>({ method: 'GET', path: '/metrics' })
  expect(text).toContain(`\n# TYPE ${name} ${type}\n`)
  const [first] = await lines(type === 'histogram' ? `${name}_bucket` : name)
  expect(first).toBeDefined()
  expect([...(first as string).matchAll(/(\w+)="/g)].map(([, label]) => label).join(' ')).toBe(labels)
})

test.each<[what: string, verb: string, scope: string, code: string, more: string]>([
  ['a creation', 'POST', 'resource', '201', 'dry_run=""'],
  ['a dry run', 'POST', 'resource', '201', 'dry_run="All"'],
  ['one object', 'GET', 'resource', '200', 'dry_run=""'],
  ['one that is not there', 'GET', 'resource', '404', 'dry_run=""'],
  ['a list of all namespaces', 'LIST', 'cluster', '200', 'dry_run=""'],
  ['an update', 'PUT', 'resource', '200', 'dry_run=""'],
  ['a patch', 'PATCH', 'resource', '200', 'dry_run=""'],
  ['an apply', 'APPLY', 'resource', '200', 'dry_run=""'],
  ['a deletion', 'DELETE', 'resource', '200', 'dry_run=""'],
  ['a deletion of many', 'DELETECOLLECTION', 'namespace', '200', 'dry_run=""'],
])('%s is counted as %s', async (_what, verb, scope, code, more) => {
  const rest = `group="",resource="configmaps",scope="${scope}",subresource="",verb="${verb}",version="v1"`
  const found = (await lines('apiserver_request_total')).filter((line) => line.includes(rest) && line.includes(`code="${code}"`))
  expect(found).toEqual(expect.arrayContaining([of(`component="apiserver",${more},`)]))
})

test('a watch is long-running while it lasts', async () => {
  const running = `group="",resource="configmaps",scope="namespace",subresource="",verb="WATCH",version="v1"}`
  const stop = new AbortController()
  const watch = api
    .watch({
      method: 'GET',
      path: `${maps}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
      signal: stop.signal,
    })
    [Symbol.asyncIterator]()
  await watch.next()
  expect(await lines('apiserver_longrunning_requests')).toContainEqual(`apiserver_longrunning_requests{component="apiserver",${running} 1`)
  const of = 'group="",resource="configmaps",scope="namespace",version="v1"'
  expect(await lines('apiserver_watch_list_duration_seconds_count')).toEqual([`apiserver_watch_list_duration_seconds_count{${of}} 1`])
  stop.abort()
  while (!(await watch.next()).done);
  expect(await lines('apiserver_longrunning_requests')).toContainEqual(`apiserver_longrunning_requests{component="apiserver",${running} 0`)
})

test('what is stored is counted, and what was asked of the store', async () => {
  expect(await lines('apiserver_storage_objects')).toContain('apiserver_storage_objects{resource="namespaces"} 4')
  expect(await lines('apiserver_resource_objects')).toContainEqual(of('{group="flowcontrol.apiserver.k8s.io",resource="flowschemas"}'))
  expect(await lines('etcd_requests_total')).toContain('etcd_requests_total{group="",operation="create",resource="configmaps"} 2')
})

test('the caches tell of what came, what was sent on, and how new they are', async () => {
  const value = async (name: string) =>
    Number(
      (await lines(`apiserver_${name}`))
        .find((line) => line.includes('{group="",resource="configmaps"}'))
        ?.split(' ')
        .at(-1),
    )
  const of = [
    'storage_events_received_total',
    'watch_cache_events_received_total',
    'watch_cache_events_dispatched_total',
    'init_events_total',
  ]
  const all = () => Promise.all([...of, 'watch_cache_initializations_total', 'watch_cache_resource_version'].map(value))
  await api.request({ method: 'POST', path: maps, body: { metadata: { name: 'cached' } } })
  const before = await all()
  const stop = new AbortController()
  const events = api.watch({ method: 'GET', path: `${maps}?watch=true`, signal: stop.signal })[Symbol.asyncIterator]()
  await events.next()
  await api.request({ method: 'DELETE', path: `${maps}/cached` })
  await events.next()
  stop.abort()
  const after = await all()
  expect(after.map((count, i) => count - (before[i] as number)).slice(0, 5)).toEqual([1, 1, 1, 1, 0])
  expect(after[5]).toBeGreaterThan(before[5] as number)
})

test('the rules of a definition are timed when they are compiled and evaluated', async () => {
  const counts = async () =>
    Promise.all(
      ['compilation', 'evaluation'].map(async (what) => (await lines(`apiserver_cel_${what}_duration_seconds_count`))[0]?.split(' ')[1]),
    )
  expect(await counts()).toEqual(['0', '0'])
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const properties = { size: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 0' }] } }
  const names = { plural: 'boats', singular: 'boat', kind: 'Boat', listKind: 'BoatList' }
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties } } }]
  await api.request({
    method: 'POST',
    path: definitions,
    body: { metadata: { name: 'boats.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names, versions } },
  })
  type Definition = { status?: { conditions?: { type: string; status: string }[] } }
  for await (const { object } of api.watch<Definition>({ method: 'GET', path: `${definitions}?watch=true` }))
    if (object.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True')) break
  const boats = '/apis/example.com/v1/namespaces/default/boats'
  const boat = (name: string) => ({ apiVersion: 'example.com/v1', kind: 'Boat', metadata: { name }, size: 1 })
  for (const name of ['a', 'b']) await api.request({ method: 'POST', path: boats, body: boat(name) })
  expect(await counts()).toEqual(['1', '2'])
})

test('endpoints are deprecated, and their use is told', async () => {
  expect(await lines('apiserver_requested_deprecated_apis')).toContain(
    'apiserver_requested_deprecated_apis{group="",removed_release="",resource="endpoints",subresource="",version="v1"} 1',
  )
})

test('health checks tell their last outcome', async () => {
  expect(await lines('kubernetes_healthcheck')).toContain('kubernetes_healthcheck{name="etcd",type="livez"} 1')
  expect(await lines('kubernetes_healthchecks_total')).toContain(
    'kubernetes_healthchecks_total{name="ping",status="success",type="readyz"} 1',
  )
})

test('requests that are given up are counted', async () => {
  await expect(api.request({ method: 'POST', path: `${maps}?timeout=1ms`, body: { metadata: { name: 'held' } } })).rejects.toThrow(
    'Timeout',
  )
  const of = 'component="apiserver",group="",resource="configmaps",scope="resource",subresource="",verb="POST",version="v1"'
  expect(await lines('apiserver_request_terminations_total')).toEqual([`apiserver_request_terminations_total{code="504",${of}} 1`])
})

test('bodies that come by the wire are measured', async () => {
  const send = async (method: string, target: string, object: object, type = 'application/json') => {
    const user = { name: 'jane', groups: ['system:authenticated'] }
    const bytes = Buffer.from(JSON.stringify(object))
    const credentials = { headers: {}, remoteAddress: '192.0.2.7' }
    const signal = new AbortController().signal
    const answer = await server.handle({
      method,
      target,
      headers: { 'content-type': type },
      credentials,
      body: () => Promise.resolve(bytes),
      user,
      signal,
    })
    answer.done(200)
    return bytes.length
  }
  const secrets = '/api/v1/namespaces/default/secrets'
  const deployments = '/apis/apps/v1/namespaces/default/deployments'
  const sent = [
    await send('POST', secrets, { metastringData: { name: 'wire' }, stringData: { a: 'x'.repeat(60_000) } }),
    await send('PATCH', `${secrets}/wire`, { stringData: { b: 'c' } }, 'application/merge-patch+json'),
    await send('PUT', `${secrets}/wire`, { metastringData: { name: 'wire' } }),
    await send('DELETE', `${secrets}/wire`, {}),
    await send('DELETE', deployments, {}),
  ]
  const of = ['secrets create', 'secrets patch', 'secrets update', 'secrets delete', 'deployments.apps delete_collection']
  const row = (i: number, name: string) => {
    const [resource, verb] = (of[i] as string).split(' ')
    return `apiserver_request_body_size_bytes_${name}{resource="${resource}",verb="${verb}"}`
  }
  const mine = async (name: string) =>
    (await lines(`apiserver_request_body_size_bytes_${name}`)).filter((line) => /resource="(secrets|deployments.apps)"/.test(line))
  expect(await mine('sum')).toEqual(sent.map((bytes, i) => `${row(i, 'sum')} ${bytes}`))
  const within = (await mine('bucket')).filter((line) => line.includes('le="50000"'))
  expect(within.map((line) => line.split(' ').at(-1))).toEqual(['0', '1', '1', '1', '1'])
})

test('how long the certificate of a client lasts yet is measured', () => {
  const metrics = createMetrics()
  const { authenticate } = createCertificateAuthenticator(metrics)
  const certificate = { commonName: 'jane', organizations: [], fingerprint: 'aa', chain: [], expiresAt: Date.now() + 3_500_000 }
  const credentials = { headers: {}, remoteAddress: '', certificate }
  expect(authenticate(credentials, '/')).toMatchObject({ name: 'jane' })
  authenticate({ ...credentials, certificate: { ...certificate, commonName: '' } }, '/')
  const rows = metrics.render().split('\n')
  const name = 'apiserver_client_certificate_expiration_seconds'
  for (const row of ['bucket{le="1800"} 0', 'bucket{le="3600"} 1', 'count 1']) expect(rows).toContain(`${name}_${row}`)
})

test('who decided is told', async () => {
  const [row] = await lines('apiserver_authorization_decisions_total')
  expect(row).toMatch(/^apiserver_authorization_decisions_total\{decision="allowed",name="all",type="AlwaysAllow"\} [1-9]\d*$/)
})

test('users are counted, of few by their name', async () => {
  const ask = (authorization?: string) =>
    server.handle({
      method: 'GET',
      target: '/version',
      headers: {},
      credentials: { headers: {}, remoteAddress: '192.0.2.7', ...(authorization ? { authorization } : {}) },
      body: () => Promise.resolve(Buffer.alloc(0)),
      signal: new AbortController().signal,
    })
  for (const authorization of ['Bearer t', 'Bearer wrong', undefined]) (await ask(authorization)).done(200)
  expect(await lines('authenticated_user_requests')).toEqual([
    'authenticated_user_requests{username="admin"} 1',
    'authenticated_user_requests{username="other"} 1',
  ])
  expect(await lines('authentication_attempts')).toEqual([
    'authentication_attempts{result="success"} 2',
    'authentication_attempts{result="failure"} 1',
  ])
})

test('metrics are counted by what is promised of them', async () => {
  const text = await api.request<string>({ method: 'GET', path: '/metrics' })
  const registered = await lines('registered_metrics_total')
  for (const level of ['STABLE', 'BETA', 'ALPHA']) {
    const all = text.split('\n').filter((line) => line.startsWith('# HELP ') && line.includes(` [${level}] `)).length
    const deprecated = level === 'STABLE' ? 1 : 0
    expect(registered).toContain(`registered_metrics_total{deprecated_version="",stability_level="${level}"} ${all - deprecated}`)
  }
  expect(registered).toContain('registered_metrics_total{deprecated_version="1.34.0",stability_level="STABLE"} 1')
})

/** What is promised of each metric (test/instrumentation); those of the process are Prometheus' own and promise nothing. */
const promised = {
  STABLE: `
    apiserver_admission_controller_admission_duration_seconds apiserver_admission_step_admission_duration_seconds
    apiserver_admission_webhook_admission_duration_seconds apiserver_current_inflight_requests apiserver_longrunning_requests
    apiserver_request_duration_seconds apiserver_request_total apiserver_requested_deprecated_apis apiserver_response_sizes
    apiserver_storage_objects apiserver_storage_size_bytes kubernetes_healthcheck kubernetes_healthchecks_total`,
  BETA: `
    apiserver_authentication_config_controller_automatic_reload_last_timestamp_seconds
    apiserver_authentication_config_controller_automatic_reloads_total
    apiserver_authorization_config_controller_automatic_reload_last_timestamp_seconds
    apiserver_authorization_config_controller_automatic_reloads_total apiserver_cel_compilation_duration_seconds
    apiserver_cel_evaluation_duration_seconds apiserver_flowcontrol_current_executing_requests
    apiserver_flowcontrol_current_executing_seats apiserver_flowcontrol_current_inqueue_requests
    apiserver_flowcontrol_dispatched_requests_total apiserver_flowcontrol_nominal_limit_seats
    apiserver_flowcontrol_rejected_requests_total apiserver_flowcontrol_request_wait_duration_seconds
    apiserver_validating_admission_policy_check_duration_seconds apiserver_validating_admission_policy_check_total
    apiserver_watch_list_duration_seconds kubernetes_build_info registered_metrics_total`,
  ALPHA: `
    aggregator_unavailable_apiservice aggregator_unavailable_apiservice_total
    apiserver_admission_match_condition_evaluation_errors_total apiserver_admission_match_condition_evaluation_seconds
    apiserver_admission_match_condition_exclusions_total apiserver_admission_webhook_fail_open_count
    apiserver_admission_webhook_rejection_count apiserver_admission_webhook_request_total apiserver_audit_error_total
    apiserver_audit_event_total apiserver_audit_level_total apiserver_audit_requests_rejected_total
    apiserver_authentication_jwt_authenticator_latency_seconds apiserver_authorization_decisions_total
    apiserver_authorization_match_condition_evaluation_errors_total apiserver_authorization_match_condition_evaluation_seconds
    apiserver_authorization_match_condition_exclusions_total apiserver_authorization_webhook_duration_seconds
    apiserver_authorization_webhook_evaluations_fail_open_total apiserver_authorization_webhook_evaluations_total
    apiserver_client_certificate_expiration_seconds
    apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds
    apiserver_encryption_config_controller_automatic_reloads_total apiserver_envelope_encryption_dek_source_cache_size
    apiserver_envelope_encryption_invalid_key_id_from_status_total apiserver_envelope_encryption_key_id_hash_last_timestamp_seconds
    apiserver_envelope_encryption_key_id_hash_status_last_timestamp_seconds apiserver_envelope_encryption_key_id_hash_total
    apiserver_envelope_encryption_kms_operations_latency_seconds apiserver_flowcontrol_current_inqueue_seats
    apiserver_flowcontrol_current_limit_seats apiserver_flowcontrol_demand_seats apiserver_flowcontrol_demand_seats_average
    apiserver_flowcontrol_demand_seats_high_watermark apiserver_flowcontrol_demand_seats_smoothed
    apiserver_flowcontrol_demand_seats_stdev apiserver_flowcontrol_lower_limit_seats
    apiserver_flowcontrol_priority_level_request_utilization apiserver_flowcontrol_priority_level_seat_utilization
    apiserver_flowcontrol_read_vs_write_current_requests apiserver_flowcontrol_request_dispatch_no_accommodation_total
    apiserver_flowcontrol_request_execution_seconds apiserver_flowcontrol_request_queue_length_after_enqueue
    apiserver_flowcontrol_seat_fair_frac apiserver_flowcontrol_target_seats apiserver_flowcontrol_upper_limit_seats
    apiserver_flowcontrol_work_estimated_seats apiserver_init_events_total
    apiserver_mutating_admission_policy_check_duration_seconds apiserver_mutating_admission_policy_check_total
    apiserver_request_body_size_bytes apiserver_request_terminations_total
    apiserver_resource_objects apiserver_storage_data_key_generation_duration_seconds apiserver_storage_events_received_total
    apiserver_storage_transformation_duration_seconds apiserver_storage_transformation_operations_total
    apiserver_tls_handshake_errors_total apiserver_watch_cache_events_dispatched_total apiserver_watch_cache_events_received_total
    apiserver_watch_cache_initializations_total apiserver_watch_cache_resource_version apiserver_watch_events_total
    authenticated_user_requests authentication_attempts authentication_duration_seconds authorization_attempts_total
    authorization_duration_seconds etcd_request_duration_seconds etcd_request_errors_total etcd_requests_total
    pod_security_errors_total pod_security_evaluations_total pod_security_exemptions_total serviceaccount_legacy_tokens_total
    serviceaccount_stale_tokens_total serviceaccount_valid_tokens_total`,
}

test('each metric that is served is named here', async () => {
  const metrics = createMetrics()
  const key = parseSigningKey(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  )
  const accounts = {
    issuers: ['i'],
    keys: [],
    apiAudiences: ['i'],
    jwksUri: 'j',
    lookup: true,
    maxExpirationSeconds: 1,
    extendExpiration: false,
  }
  const full = await createApiServer({
    store: createMemoryStore(),
    log: noLog,
    metrics,
    access: (deps) =>
      createAccess(deps, {
        anonymous: { enabled: false },
        bootstrapTokens: true,
        serviceAccounts: { ...accounts, signingKey: key },
        authentication: {
          config: fixed({
            jwt: [{ issuer: { url: 'https://127.0.0.1:1', audiences: ['i'] }, claimMappings: { username: { claim: 'sub', prefix: '' } } }],
          }),
          authenticatorOf: (jwt, more) => createOidcAuthenticator(jwt, { ...more, algorithms: [] }),
        },
        authorizers: fixed([{ type: 'RBAC', name: 'rbac' }]),
        admission: { enable: [], disable: [], configuration: {} },
        audit: createAuditor(parsePolicy('{apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: None}]}'), [], () => new Date()),
        flowControl: { seats: 100, maxWaitMs: 1000 },
      }),
  })
  createEncryptionMetrics(metrics)
  const rows = [...metrics.render().matchAll(/^# HELP (\w+) \[(\w+)\]/gm)]
  await full.close()
  const served = (level: string) => rows.flatMap(([, name, of]) => (of === level ? [name] : [])).sort()
  for (const [level, names] of Object.entries(promised)) expect(served(level), level).toEqual(names.trim().split(/\s+/))
  expect(new Set(rows.map(([, , level]) => level))).toEqual(new Set(Object.keys(promised)))
})
