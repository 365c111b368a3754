/** etcdctl's commands of the v3 API. */
import { createInterface } from 'node:readline'
import { type EtcdKeyValue, type Id, prefixEnd, type RangeResponse, type WatchRequest } from '../etcd/api.ts'
import type { Command, Invocation } from '../flags/command.ts'
import type { FlagTable } from '../flags/flags.ts'
import { ExitError } from '../flags/run.ts'
import { createQueue } from '../grpc/queue.ts'
import { GrpcError } from '../grpc/status.ts'
import { version } from '../version.ts'
import { type Connection, connect, endpointsOf, globalFlags, onAny, setting } from './connect.ts'
import { type Format, headerFields, humanBytes, json, kvFields, shown, table } from './output.ts'
import { snapshot } from './snapshot.ts'
import { txn } from './txn.ts'

type Run = (invocation: Invocation) => Promise<number>
const leaf = (summary: string, usage: string, flags: FlagTable, run: Run) => ({
  command: { summary, usage: `etcdctl ${usage}`, flags, run } satisfies Command,
})
const group = (summary: string, usage: string, commands: Readonly<Record<string, { command: Command }>>) => ({
  command: {
    summary,
    usage: `etcdctl ${usage} COMMAND`,
    commands: Object.fromEntries(Object.entries(commands).map(([name, c]) => [name, async () => c])),
  } satisfies Command,
})

export const formatOf = (invocation: Invocation): Format => {
  const format = setting(invocation, 'write-out') as string
  if (format !== 'simple' && format !== 'json' && format !== 'fields' && format !== 'table')
    throw new ExitError(`Error: unsupported output format: ${format}`, 128)
  return format
}
export const timeoutOf = (invocation: Invocation) => ({
  timeoutMs: setting(invocation, 'command-timeout') as number,
  signal: invocation.signal,
})
const wrongUse = (what: string) => new ExitError(`Error: ${what}`, 128)

export function printKv(invocation: Invocation, kv: EtcdKeyValue, valueOnly = false, keyOnly = false): void {
  const hex = setting(invocation, 'hex') as boolean
  if (!valueOnly) invocation.stdout.write(`${shown(kv.key, hex)}\n`)
  invocation.stdout.write(keyOnly ? '\n' : `${shown(kv.value, hex)}\n`)
}

/** The range that a key, an optional end and --prefix or --from-key mean. */
export function rangeArgs(
  args: readonly string[],
  flags: { prefix?: unknown; fromKey?: unknown },
): { key: Uint8Array; range_end?: Uint8Array } {
  const [key, end] = args
  if (key === undefined || args.length > 2) throw wrongUse('the command needs one key as argument and, optionally, the end of a range')
  const bytes = Buffer.from(key)
  if (flags.prefix && flags.fromKey) throw wrongUse('`--prefix` and `--from-key` cannot be set at the same time, choose one')
  if ((flags.prefix || flags.fromKey) && end !== undefined) throw wrongUse('a range end goes neither with --prefix nor with --from-key')
  const first = bytes.length === 0 ? new Uint8Array(1) : bytes
  if (flags.prefix) return { key: first, range_end: prefixEnd(bytes) }
  if (flags.fromKey) return { key: first, range_end: new Uint8Array(1) }
  return end === undefined ? { key: bytes } : { key: bytes, range_end: Buffer.from(end) }
}

const leaseId = (text: string | undefined): Id => {
  if (text === undefined || !/^[0-9a-fA-F]{1,16}$/.test(text)) throw wrongUse(`bad lease ID arg (${text ?? ''}), want hex`)
  const id = BigInt(`0x${text}`)
  return id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : id
}
const leaseText = (id: Id) => id.toString(16).padStart(16, '0')

const stdinText = async (invocation: Invocation): Promise<string> => {
  let text = ''
  for await (const chunk of invocation.stdin.setEncoding('utf8')) text += chunk as string
  return text
}

