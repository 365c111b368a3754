import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEnvironment } from './environment.ts'
import { BudgetError, CompileError, EvaluationError } from './errors.ts'
import { compileRegex } from './regex.ts'
import { bool, dyn, int, listOf, mapOf, objectType, string } from './types.ts'

const pod = objectType(
  'Pod',
  () =>
    new Map([
      ['name', string],
      ['labels', mapOf(string, string)],
      ['ports', listOf(int)],
    ]),
)
const env = createEnvironment({ variables: { object: dyn, pod, x: int, s: string } })
const object = { spec: { replicas: 3, ratio: 1.5, none: null, containers: [{ name: 'a' }, { name: 'b', image: 'i:1' }] }, data: { k: 'v' } }
const bindings = { object, pod: { name: 'p', labels: { app: 'web' }, ports: [80, 443] }, x: 5, s: 'héllo' }
const run = (source: string) => env.compile(source).evaluate(bindings).value

describe('expressions that hold', () => {
  test.each(
    `1 + 2 * 3 == 7
    -(1 + 2) == -3
    10 - 3 - 2 == 5
    7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1
    2u + 3u == 5u
    0x10 == 16 && 0x10u == 16u
    1.5e3 == 1500.0 && .5 == 0.5
    -9223372036854775808 < 0
    1 < 1.5 && 2u > 1 && 1 <= 1u
    dyn(1) == 1.0 && dyn(1u) == 1
    dyn(1) != "1"
    !false && !!true
    true ? true : false ? false : false
    "a" + 'b' == "ab"
    r"\\n" == "\\\\n"
    """a"b""" == 'a"b'
    "\\u00e9\\x41\\101" == "éAA"
    b"\\xff" != b"\\xfe" && size(b"abc") == 3
    size("héllo") == 5 && s.size() == 5
    [1, 2] + [3] == [1, 2, 3]
    {"a": 1}["a"] == 1 && {"a": 1}.a == 1
    {1: "x"}[1] == "x" && dyn({1: "x"})[1.0] == "x"
    2 in [1, 2] && "a" in {"a": 1} && !(3 in [1])
    has(object.data) && !has(object.metadata) && has(object.data.k)
    has(pod.name) && object.spec.replicas == 3 && object.spec.ratio == 1.5
    object.spec.none == null
    [1, 2, 3].all(i, i > 0) && ![1, 2].all(i, i > 1)
    [1, 2].exists(i, i == 2) && [1, 2, 2].exists_one(i, i == 1)
    [1, 2, 3].map(i, i * 2) == [2, 4, 6] && [1, 2, 3].map(i, i > 1, i * 2) == [4, 6]
    [1, 2, 3].filter(i, i > 1) == [2, 3]
    {"a": 1, "b": 2}.all(k, k in ["a", "b"])
    [[1], [2]].all(l, l.all(i, i > 0))
    [1, 2].all(i, v, i < v) && {"a": 1}.exists(k, v, k == "a" && v == 1)
    [5, 6].transformList(i, v, i + v) == [5, 7]
    {"a": 1}.transformMap(k, v, v + 1) == {"a": 2}
    {"a": "b"}.transformMapEntry(k, v, {v: k}) == {"b": "a"}
    cel.bind(y, x + 1, y * y) == 36
    object.spec.containers.exists(c, has(c.image) && c.image.endsWith(":1"))
    [1 / 0, 2].exists(i, i == 2) || true
    true || 1 / 0 == 1
    1 / 0 == 1 || true
    !(false && 1 / 0 == 1) && !(1 / 0 == 1 && false)
    object.?data.?k.orValue("x") == "v" && object.?nope.k.orValue("x") == "x"
    object.?data.hasValue() && object.data[?"nope"] == optional.none()
    optional.of(1).value() == 1 && [?optional.none(), ?optional.of(2)] == [2]
    {?"a": optional.none()} == {} && optional.of(2).optMap(v, v + 1).value() == 3
    optional.ofNonZeroValue("") == optional.none() && [1][?5].or(optional.of(9)).value() == 9
    "hello".contains("ell") && "hello".startsWith("he") && "hello".matches("^h.*o$")
    int("42") == 42 && uint("7") == 7u && double("1.5") == 1.5 && string(1.0) == "1" && bool("true")
    int(1.9) == 1 && int(-1.9) == -1 && string(b"abc") == "abc" && bytes("é") == b"\\xc3\\xa9"
    type(1) == int && type("a") == string && type([]) == list && type(null) == null_type && type(type(1)) == type
    timestamp("2024-02-29T12:30:45.5Z").getMonth() == 1
    timestamp("2024-02-29T12:30:45Z").getDayOfYear() == 59
    timestamp("2024-01-01T00:00:00Z").getHours("-01:00") == 23
    timestamp("2024-07-01T00:00:00Z").getHours("Europe/Berlin") == 2
    timestamp("2024-01-02T00:00:00Z") - timestamp("2024-01-01T00:00:00Z") == duration("24h")
    duration("1h30m").getMinutes() == 90 && string(duration("1.5s")) == "1.5s"
    "a,b,c".split(",") == ["a", "b", "c"] && "a,b,c".split(",", 2) == ["a", "b,c"]
    ["a", "b"].join("-") == "a-b" && "hello".substring(1, 3) == "el" && "héllo".charAt(1) == "é"
    "hello hello".replace("he", "we") == "wello wello" && "hello hello".replace("he", "we", 1) == "wello hello"
    "tacocat".indexOf("ac") == 1 && "tacocat".lastIndexOf("a") == 5 && "tacocat".indexOf("z") == -1
    "TacO".lowerAscii() == "taco" && "TacO".upperAscii() == "TACO" && "  x ".trim() == "x"
    "abc 123".find("[0-9]+") == "123" && "1 22 333".findAll("[0-9]+") == ["1", "22", "333"] && "123".findAll("[0-9]", 2) == ["1", "2"]
    [1, 2].isSorted() && ![2, 1].isSorted() && [1, 2].sum() == 3 && [1.5].max() == 1.5 && ["b", "a"].min() == "a"
    [1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2
    sets.contains([1, 2], [2]) && sets.intersects([1], [1, 2]) && sets.equivalent([1, 1], [1])
    quantity("1Gi").isGreaterThan(quantity("1G")) && quantity("500m").add(quantity("500m")) == quantity("1")
    isQuantity("1k") && !isQuantity("x") && quantity("50k").asInteger() == 50000 && quantity("1").sub(2).sign() == -1
    semver("1.2.3").major() == 1 && semver("1.2.3").minor() == 2 && semver("1.2.3").patch() == 3
    isSemver("1.0.0-rc.1+b") && !isSemver("1.0") && !isSemver("v1.0.0") && !isSemver("01.0.0") && !isSemver("1.0.0-01")
    isSemver("v1.0", true) && !isSemver("v1.0", false) && semver("01.02", true) == semver("1.2.0") && !isSemver("1.2.3.4", true)
    semver("1.0.0-alpha").isLessThan(semver("1.0.0-alpha.1")) && semver("1.0.0-alpha.1").isLessThan(semver("1.0.0-alpha.beta"))
    semver("1.0.0-2").isLessThan(semver("1.0.0-11")) && semver("1.0.0-rc").isLessThan(semver("1.0.0")) && semver("1.9.0").isLessThan(semver("1.10.0"))
    "%s is %d of %.2f".format(["x", dyn(3), dyn(1.5)]) == "x is 3 of 1.50" && "%%%s".format([[1, 2]]) == "%[1, 2]"
    "%x %X %o %b".format([255, 255, 8, 5]) == "ff FF 10 101" && "%s".format([{"b": 1, "a": 2}]) == "{a: 2, b: 1}" && "%e".format([1500.0]) == "1.500000e+03"
    "%s %s".format([dyn(duration("90s")), dyn(true)]) == "90s true" && "%s".format([timestamp("2024-01-02T03:04:05Z")]) == "2024-01-02T03:04:05Z"
    !format.dns1123Label().validate("my-label").hasValue() && format.dns1123Label().validate("My_Label").value().size() == 1
    format.named("uuid").hasValue() && !format.named("nothing").hasValue() && !format.dns1123LabelPrefix().validate("a-").hasValue()
    format.uri().validate("x y").hasValue() && !format.date().validate("2024-02-29").hasValue() && format.date().validate("2024-02-30").hasValue()
    url("https://user@example.com:80/path with spaces/?a=1&b=2&a=3").getEscapedPath() == "/path%20with%20spaces/" && url("https://[::1]:8/x").getHostname() == "::1"
    url("https://example.com:80/").getHost() == "example.com:80" && url("https://example.com:80/").getPort() == "80" && url("/x").getHost() == ""
    url("https://x.com/?a=1&b=2&a=3").getQuery() == {"a": ["1", "3"], "b": ["2"]} && url("HTTPS://x.com").getScheme() == "https"
    isURL("https://a.com") && isURL("/path") && !isURL("../path") && !isURL("a b") && !isURL("https://a.com:port/")
    ip("192.168.0.1").family() == 4 && ip("::1").isLoopback() && !ip("10.0.0.1").isLoopback() && ip("10.0.0.1").isGlobalUnicast()
    isIP("1.2.3.4") && !isIP("1.2.3") && !isIP("::ffff:1.2.3.4") && !isIP("fe80::1%eth0") && ip.isCanonical("2001:db8::1") && !ip.isCanonical("2001:DB8::1")
    ip("2001:db8:0::1") == ip("2001:db8::1") && string(ip("2001:DB8::1")) == "2001:db8::1" && ip("224.0.0.1").isLinkLocalMulticast() && ip("fe80::1").isLinkLocalUnicast()
    cidr("192.168.0.0/24").containsIP("192.168.0.7") && !cidr("192.168.0.0/24").containsIP(ip("192.168.1.7")) && !cidr("10.0.0.0/8").containsIP("::1")
    cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && !cidr("10.1.0.0/16").containsCIDR(cidr("10.0.0.0/8")) && cidr("10.1.2.3/12").masked() == cidr("10.0.0.0/12")
    string(cidr("2001:db8:ffff::1/33").masked()) == "2001:db8:8000::/33" && cidr("10.0.0.0/8").prefixLength() == 8 && cidr("10.0.0.1/8").ip() == ip("10.0.0.1")
    isCIDR("10.0.0.0/8") && !isCIDR("10.0.0.0/33") && !isCIDR("10.0.0.0") && !isCIDR("10.0.0.0/08")
    semver("1.0.0+a") == semver("1.0.0+b") && semver("2.0.0").isGreaterThan(semver("1.9.9")) && semver("1.2.3").compareTo(semver("2.0.0")) == -1`
      .split('\n')
      .map((line) => line.trim()),
  )('%s', (source) => {
    expect(run(source)).toBe(true)
  })
})

