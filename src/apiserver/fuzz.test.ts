/** Random requests over the whole surface: whatever is sent is answered, and never as the server's own fault. */
import { expect, test } from 'vitest'
import { noLog } from '../log/log.ts'
import { openAccess } from './access.ts'
import { createApiServer } from './api-server.ts'
import type { IncomingRequest } from './call.ts'
import { encodeAnswer } from './encode.ts'
import { createMemoryStore } from './memory-store.ts'

/** For a longer search: KIJABI_FUZZ_REQUESTS=100000. */
const requests = Number(process.env['KIJABI_FUZZ_REQUESTS'] ?? 6000)

test(
  'no random request makes the server fail',
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    let state = seed
    const random = (n: number) => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
      return (state >> 8) % n
    }
    const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T
    const user = { name: 'admin', groups: ['system:masters'] }
    const server = await createApiServer(
      {
        store: createMemoryStore(),
        log: noLog,
        access: () => openAccess(),
      },
      { advertise: { host: '192.0.2.1', port: 6443 } },
    )
    await server.ready
    const resources = [...server.endpoints.all()].map(({ resource }) => resource)
    const names = ['a', 'b', 'default', 'kubernetes', 'A_b', 'x'.repeat(300), '%2e%2e', 'a%00b', '..', 'ü', 'a:b:c:d', '']
    const values: unknown[] = [
      null,
      0,
      -1,
      1.5,
      1e30,
      '',
      'x',
      'None',
      true,
      [],
      [null],
      [[]],
      {},
      { a: 1 },
      ['x', 1],
      '10.0.0.1',
      '1Gi',
      '2020-01-01T00:00:00Z',
    ]
    const fields =
      'spec status data metadata labels annotations finalizers ownerReferences managedFields containers name image ports replicas selector template rules subsets'.split(
        ' ',
      )
    const value = (depth: number): unknown => {
      if (depth === 0 || random(3) === 0) return pick(values)
      if (random(4) === 0) return Array.from({ length: random(3) }, () => value(depth - 1))
      return Object.fromEntries(Array.from({ length: random(4) }, () => [pick(fields), value(depth - 1)]))
    }
    const queries = [
      '',
      '',
      '?watch=1',
      '?limit=1',
      '?limit=-1&continue=x',
      '?dryRun=All',
      '?fieldManager=m',
      '?fieldManager=m&force=true',
      '?labelSelector=a%20in%20(',
      '?fieldSelector=a%3Db',
      '?resourceVersion=5',
      '?resourceVersion=x',
      '?propagationPolicy=Orphan',
      '?pretty=1',
      '?%',
      '?fieldValidation=Strict',
      '?gracePeriodSeconds=0',
    ]
    const types = [
      'application/json',
      'application/yaml',
      'application/vnd.kubernetes.protobuf',
      'application/cbor',
      'text/plain',
      'application/merge-patch+json',
      'application/json-patch+json',
      'application/strategic-merge-patch+json',
      'application/apply-patch+yaml',
      '',
    ]
    const accepts = [
      'application/json',
      '*/*',
      'application/yaml',
      'application/vnd.kubernetes.protobuf',
      'application/cbor',
      'application/json;as=Table;v=v1;g=meta.k8s.io',
      'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
      'text/html',
      ',;,=',
      '',
    ]

    for (let i = 0; i < requests; i++) {
      const r = pick(resources)
      const root = r.group ? `/apis/${r.group}/${r.version}` : `/api/${r.version}`
      const place = random(5) > 0 === r.namespaced ? `/namespaces/${pick(names)}` : ''
      const object = random(2)
        ? `/${pick(names)}${random(3) === 0 ? `/${pick(['status', 'scale', 'log', 'exec', 'proxy/x', 'binding', 'eviction', 'finalize', 'token', 'none'])}` : ''}`
        : ''
      const target = `${root}${place}/${r.resource}${object}${pick(queries)}`
      const well = {
        apiVersion: r.group ? `${r.group}/${r.version}` : r.version,
        kind: r.kind,
        metadata: { name: pick(['a', 'b']) },
        spec: value(3),
        status: value(2),
        data: value(1),
      }
      const patch = [
        {
          op: pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'x']),
          path: pick(['', '/', '/spec', '/metadata/name', '/a/b', 5]),
          from: '/spec',
          value: value(1),
        },
      ]
      const body = pick<() => Buffer>([
        () => Buffer.from(JSON.stringify(well)),
        () => Buffer.from(JSON.stringify(well)),
        () => Buffer.from(JSON.stringify(patch)),
        () => Buffer.from(JSON.stringify({ spec: value(4), metadata: value(2) })),
        () => Buffer.from(JSON.stringify(value(4)) ?? ''),
        () => Buffer.from('{"a":'.repeat(random(2000))),
        () => Buffer.from([0x6b, 0x38, 0x73, 0, random(256), random(256), random(256)]),
        () => Buffer.from([random(256), random(256), random(256), random(256)]),
        () => Buffer.alloc(0),
      ])()
      const method = pick(['GET', 'POST', 'PUT', 'PATCH', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])
      const request: IncomingRequest = {
        method,
        target,
        headers: { 'content-type': pick(types), accept: pick(accepts), 'user-agent': pick(['kubectl/v1', '', 'ü\n']) },
        credentials: { headers: {}, remoteAddress: '192.0.2.9' },
        body: () => Promise.resolve(body),
        user,
        signal: new AbortController().signal,
      }
      const { answer, form, info } = await server.handle(request)
      const label = `seed ${seed}, request ${i}: ${method} ${target} ${request.headers['content-type']} ${request.headers['accept']} ${body.toString('latin1').slice(0, 400)}`
      if (answer.kind === 'error')
        expect(
          answer.error.reason,
          `${label}: ${answer.error.cause instanceof Error ? answer.error.cause.stack : answer.error.message}`,
        ).not.toBe('InternalError')
      else if (answer.kind !== 'watch' && answer.kind !== 'proxy') {
        try {
          encodeAnswer(answer, form, info.query)
        } catch (error) {
          if ((error as { status?: unknown }).status === undefined) throw new Error(label, { cause: error })
        }
      }
    }
    await server.close()
  },
  10 * requests,
)