const put = leaf(
  'Puts the given key into the store',
  'put [options] <key> <value> (<value> can also be given from stdin)',
  {
    lease: { type: 'string', default: '0', doc: 'lease ID (in hexadecimal) to attach to the key' },
    'prev-kv': { type: 'bool', doc: 'return the previous key-value pair before modification' },
    'ignore-value': { type: 'bool', doc: 'updates the key using its current value' },
    'ignore-lease': { type: 'bool', doc: 'updates the key using its current lease' },
  },
  async (invocation) => {
    const { args, values, stdout } = invocation
    const [key, given] = args
    if (key === undefined || args.length > 2) throw wrongUse('put command needs 1 argument and input from stdin or 2 arguments')
    const value = given ?? (values['ignore-value'] ? '' : await stdinText(invocation))
    return onAny(invocation, async ({ kv }) => {
      const response = await kv.Put(
        {
          key: Buffer.from(key),
          value: Buffer.from(value),
          lease: leaseId(values['lease'] as string),
          prev_kv: values['prev-kv'] as boolean,
          ignore_value: values['ignore-value'] as boolean,
          ignore_lease: values['ignore-lease'] as boolean,
        },
        timeoutOf(invocation),
      )
      const format = formatOf(invocation)
      if (format === 'json') stdout.write(json(response))
      else if (format === 'fields')
        stdout.write(headerFields(response.header) + (response.prev_kv ? kvFields(response.prev_kv, 'Prev') : ''))
      else {
        stdout.write('OK\n')
        if (response.prev_kv) printKv(invocation, response.prev_kv)
      }
      return 0
    })
  },
)

const targets: Record<string, number> = { '': 0, KEY: 0, VERSION: 1, CREATE: 2, MODIFY: 3, VALUE: 4 }
const orders: Record<string, number> = { '': 0, ASCEND: 1, DESCEND: 2 }

const get = leaf(
  'Gets the key or a range of keys',
  'get [options] <key> [range_end]',
  {
    prefix: { type: 'bool', doc: 'Get keys with matching prefix' },
    'from-key': { type: 'bool', doc: 'Get keys that are greater than or equal to the given key using byte compare' },
    'keys-only': { type: 'bool', doc: 'Get only the keys' },
    'count-only': { type: 'bool', doc: 'Get only the count' },
    'print-value-only': { type: 'bool', doc: 'Only write values when using the "simple" output format' },
    limit: { type: 'int', default: 0, doc: 'Maximum number of results' },
    rev: { type: 'int', default: 0, doc: 'Specify the kv revision' },
    order: { type: 'string', doc: 'Order of results; ASCEND or DESCEND (ASCEND by default)' },
    'sort-by': { type: 'string', doc: 'Sort target; CREATE, KEY, MODIFY, VALUE, or VERSION' },
    consistency: { type: 'string', default: 'l', doc: 'Linearizable(l) or Serializable(s)' },
  },
  async (invocation) => {
    const { args, values, stdout } = invocation
    const target = targets[(values['sort-by'] as string).toUpperCase()]
    const order = orders[(values['order'] as string).toUpperCase()]
    if (target === undefined) throw wrongUse(`bad sort target ${values['sort-by']}`)
    if (order === undefined) throw wrongUse(`bad sort order ${values['order']}`)
    return onAny(invocation, async ({ kv }) => {
      const response = await kv.Range(
        {
          ...rangeArgs(args, { prefix: values['prefix'], fromKey: values['from-key'] }),
          limit: values['limit'] as number,
          revision: values['rev'] as number,
          keys_only: values['keys-only'] as boolean,
          count_only: values['count-only'] as boolean,
          sort_target: target,
          sort_order: order === 0 && target !== 0 ? 1 : order,
          serializable: values['consistency'] === 's',
        },
        timeoutOf(invocation),
      )
      printRange(invocation, response)
      return 0
    })
    function printRange(i: Invocation, response: RangeResponse): void {
      const format = formatOf(i)
      if (format === 'json') stdout.write(json(response))
      else if (format === 'fields')
        stdout.write(
          `${headerFields(response.header)}${response.kvs.map((kv) => kvFields(kv)).join('')}"More" : ${response.more}\n"Count" : ${response.count}\n`,
        )
      else for (const kv of response.kvs) printKv(i, kv, values['print-value-only'] as boolean, values['keys-only'] as boolean)
    }
  },
)