describe('errors of evaluation', () => {
  test.each([
    ['9223372036854775807 + 1 == 0', 'integer overflow'],
    ['-(-9223372036854775808) == 0', 'integer overflow'],
    ['9223372036854775807 * 2 == 0', 'integer overflow'],
    ['-9223372036854775808 / -1 == 0', 'integer overflow'],
    ['0u - 1u == 0u', 'unsigned integer overflow'],
    ['1 / 0 == 1', 'division by zero'],
    ['1 % 0 == 1', 'modulus by zero'],
    ['object.nope', 'no such key: nope'],
    ['object.data.missing == "x"', 'no such key: missing'],
    ['{"a": 1}["b"]', 'no such key: b'],
    ['[1][2]', 'index out of bounds: 2'],
    ['[1][-1]', 'index out of bounds: -1'],
    ['{1: 1, 1: 2}', 'Failed with repeated key: 1'],
    ['dyn("a") + dyn(1)', 'no such overload'],
    ['dyn(1).a', 'no such overload'],
    ['object.data && true', 'no such overload'],
    ['"%d".format(["x"])', 'error during formatting: decimal clause can only be used on integers, was given string'],
    ['"%s".format([])', 'error during formatting: index 0 out of range'],
    ['"%z".format([1])', 'error during formatting: unrecognized formatting clause "z"'],
    ['url("a b").getHost()', 'URL parse error during conversion from string: parse "a b": invalid URI for request'],
    ['ip("x").family()', 'IP Address "x" parse error during conversion from string: ParseAddr("x"): unable to parse IP'],
    ['semver("1.0").major()', 'invalid semantic version "1.0"'],
    ['int("x")', "type conversion error from 'string' to 'int'"],
    ['int(1e30)', 'integer overflow'],
    ['optional.none().value()', 'optional.none() dereference'],
    ['duration("x")', 'time: invalid duration "x"'],
    ['[1, 2].all(i, i / 0 == 1)', 'division by zero'],
    ['"a".matches("(")', 'error parsing regexp: missing closing ): `(`'],
    ['"abc".substring(5)', 'index out of range: 5'],
  ])('%s', (source, message) => {
    expect(() => run(source)).toThrow(EvaluationError)
    expect(() => run(source)).toThrow(message)
  })
})

