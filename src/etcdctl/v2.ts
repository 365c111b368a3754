/** etcdctl's commands of the v2 keys API, over HTTP. */
import type { RequestOptions } from 'node:http'
import https from 'node:https'
import type { Command, Invocation } from '../flags/command.ts'
import type { FlagTable } from '../flags/flags.ts'
import { ExitError } from '../flags/run.ts'
import { http } from '../http/node-http.ts'
import { setting, tlsOf } from './connect.ts'

const globalFlags: FlagTable = {
  endpoints: { type: 'list', default: ['http://127.0.0.1:2379'], doc: 'a comma-delimited list of machine addresses in the cluster' },
  cacert: { type: 'string', doc: 'verify certificates of HTTPS-enabled servers using this CA bundle' },
  cert: { type: 'string', doc: 'identify HTTPS client using this SSL certificate file' },
  key: { type: 'string', doc: 'identify HTTPS client using this SSL key file' },
  'insecure-skip-tls-verify': { type: 'bool', doc: 'skip server certificate verification' },
  output: { type: 'string', short: 'o', default: 'simple', doc: 'output response in the given format (simple, extended or json)' },
  version: { type: 'bool', doc: 'print the version' },
}

interface Node {
  key: string
  dir?: boolean
  value?: string
  nodes?: Node[]
  createdIndex?: number
  modifiedIndex?: number
  ttl?: number
}
interface Answer {
  action: string
  node: Node
  prevNode?: Node
  errorCode?: number
  message?: string
  cause?: string
  index?: number
}

/** Asks the endpoints in turn; an error answer ends it in etcdctl's words with its exit code 4. */
async function ask(
  invocation: Invocation,
  method: string,
  path: string,
  params: Record<string, string> = {},
): Promise<{ answer: Answer; index: string }> {
  let last: Error | undefined
  for (const endpoint of setting(invocation, 'endpoints') as string[]) {
    const base = endpoint.includes('://') ? endpoint : `http://${endpoint}`
    const url = new URL(`${path}`, base)
    const body = new URLSearchParams(params).toString()
    const inQuery = method === 'GET' || method === 'DELETE'
    if (inQuery) url.search = body
    try {
      const { text, index } = await exchange(url, { method, ...tlsOf(invocation), signal: invocation.signal }, inQuery ? undefined : body)
      const answer = JSON.parse(text) as Answer
      if (answer.errorCode !== undefined)
        throw new ExitError(`Error:  ${answer.errorCode}: ${answer.message} (${answer.cause}) [${answer.index}]`, 4)
      return { answer, index }
    } catch (error) {
      if (error instanceof ExitError) throw error
      last = error as Error
    }
  }
  throw new ExitError(`Error:  client: etcd cluster is unavailable or misconfigured; error #0: ${last?.message}`, 4)
}

function exchange(url: URL, options: RequestOptions, body: string | undefined): Promise<{ text: string; index: string }> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(
      url,
      { ...options, ...(body === undefined ? {} : { headers: { 'content-type': 'application/x-www-form-urlencoded' } }) },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => resolve({ text, index: String(response.headers['x-etcd-index'] ?? '') }))
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

const keyPath = (key: string): string => `/v2/keys/${key.split('/').filter(Boolean).map(encodeURIComponent).join('/')}`

function print(invocation: Invocation, answer: Answer, index: string, simple: string): void {
  const { stdout } = invocation
  const { node } = answer
  if (invocation.values['output'] === 'json') stdout.write(`${JSON.stringify(answer)}\n`)
  else if (invocation.values['output'] === 'extended')
    stdout.write(
      `Key: ${node.key}\nCreated-Index: ${node.createdIndex}\nModified-Index: ${node.modifiedIndex}\n${answer.prevNode ? `PrevNode.Value: ${answer.prevNode.value ?? ''}\n` : ''}TTL: ${node.ttl ?? 0}\nIndex: ${index}\n${node.dir ? '' : `\n${node.value ?? ''}\n`}`,
    )
  else stdout.write(simple)
}

const argument = (invocation: Invocation, at: number, what: string): string => {
  const value = invocation.args[at]
  if (value === undefined) throw new ExitError(`Error:  ${what} required`, 1)
  return value
}
const ttlFlag: FlagTable = { ttl: { type: 'int', default: 0, doc: 'key time-to-live in seconds' } }
const swapFlags: FlagTable = {
  'swap-with-value': { type: 'string', doc: 'previous value' },
  'swap-with-index': { type: 'int', default: 0, doc: 'previous index' },
}
const ttlOf = (invocation: Invocation): Record<string, string> =>
  invocation.values['ttl'] ? { ttl: String(invocation.values['ttl']) } : {}

const writer =
  (params: (invocation: Invocation) => Record<string, string>, takesValue = true): ((invocation: Invocation) => Promise<number>) =>
  async (invocation) => {
    const value: Record<string, string> = takesValue ? { value: argument(invocation, 1, 'value') } : { dir: 'true' }
    const { answer, index } = await ask(invocation, 'PUT', keyPath(argument(invocation, 0, 'key')), {
      ...value,
      ...ttlOf(invocation),
      ...params(invocation),
    })
    print(invocation, answer, index, takesValue ? `${answer.node.value}\n` : '')
    return 0
  }

function* walk(node: Node, slash: boolean, deep: boolean): Generator<string> {
  for (const child of node.nodes ?? []) {
    yield child.key + (slash && child.dir ? '/' : '')
    if (deep) yield* walk(child, slash, deep)
  }
}