const del = leaf(
  'Removes the specified key or range of keys [key, range_end)',
  'del [options] <key> [range_end]',
  {
    prefix: { type: 'bool', doc: 'delete keys with matching prefix' },
    'from-key': { type: 'bool', doc: 'delete keys that are greater than or equal to the given key using byte compare' },
    'prev-kv': { type: 'bool', doc: 'return deleted key-value pairs' },
  },
  (invocation) =>
    onAny(invocation, async ({ kv }) => {
      const { args, values, stdout } = invocation
      const response = await kv.DeleteRange(
        { ...rangeArgs(args, { prefix: values['prefix'], fromKey: values['from-key'] }), prev_kv: values['prev-kv'] as boolean },
        timeoutOf(invocation),
      )
      const format = formatOf(invocation)
      if (format === 'json') stdout.write(json(response))
      else if (format === 'fields') stdout.write(`${headerFields(response.header)}"Deleted" : ${response.deleted}\n`)
      else {
        stdout.write(`${response.deleted}\n`)
        for (const previous of response.prev_kvs) printKv(invocation, previous)
      }
      return 0
    }),
)

const watch = leaf(
  'Watches events stream on keys or prefixes',
  'watch [options] <key> [range_end]',
  {
    prefix: { type: 'bool', doc: 'Watch on a prefix if prefix is set' },
    rev: { type: 'int', default: 0, doc: 'Revision to start watching' },
    'prev-kv': { type: 'bool', doc: 'get the previous key-value pair before the event happens' },
    'progress-notify': { type: 'bool', doc: 'get periodic watch progress notification from server' },
  },
  (invocation) =>
    onAny(invocation, async (connection) => {
      const { args, values, stdout, signal } = invocation
      const requests = createQueue<WatchRequest>()
      requests.push({
        create_request: {
          ...rangeArgs(args, { prefix: values['prefix'] }),
          start_revision: values['rev'] as number,
          prev_kv: values['prev-kv'] as boolean,
          progress_notify: values['progress-notify'] as boolean,
        },
      })
      const format = formatOf(invocation)
      try {
        for await (const response of connection.watch.Watch(requests, { signal })) {
          if (response.canceled)
            throw new ExitError(`watch was canceled (${response.cancel_reason})\nError: watch is canceled by the server`)
          if (response.created) continue
          if (format === 'json')
            stdout.write(json({ Header: response.header, Events: response.events, CompactRevision: 0, Canceled: false, Created: false }))
          else if (response.events.length === 0) stdout.write(`progress notify: ${response.header.revision}\n`)
          else
            for (const event of response.events) {
              stdout.write(event.type === 0 ? 'PUT\n' : 'DELETE\n')
              if (event.prev_kv) printKv(invocation, event.prev_kv)
              printKv(invocation, event.kv)
            }
        }
      } catch (error) {
        if (!signal.aborted) throw error
      }
      return 0
    }),
)

const versionCommand = leaf('Prints the version of etcdctl', 'version', {}, async ({ stdout }) => {
  stdout.write(`etcdctl version: 3.5.21 (kijabi ${version})\nAPI version: 3.5\n`)
  return 0
})