describe('mistakes told by the compiler', () => {
  const unary = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
  test.each([
    ['nope == 1', "ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope == 1\n | ^"],
    ['x.b > 1', "ERROR: <input>:1:2: type 'int' does not support field selection\n | x.b > 1\n | .^"],
    ['pod.nope', "ERROR: <input>:1:4: undefined field 'nope'\n | pod.nope\n | ...^"],
    ['object.x +', `ERROR: <input>:1:11: Syntax error: mismatched input '<EOF>' expecting ${unary}\n | object.x +\n | ..........^`],
    [
      'object.f(',
      `ERROR: <input>:1:10: Syntax error: mismatched input '<EOF>' expecting ${unary.replace("'(', ", "'(', ')', ")}\n | object.f(\n | .........^`,
    ],
    ['1 + "a"', "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + \"a\"\n | ..^"],
    [
      '"a".startsWith(1)',
      "ERROR: <input>:1:15: found no matching overload for 'startsWith' applied to 'string.(int)'\n | \"a\".startsWith(1)\n | ..............^",
    ],
    ['nope(1)', "ERROR: <input>:1:5: undeclared reference to 'nope' (in container '')\n | nope(1)\n | ....^"],
    ['[1, "a"]', "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, \"a\"]\n | ....^"],
    [
      'x.all(i, i)',
      "ERROR: <input>:1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | x.all(i, i)\n | ^",
    ],
    [
      'a + b',
      "ERROR: <input>:1:1: undeclared reference to 'a' (in container '')\n | a + b\n | ^\nERROR: <input>:1:5: undeclared reference to 'b' (in container '')\n | a + b\n | ....^",
    ],
    ['true\n  && nope', "ERROR: <input>:2:6: undeclared reference to 'nope' (in container '')\n |   && nope\n | .....^"],
    ['for', 'ERROR: <input>:1:1: reserved identifier: for\n | for\n | ^'],
    ['has(x)', 'ERROR: <input>:1:5: invalid argument to has() macro\n | has(x)\n | ....^'],
    ['1 2', "ERROR: <input>:1:3: Syntax error: extraneous input '2' expecting <EOF>\n | 1 2\n | ..^"],
    ['@', "ERROR: <input>:1:1: Syntax error: token recognition error at: '@'\n | @\n | ^"],
    ['99999999999999999999', 'ERROR: <input>:1:1: invalid int literal\n | 99999999999999999999\n | ^'],
  ])('%s', (source, message) => {
    let thrown: unknown
    try {
      env.compile(source)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(CompileError)
    expect((thrown as Error).message).toBe(message)
  })

  test('depth and length are bounded', () => {
    expect(() => env.compile(`${'('.repeat(300)}1${')'.repeat(300)}`)).toThrow('expression recursion limit exceeded: 250')
    expect(() => env.compile(`1${'+1'.repeat(5000)}`)).toThrow('expression recursion limit exceeded: 250')
    expect(() => env.compile(`"${'a'.repeat(100_001)}"`)).toThrow('expression code point size exceeds limit')
    expect(env.compile(`true${' && true'.repeat(5000)}`).evaluate({}).value).toBe(true)
  })
})

describe('hostile input', () => {
  const many = Array.from({ length: 300 }, (_, i) => i)
  test.each([
    'object.all(a, object.all(b, object.all(c, a + b + c >= 0)))',
    'object.map(a, object.map(b, object.map(c, a)))',
    'object.all(a, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".matches("(a*)*(a*)*(a*)*b") || object.all(b, object.all(c, true)))',
  ])('ends within the budget: %s', (source) => {
    expect(() => env.compile(source).evaluate({ object: many })).toThrow(BudgetError)
  })

  test('no pattern backtracks', () => {
    expect(compileRegex('(a+)+$').test(`${'a'.repeat(5000)}b`)).toBe(false)
    expect(compileRegex('(?:a?){30}a{30}').test('a'.repeat(30))).toBe(true)
  })

  test('random text compiles or is refused with a CompileError', () => {
    const part = fc.constantFrom(
      ...'( ) [ ] { } . , ? : + - * / % ! && || == < in true null x object s 1 1u 1.5 "a" has all map cel.bind @ \\ ` \''.split(' '),
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(part, { maxLength: 30 }).map((parts) => parts.join(' ')),
    )
    fc.assert(
      fc.property(text, (source) => {
        try {
          env.compile(source).evaluate(bindings, 10_000)
        } catch (error) {
          if (!(error instanceof CompileError || error instanceof EvaluationError || error instanceof BudgetError)) throw error
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('patterns find what JavaScript finds', () => {
    const part = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(?:a|b)', '(?:ab|a)', 'a*', 'b+?', 'a?', '\\b', '^', '$', '(?:b){1,2}')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 10 }), (parts, text) => {
        const pattern = parts.join('')
        const match = new RegExp(pattern).exec(text)
        expect(compileRegex(pattern).find(text)).toEqual(match ? [match.index, match.index + match[0].length] : undefined)
      }),
      { numRuns: 3000 },
    )
  })
})

test('types of results', () => {
  expect(env.compile('x > 1').type).toEqual(bool)
  expect(env.compile('pod.ports.map(p, string(p))').type).toEqual(listOf(string))
  expect(env.compile('object.a').type).toEqual(dyn)
})