const commands: Record<string, Command> = {
  set: {
    summary: 'set the value of a key',
    usage: 'etcdctl set <key> <value>',
    flags: { ...ttlFlag, ...swapFlags },
    run: writer(({ values, given }) => ({
      ...(given.has('swap-with-value') ? { prevValue: values['swap-with-value'] as string } : {}),
      ...(values['swap-with-index'] ? { prevIndex: String(values['swap-with-index']) } : {}),
    })),
  },
  mk: {
    summary: 'make a new key with a given value',
    usage: 'etcdctl mk <key> <value>',
    flags: ttlFlag,
    run: writer(() => ({ prevExist: 'false' })),
  },
  update: {
    summary: 'update an existing key with a given value',
    usage: 'etcdctl update <key> <value>',
    flags: ttlFlag,
    run: writer(() => ({ prevExist: 'true' })),
  },
  mkdir: {
    summary: 'make a new directory',
    usage: 'etcdctl mkdir <key>',
    flags: ttlFlag,
    run: writer(() => ({ prevExist: 'false' }), false),
  },
  get: {
    summary: 'retrieve the value of a key',
    usage: 'etcdctl get <key>',
    async run(invocation) {
      const { answer, index } = await ask(invocation, 'GET', keyPath(argument(invocation, 0, 'key')))
      if (answer.node.dir) throw new ExitError(`${answer.node.key}: is a directory`)
      print(invocation, answer, index, `${answer.node.value}\n`)
      return 0
    },
  },
  ls: {
    summary: 'retrieve a directory',
    usage: 'etcdctl ls [key]',
    flags: {
      recursive: { type: 'bool', short: 'r', doc: 'returns all key names recursively for the given path' },
      p: { type: 'bool', short: 'p', doc: 'append slash (/) to directories' },
    },
    async run(invocation) {
      const recursive = invocation.values['recursive'] === true
      const { answer, index } = await ask(invocation, 'GET', keyPath(invocation.args[0] ?? '/'), recursive ? { recursive: 'true' } : {})
      const names = answer.node.dir ? [...walk(answer.node, invocation.values['p'] === true, recursive)] : [answer.node.key]
      print(invocation, answer, index, names.map((name) => `${name}\n`).join(''))
      return 0
    },
  },
  rm: {
    summary: 'remove a key or a directory',
    usage: 'etcdctl rm <key>',
    flags: {
      recursive: { type: 'bool', short: 'r', doc: 'removes the key and all child keys (if it is a directory)' },
      dir: { type: 'bool', doc: 'removes the key if it is an empty directory or a key-value pair' },
      'with-value': { type: 'string', doc: 'previous value' },
      'with-index': { type: 'int', default: 0, doc: 'previous index' },
    },
    async run(invocation) {
      const { values, given } = invocation
      const { answer, index } = await ask(invocation, 'DELETE', keyPath(argument(invocation, 0, 'key')), {
        ...(values['recursive'] ? { recursive: 'true' } : {}),
        ...(values['dir'] ? { dir: 'true' } : {}),
        ...(given.has('with-value') ? { prevValue: values['with-value'] as string } : {}),
        ...(values['with-index'] ? { prevIndex: String(values['with-index']) } : {}),
      })
      print(invocation, answer, index, answer.prevNode && !answer.prevNode.dir ? `PrevNode.Value: ${answer.prevNode.value}\n` : '')
      return 0
    },
  },
  rmdir: {
    summary: 'removes the key if it is an empty directory or a key-value pair',
    usage: 'etcdctl rmdir <key>',
    async run(invocation) {
      await ask(invocation, 'DELETE', keyPath(argument(invocation, 0, 'key')), { dir: 'true' })
      return 0
    },
  },
  watch: {
    summary: 'watch a key for changes',
    usage: 'etcdctl watch <key>',
    flags: {
      forever: { type: 'bool', short: 'f', doc: 'forever watch a key until CTRL+C' },
      recursive: { type: 'bool', short: 'r', doc: 'returns all values for key and child keys' },
      'after-index': { type: 'int', default: 0, doc: 'watch after the given index' },
    },
    async run(invocation) {
      const { values } = invocation
      for (let after = values['after-index'] as number; ; ) {
        const { answer, index } = await ask(invocation, 'GET', keyPath(argument(invocation, 0, 'key')), {
          wait: 'true',
          ...(values['recursive'] ? { recursive: 'true' } : {}),
          ...(after ? { waitIndex: String(after + 1) } : {}),
        })
        after = answer.node.modifiedIndex ?? 0
        print(
          invocation,
          answer,
          index,
          values['recursive'] ? `[${answer.action}] ${answer.node.key}\n${answer.node.value ?? ''}\n` : `${answer.node.value ?? ''}\n`,
        )
        if (!values['forever']) return 0
      }
    },
  },
}

export const command: Command = {
  summary: 'Talks to the store (v2 keys API)',
  usage: 'etcdctl COMMAND [flags]',
  flags: globalFlags,
  commands: Object.fromEntries(Object.entries(commands).map(([name, c]) => [name, async () => ({ command: c })])),
  async run({ stdout, values, args }) {
    if (args[0] !== undefined) throw new ExitError(`No help topic for '${args[0]}'`, 3)
    if (!values['version']) throw new ExitError('Error:  a command is required; etcdctl --help lists them')
    stdout.write('etcdctl version: 3.5.21\nAPI version: 2\n')
    return 0
  },
}