const member = group('Membership related commands', 'member', {
  list: leaf('Lists all members in the cluster', 'member list', {}, (invocation) =>
    onAny(invocation, async ({ cluster }) => {
      const response = await cluster.MemberList({ linearizable: true }, timeoutOf(invocation))
      const { stdout } = invocation
      const rows = response.members.map((m) => [
        m.ID.toString(16),
        m.name === '' ? 'unstarted' : 'started',
        m.name,
        m.peerURLs.join(','),
        m.clientURLs.join(','),
        String(m.isLearner),
      ])
      const format = formatOf(invocation)
      if (format === 'json') stdout.write(json(response))
      else if (format === 'table') stdout.write(table(['ID', 'STATUS', 'NAME', 'PEER ADDRS', 'CLIENT ADDRS', 'IS LEARNER'], rows))
      else if (format === 'fields')
        stdout.write(
          headerFields(response.header) +
            response.members
              .map(
                (m) =>
                  `"ID" : ${m.ID}\n"Name" : ${JSON.stringify(m.name)}\n${m.peerURLs.map((u) => `"PeerURL" : ${JSON.stringify(u)}\n`).join('')}${m.clientURLs.map((u) => `"ClientURL" : ${JSON.stringify(u)}\n`).join('')}"IsLearner" : ${m.isLearner}\n`,
              )
              .join(''),
        )
      else stdout.write(rows.map((row) => `${row.join(', ')}\n`).join(''))
      return 0
    }),
  ),
})

/** Runs on every endpoint, or with --cluster on every member's; those that fail are told on stderr and make the exit code 1. */
async function onAll<T>(
  invocation: Invocation,
  run: (connection: Connection) => Promise<T>,
): Promise<{ results: [string, T][]; code: number }> {
  const endpoints = invocation.values['cluster']
    ? await onAny(invocation, async ({ cluster }) =>
        (await cluster.MemberList({}, timeoutOf(invocation))).members.flatMap((m) => m.clientURLs),
      )
    : endpointsOf(invocation)
  const results: [string, T][] = []
  let code = 0
  for (const endpoint of endpoints) {
    const connection = connect(invocation, endpoint)
    try {
      results.push([endpoint, await run(connection)])
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error
      invocation.stderr.write(`Failed on endpoint ${endpoint}: ${error.message}\n`)
      code = 1
    } finally {
      connection.close()
    }
  }
  return { results, code }
}
const clusterFlag: FlagTable = { cluster: { type: 'bool', doc: 'use all endpoints from the cluster member list' } }

const endpoint = group('Endpoint related commands', 'endpoint', {
  status: leaf('Prints out the status of endpoints', 'endpoint status', clusterFlag, async (invocation) => {
    const { stdout } = invocation
    const { results, code } = await onAll(invocation, ({ maintenance }) => maintenance.Status({}, timeoutOf(invocation)))
    const rows = results.map(([at, s]) => [
      at,
      s.header.member_id.toString(16),
      s.version,
      humanBytes(s.dbSize),
      String(s.leader === s.header.member_id),
      String(s.isLearner),
      String(s.raftTerm),
      String(s.raftIndex),
      String(s.raftAppliedIndex),
      s.errors.join(', '),
    ])
    const format = formatOf(invocation)
    if (format === 'json') stdout.write(json(results.map(([Endpoint, Status]) => ({ Endpoint, Status }))))
    else if (format === 'table')
      stdout.write(
        table(
          ['ENDPOINT', 'ID', 'VERSION', 'DB SIZE', 'IS LEADER', 'IS LEARNER', 'RAFT TERM', 'RAFT INDEX', 'RAFT APPLIED INDEX', 'ERRORS'],
          rows,
        ),
      )
    else if (format === 'fields')
      stdout.write(
        results
          .map(
            ([at, s]) =>
              `${headerFields(s.header)}"Version" : ${JSON.stringify(s.version)}\n"DBSize" : ${s.dbSize}\n"Leader" : ${s.leader}\n"IsLearner" : ${s.isLearner}\n"RaftIndex" : ${s.raftIndex}\n"RaftTerm" : ${s.raftTerm}\n"RaftAppliedIndex" : ${s.raftAppliedIndex}\n"Endpoint" : ${JSON.stringify(at)}\n`,
          )
          .join('\n'),
      )
    else stdout.write(rows.map((row) => `${row.join(', ')}\n`).join(''))
    return code
  }),
  health: leaf('Checks the healthiness of endpoints', 'endpoint health', clusterFlag, async (invocation) => {
    const { stdout, stderr } = invocation
    const rows: { endpoint: string; health: boolean; took: string; error?: string }[] = []
    await onAll(invocation, async ({ endpoint: at, kv }) => {
      const start = performance.now()
      const took = () => `${(performance.now() - start).toFixed(6)}ms`
      try {
        await kv.Range({ key: Buffer.from('health') }, timeoutOf(invocation))
        rows.push({ endpoint: at, health: true, took: took() })
      } catch (error) {
        if (!(error instanceof GrpcError)) throw error
        rows.push({ endpoint: at, health: false, took: took(), error: error.message })
      }
    })
    const format = formatOf(invocation)
    if (format === 'json') stdout.write(json(rows))
    else if (format === 'table')
      stdout.write(
        table(
          ['ENDPOINT', 'HEALTH', 'TOOK', 'ERROR'],
          rows.map((r) => [r.endpoint, String(r.health), r.took, r.error ?? '']),
        ),
      )
    else
      for (const r of rows)
        if (r.health) stdout.write(`${r.endpoint} is healthy: successfully committed proposal: took = ${r.took}\n`)
        else stderr.write(`${r.endpoint} is unhealthy: failed to commit proposal: ${r.error}\n`)
    if (rows.every((r) => r.health)) return 0
    throw new ExitError('Error: unhealthy cluster')
  }),
  hashkv: leaf(
    'Prints the KV history hash for each endpoint in --endpoints',
    'endpoint hashkv',
    { ...clusterFlag, rev: { type: 'int', default: 0, doc: 'maximum revision to hash (default: all revisions)' } },
    async (invocation) => {
      const { results, code } = await onAll(invocation, ({ maintenance }) =>
        maintenance.HashKV({ revision: invocation.values['rev'] as number }, timeoutOf(invocation)),
      )
      if (formatOf(invocation) === 'json') invocation.stdout.write(json(results.map(([Endpoint, HashKV]) => ({ Endpoint, HashKV }))))
      else for (const [at, { hash }] of results) invocation.stdout.write(`${at}, ${hash}\n`)
      return code
    },
  ),
})

