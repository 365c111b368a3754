/** Flags as pflag reads them, and help as cobra prints it. */
import { expect, test } from 'vitest'
import { type FlagTable, formatDuration, parseDuration, parseFlags } from './flags.ts'
import { helpText } from './help.ts'

const table = {
  output: { type: 'string', short: 'o', doc: 'Output format.' },
  watch: { type: 'bool', short: 'w', doc: 'Watch.' },
  stdin: { type: 'bool', short: 'i', doc: 'Pass stdin.' },
  tty: { type: 'bool', short: 't', doc: 'A terminal.' },
  replicas: { type: 'int', default: 1, doc: 'How many.' },
  qps: { type: 'float', default: 5, doc: 'Requests a second.' },
  timeout: { type: 'duration', default: 90_000, doc: 'How long to wait.' },
  'dry-run': { type: 'string', default: 'none', bare: 'unchanged', doc: 'Do not send.' },
  selector: { type: 'list', short: 'l', doc: 'Labels.' },
  'from-literal': { type: 'array', doc: 'Pairs.' },
  labels: { type: 'map', doc: 'Labels to set.' },
  v: { type: 'count', short: 'v', doc: 'Say more.' },
  secret: { type: 'string', hidden: true, doc: 'Not shown.' },
} satisfies FlagTable

test.each<[string, string[], Record<string, unknown>, string[]?]>([
  ['a value after a space', ['--output', 'yaml', 'pods'], { output: 'yaml' }, ['pods']],
  ['a value after =', ['--output=yaml'], { output: 'yaml' }],
  ['a shorthand with its value behind it', ['-oyaml'], { output: 'yaml' }],
  ['a shorthand with =', ['-o=yaml'], { output: 'yaml' }],
  ['a shorthand and the next word', ['-o', 'yaml', 'x'], { output: 'yaml' }, ['x']],
  ['shorthands in one word', ['-it', 'pod'], { stdin: true, tty: true }, ['pod']],
  ['shorthands in one word, the last with a value', ['-wo', 'json'], { watch: true, output: 'json' }],
  ['a switch turned off', ['--watch=false', 'x'], { watch: false }, ['x']],
  ['a switch never takes the next word', ['--watch', 'false'], { watch: true }, ['false']],
  ['a flag with a value of its own when bare', ['--dry-run', 'server'], { 'dry-run': 'unchanged' }, ['server']],
  ['the same with a value', ['--dry-run=server'], { 'dry-run': 'server' }],
  ['lists split at commas and add up', ['-l', 'a,b', '-l=c'], { selector: ['a', 'b', 'c'] }],
  ['arrays add up unsplit', ['--from-literal=a=1,2', '--from-literal', 'b=3'], { 'from-literal': ['a=1,2', 'b=3'] }],
  ['maps', ['--labels=a=1,b=x=y'], { labels: { a: '1', b: 'x=y' } }],
  ['counts', ['-vvv'], { v: 3 }],
  ['a count with a value', ['-v=4'], { v: 4 }],
  ['numbers', ['--replicas=-3', '--qps', '0.5'], { replicas: -3, qps: 0.5 }],
  ['durations', ['--timeout=1m30.5s'], { timeout: 90_500 }],
  ['defaults', [], { replicas: 1, timeout: 90_000, output: '', watch: false, selector: [], labels: {}, v: 0 }],
  ['all after -- are arguments', ['a', '--', '-w', '--nonsense'], { watch: false }, ['a', '-w', '--nonsense']],
  ['a lone dash is an argument', ['-'], {}, ['-']],
  ['the last one counts', ['-o', 'a', '--output=b'], { output: 'b' }],
])('%s: %j', (_, argv, values, args = []) => {
  const parsed = parseFlags(table, argv)
  expect(parsed.values).toMatchObject(values)
  expect(parsed.args).toEqual(args)
})

test.each<[string[], string]>([
  [['--nonsense'], 'unknown flag: --nonsense'],
  [['-x'], "unknown shorthand flag: 'x' in -x"],
  [['-wx'], "unknown shorthand flag: 'x' in -wx"],
  [['--output'], 'flag needs an argument: --output'],
  [['-o'], "flag needs an argument: 'o' in -o"],
  [['--watch=maybe'], 'invalid argument "maybe" for "--watch" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
  [['--replicas=1.5'], 'invalid argument "1.5" for "--replicas" flag: strconv.ParseInt: parsing "1.5": invalid syntax'],
  [['--qps='], 'invalid argument "" for "--qps" flag: strconv.ParseFloat: parsing "": invalid syntax'],
  [['--timeout=5'], 'invalid argument "5" for "--timeout" flag: time: invalid duration "5"'],
  [['--labels=a'], 'invalid argument "a" for "--labels" flag: a must be formatted as key=value'],
])('%j is refused: %s', (argv, message) => expect(() => parseFlags(table, argv)).toThrow(message))

test('where the rest is another command line, its flags are not read', () => {
  expect(parseFlags(table, ['-w', 'pod', '-o', '--nonsense'], { interspersed: false })).toMatchObject({
    values: { watch: true, output: '' },
    args: ['pod', '-o', '--nonsense'],
  })
})

test('what the user gave is known apart from the defaults, and where -- stood', () => {
  const { given, dash } = parseFlags(table, ['a', '--replicas=1', '--', 'b'])
  expect([...given]).toEqual(['replicas'])
  expect(dash).toBe(1)
})

test.each<[string, number | undefined]>([
  ['0', 0],
  ['0s', 0],
  ['250ms', 250],
  ['1s', 1000],
  ['1m30s', 90_000],
  ['1h30m', 5_400_000],
  ['336h', 1_209_600_000],
  ['-5s', -5000],
  ['5', undefined],
  ['s', undefined],
  ['5 s', undefined],
])('the duration %s is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
  if (ms) expect(parseDuration(formatDuration(ms))).toBe(ms)
})

test.each<[number, string]>([
  [0, '0s'],
  [250, '250ms'],
  [60_000, '1m'],
  [90_500, '1m30.5s'],
  [5_400_000, '1h30m'],
  [-5000, '-5s'],
])('%s ms are written %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

test('help shows defaults as they are typed, and not what is hidden', async () => {
  const help = await helpText({ summary: 'Try.' }, ['try'], table)
  expect(help).toContain('--timeout duration    How long to wait. (default 1m30s)')
  expect(help).toContain('-o, --output string')
  expect(help).toContain('(default "none")')
  expect(help).not.toContain('secret')
})

test('help lists the commands below, aliases beside their names', async () => {
  const command = (summary: string) => ({ command: { summary, run: async () => 0 } })
  const list = command('List images.')
  const help = await helpText(
    {
      summary: 'Try.',
      commands: {
        images: async () => list,
        img: async () => list,
        rm: async () => command('Remove.'),
        net: async () => ({ command: { summary: 'Networks.' } }),
        vol: async () => ({ command: { summary: 'Volumes.' } }),
      },
    },
    ['try'],
    {},
  )
  expect(help).toContain(
    'Commands:\n  images, img   List images.\n  rm            Remove.\n  net           Networks.\n  vol           Volumes.\n',
  )
})
