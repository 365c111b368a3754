/** `etcdctl txn`: comparisons, then what to do when they hold, then what when not; an empty line between. */
import type { Compare, EtcdKeyValue, RequestOp, ResponseOp } from '../etcd/api.ts'
import type { Command, Invocation } from '../flags/command.ts'
import { ExitError } from '../flags/run.ts'
import { onAny } from './connect.ts'
import { json } from './output.ts'
import { formatOf, linesOf, printKv, rangeArgs, timeoutOf } from './v3.ts'

const targets: Record<string, [target: number, field: 'version' | 'create_revision' | 'mod_revision' | 'lease']> = {
  ver: [0, 'version'],
  version: [0, 'version'],
  c: [1, 'create_revision'],
  create: [1, 'create_revision'],
  m: [2, 'mod_revision'],
  mod: [2, 'mod_revision'],
  lease: [4, 'lease'],
}
const results: Record<string, number> = { '=': 0, '>': 1, '<': 2, '!=': 3 }

/** `mod("key") > "0"`. */
export function parseCompare(line: string): Compare {
  const match = /^(\w+)\("((?:[^"\\]|\\.)*)"\)\s*(=|!=|>|<)\s*"((?:[^"\\]|\\.)*)"$/.exec(line.trim())
  if (!match) throw new ExitError(`Error: malformed comparison: ${line}`, 128)
  const [, what, key, result, operand] = match as unknown as [string, string, string, string, string]
  const base = { result: results[result] as number, key: Buffer.from(unquote(key)) }
  if (what === 'val' || what === 'value') return { ...base, target: 3, value: Buffer.from(unquote(operand)) }
  const target = targets[what]
  if (!target || !/^[0-9a-fA-F]+$/.test(operand)) throw new ExitError(`Error: malformed comparison: ${line}`, 128)
  return { ...base, target: target[0], [target[1]]: Number.parseInt(operand, what === 'lease' ? 16 : 10) }
}
const unquote = (text: string): string => JSON.parse(`"${text}"`) as string

/** Words as a shell splits them: quotes keep blanks together. */
export function words(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) =>
    double !== undefined ? unquote(double) : (single ?? bare ?? ''),
  )
}

export function parseOp(line: string): RequestOp {
  const [verb, ...args] = words(line)
  const flags = { prefix: args.includes('--prefix'), fromKey: args.includes('--from-key') }
  const plain = args.filter((arg) => !arg.startsWith('--'))
  if (verb === 'get') return { request_range: rangeArgs(plain, flags) }
  if (verb === 'del') return { request_delete_range: rangeArgs(plain, flags) }
  if (verb === 'put' && plain.length === 2)
    return { request_put: { key: Buffer.from(plain[0] as string), value: Buffer.from(plain[1] as string) } }
  throw new ExitError(`Error: bad operation in txn: ${line}`, 128)
}

function printResponse(invocation: Invocation, response: ResponseOp): void {
  const { stdout } = invocation
  stdout.write('\n')
  if (response.response_put) stdout.write('OK\n')
  if (response.response_delete_range) stdout.write(`${response.response_delete_range.deleted}\n`)
  for (const kv of response.response_range?.kvs ?? ([] as EtcdKeyValue[])) printKv(invocation, kv)
}

export const txn: { command: Command } = {
  command: {
    summary: 'Txn processes all the requests in one transaction',
    usage: 'etcdctl txn [options]',
    flags: { interactive: { type: 'bool', short: 'i', doc: 'Input transaction in interactive mode' } },
    async run(invocation) {
      if (invocation.values['interactive'])
        invocation.stdout.write('compares, then success requests (get, put, del), then failure requests, each ended by an empty line:\n')
      const sections: string[][] = [[], [], []]
      let at = 0
      for (const line of await linesOf(invocation)) {
        if (line.trim() === '') at++
        else sections[at]?.push(line)
      }
      const [compares, success, failure] = sections as [string[], string[], string[]]
      return onAny(invocation, async ({ kv }) => {
        const response = await kv.Txn(
          { compare: compares.map(parseCompare), success: success.map(parseOp), failure: failure.map(parseOp) },
          timeoutOf(invocation),
        )
        if (formatOf(invocation) === 'json') invocation.stdout.write(json(response))
        else {
          invocation.stdout.write(response.succeeded ? 'SUCCESS\n' : 'FAILURE\n')
          for (const one of response.responses) printResponse(invocation, one)
        }
        return 0
      })
    },
  },
}