const lease = group('Lease related commands', 'lease', {
  grant: leaf('Creates leases', 'lease grant <ttl>', {}, (invocation) =>
    onAny(invocation, async ({ lease: client }) => {
      const ttl = Number(invocation.args[0])
      if (invocation.args.length !== 1 || !Number.isInteger(ttl)) throw wrongUse(`bad TTL (${invocation.args[0] ?? ''})`)
      const response = await client.LeaseGrant({ TTL: ttl }, timeoutOf(invocation))
      invocation.stdout.write(
        formatOf(invocation) === 'json' ? json(response) : `lease ${leaseText(response.ID)} granted with TTL(${response.TTL}s)\n`,
      )
      return 0
    }),
  ),
  revoke: leaf('Revokes leases', 'lease revoke <leaseID>', {}, (invocation) =>
    onAny(invocation, async ({ lease: client }) => {
      const ID = leaseId(invocation.args[0])
      const response = await client.LeaseRevoke({ ID }, timeoutOf(invocation))
      invocation.stdout.write(formatOf(invocation) === 'json' ? json(response) : `lease ${leaseText(ID)} revoked\n`)
      return 0
    }),
  ),
  timetolive: leaf(
    'Get lease information',
    'lease timetolive <leaseID> [options]',
    { keys: { type: 'bool', doc: 'Get keys attached to this lease' } },
    (invocation) =>
      onAny(invocation, async ({ lease: client }) => {
        const ID = leaseId(invocation.args[0])
        const response = await client.LeaseTimeToLive({ ID, keys: invocation.values['keys'] as boolean }, timeoutOf(invocation))
        const keys = invocation.values['keys']
          ? `, attached keys([${response.keys.map((key) => shown(key, setting(invocation, 'hex') as boolean)).join(' ')}])`
          : ''
        if (formatOf(invocation) === 'json') invocation.stdout.write(json(response))
        else if (response.TTL < 0) invocation.stdout.write(`lease ${leaseText(ID)} already expired\n`)
        else
          invocation.stdout.write(`lease ${leaseText(ID)} granted with TTL(${response.grantedTTL}s), remaining(${response.TTL}s)${keys}\n`)
        return 0
      }),
  ),
  list: leaf('List all active leases', 'lease list', {}, (invocation) =>
    onAny(invocation, async ({ lease: client }) => {
      const response = await client.LeaseLeases({}, timeoutOf(invocation))
      if (formatOf(invocation) === 'json') invocation.stdout.write(json(response))
      else
        invocation.stdout.write(`found ${response.leases.length} leases\n${response.leases.map(({ ID }) => `${leaseText(ID)}\n`).join('')}`)
      return 0
    }),
  ),
  'keep-alive': leaf(
    'Keeps leases alive (renew)',
    'lease keep-alive [options] <leaseID>',
    { once: { type: 'bool', doc: 'Resets the keep-alive time to its original value and exits immediately' } },
    (invocation) =>
      onAny(invocation, async ({ lease: client }) => {
        const ID = leaseId(invocation.args[0])
        const requests = createQueue<{ ID: Id }>()
        requests.push({ ID })
        try {
          for await (const { TTL } of client.LeaseKeepAlive(requests, { signal: invocation.signal })) {
            if (TTL <= 0) {
              invocation.stdout.write(`lease ${leaseText(ID)} expired or revoked.\n`)
              return 0
            }
            invocation.stdout.write(`lease ${leaseText(ID)} keepalived with TTL(${TTL})\n`)
            if (invocation.values['once']) return 0
            // Renewed when a third of its time is over, as etcd's client does.
            setTimeout(() => requests.push({ ID }), (TTL * 1000) / 3)
          }
        } catch (error) {
          if (!invocation.signal.aborted) throw error
        }
        return 0
      }),
  ),
})

const compaction = leaf(
  'Compacts the event history in etcd',
  'compaction [options] <revision>',
  { physical: { type: 'bool', doc: "'true' to wait for compaction to physically remove all old revisions" } },
  (invocation) =>
    onAny(invocation, async ({ kv }) => {
      const revision = Number(invocation.args[0])
      if (invocation.args.length !== 1 || !Number.isInteger(revision)) throw wrongUse('compaction command needs 1 argument')
      await kv.Compact({ revision, physical: invocation.values['physical'] as boolean }, timeoutOf(invocation))
      invocation.stdout.write(`compacted revision ${revision}\n`)
      return 0
    }),
)

const defrag = leaf('Defragments the storage of the etcd members with given endpoints', 'defrag', clusterFlag, async (invocation) => {
  const { results, code } = await onAll(invocation, ({ maintenance }) => maintenance.Defragment({}, timeoutOf(invocation)))
  for (const [at] of results) invocation.stdout.write(`Finished defragmenting etcd member[${at}]\n`)
  return code
})

const alarmNames = ['NONE', 'NOSPACE', 'CORRUPT']
const alarm = group('Alarm related commands', 'alarm', {
  list: leaf('Lists all alarms', 'alarm list', {}, (invocation) =>
    onAny(invocation, async ({ maintenance }) => {
      const { alarms } = await maintenance.Alarm({ action: 0 }, timeoutOf(invocation))
      invocation.stdout.write(alarms.map((a) => `memberID:${a.memberID} alarm:${alarmNames[a.alarm] ?? a.alarm}\n`).join(''))
      return 0
    }),
  ),
})

/** One line after the other from stdin, for `txn`. */
export async function linesOf(invocation: Invocation): Promise<string[]> {
  const lines: string[] = []
  for await (const line of createInterface({ input: invocation.stdin })) lines.push(line)
  return lines
}

const all = {
  put,
  get,
  del,
  watch,
  version: versionCommand,
  member,
  endpoint,
  lease,
  txn,
  compaction,
  compact: compaction,
  defrag,
  alarm,
  snapshot,
}
export const command: Command = {
  summary: 'Talks to the store',
  usage: 'etcdctl COMMAND [flags]',
  flags: globalFlags,
  commands: Object.fromEntries(Object.entries(all).map(([name, c]) => [name, async () => c])),
}
