/**
 * The forms that names, keys, values, ports and paths may have (apimachinery/pkg/util/validation and
 * apimachinery/pkg/api/validation). Each check returns what is wrong, in upstream's words; nothing when all is well.
 * All patterns are linear: none has a repeated group that can match in two ways.
 */

export type Check = (value: string) => string[]
/** A check of a name; `prefix` when the value is a generateName, which may end in a dash. */
export type NameCheck = (name: string, prefix?: boolean) => string[]

const maxBytes = (n: number) => `must be no more than ${n} bytes`
const maxLength = (n: number) => `must be no more than ${n} characters`
const empty = 'must be non-empty'

/** Upstream's RegexError: the rule, examples, and the pattern. */
function regexError(rule: string, pattern: string, ...examples: string[]): string {
  const shown = examples.length === 0 ? '' : `e.g. ${examples.map((e) => `'${e}'`).join(',  or ')}, `
  return `${rule} (${shown}regex used for validation is '${pattern}')`
}
const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`)

const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain1123 = `${label1123}(\\.${label1123})*`
const label1123Error = regexError(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  label1123,
  'my-name',
  '123-abc',
)
const subdomain1123Error = regexError(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  subdomain1123,
  'example.com',
)
const label1123Regexp = whole(label1123)
const subdomain1123Regexp = whole(subdomain1123)

export function isDNS1123Label(value: string): string[] {
  const errors = value.length > 63 ? [maxLength(63)] : []
  if (!label1123Regexp.test(value)) errors.push(subdomain1123Regexp.test(value) ? 'must not contain dots' : label1123Error)
  return errors
}
export function isDNS1123Subdomain(value: string): string[] {
  const errors = value.length > 253 ? [maxLength(253)] : []
  if (!subdomain1123Regexp.test(value)) errors.push(subdomain1123Error)
  return errors
}

const label1123Underscore = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const subdomain1123Underscore = `${label1123Underscore}(\\.${label1123Underscore})*`
const subdomain1123UnderscoreRegexp = whole(subdomain1123Underscore)
export function isDNS1123SubdomainWithUnderscore(value: string): string[] {
  const errors = value.length > 253 ? [maxLength(253)] : []
  if (!subdomain1123UnderscoreRegexp.test(value))
    errors.push(
      regexError(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
        subdomain1123Underscore,
        'example.com',
      ),
    )
  return errors
}

const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?'
const label1035Regexp = whole(label1035)
export function isDNS1035Label(value: string): string[] {
  const errors = value.length > 63 ? [maxLength(63)] : []
  if (!label1035Regexp.test(value))
    errors.push(
      regexError(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        label1035,
        'my-name',
        'abc-123',
      ),
    )
  return errors
}

const wildcard1123 = `\\*\\.${subdomain1123}`
const wildcard1123Regexp = whole(wildcard1123)
export function isWildcardDNS1123Subdomain(value: string): string[] {
  const errors = value.length > 253 ? [maxLength(253)] : []
  if (!wildcard1123Regexp.test(value))
    errors.push(
      regexError(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        wildcard1123,
        '*.example.com',
      ),
    )
  return errors
}

const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const qualifiedNameRegexp = whole(qualifiedName)
const qualifiedNameError = regexError(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  qualifiedName,
  'MyName',
  'my.name',
  '123-abc',
)
/** `name` or `example.com/name`, as label and annotation keys, resource names and finalizers are. */
export function isQualifiedName(value: string): string[] {
  const parts = value.split('/')
  if (parts.length > 2)
    return [`a valid label key ${qualifiedNameError} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  const errors: string[] = []
  const name = parts.at(-1) as string
  if (parts.length === 2) {
    const prefix = parts[0] as string
    if (prefix === '') errors.push(`prefix part ${empty}`)
    else for (const message of isDNS1123Subdomain(prefix)) errors.push(`prefix part ${message.replace(maxLength(253), maxBytes(253))}`)
  }
  if (name === '') errors.push(`name part ${empty}`)
  else if (name.length > 63) errors.push(`name part ${maxBytes(63)}`)
  if (!qualifiedNameRegexp.test(name)) errors.push(`name part ${qualifiedNameError}`)
  return errors
}
/** The same, and the prefix must be there (IsDomainPrefixedKey). */
export function isDomainPrefixedKey(key: string): string[] {
  const errors = isQualifiedName(key)
  if (errors.length === 0 && !key.includes('/')) errors.push('must be a domain-prefixed key (such as "acme.io/foo")')
  return errors
}

const labelValue = `(${qualifiedName})?`
const labelValueRegexp = whole(labelValue)
const labelValueError = regexError(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  labelValue,
  'MyValue',
  'my_value',
  '12345',
)
export function isValidLabelValue(value: string): string[] {
  const errors = value.length > 63 ? [maxBytes(63)] : []
  if (!labelValueRegexp.test(value)) errors.push(labelValueError)
  return errors
}

/** `host.domain`, at least two labels. */
export function isFullyQualifiedName(value: string): string[] {
  if (value === '') return ['Required value']
  const errors = isDNS1123Subdomain(value)
  if (errors.length === 0 && value.split('.').length < 3) errors.push('should be a domain with at least three segments separated by dots')
  return errors
}
export function isFullyQualifiedDomainName(value: string): string[] {
  const name = value.endsWith('.') ? value.slice(0, -1) : value
  const errors = isDNS1123Subdomain(name)
  if (errors.length > 0) return errors
  if (name.split('.').length < 2) return ['should be a domain with at least two segments separated by dots']
  return name.split('.').flatMap(isDNS1123Label)
}

const domainPrefixedPathError = 'must be a domain-prefixed path (such as "acme.io/foo")'
const httpPath = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
const httpPathRegexp = whole(httpPath)
export function isDomainPrefixedPath(value: string): string[] {
  if (value === '') return [empty]
  const slash = value.indexOf('/')
  if (slash <= 0 || slash === value.length - 1) return [domainPrefixedPathError]
  const errors = isDNS1123Subdomain(value.slice(0, slash)).map((m) => `prefix part ${m}`)
  const path = value.slice(slash + 1)
  if (!httpPathRegexp.test(path)) errors.push(regexError('Invalid path', httpPath))
  return errors
}

export function isEnvVarName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty']
  return /^[ -<>-~]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

const cIdentifier = '[A-Za-z_][A-Za-z0-9_]*'
export function isCIdentifier(value: string): string[] {
  return whole(cIdentifier).test(value)
    ? []
    : [
        regexError(
          "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
          cIdentifier,
          'my_name',
          'MY_NAME',
          'MyName',
        ),
      ]
}

const configMapKey = '[-._a-zA-Z0-9]+'
const configMapKeyRegexp = whole(configMapKey)
export function isConfigMapKey(value: string): string[] {
  const errors = value.length > 253 ? [maxLength(253)] : []
  if (!configMapKeyRegexp.test(value))
    errors.push(
      regexError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        configMapKey,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    )
  if (value === '.') errors.push("must not be '.'")
  if (value === '..') errors.push("must not be '..'")
  else if (value.startsWith('..')) errors.push("must not start with '..'")
  return errors
}

const headerName = '[-A-Za-z0-9]+'
const headerNameRegexp = whole(headerName)
export const isHTTPHeaderName: Check = (value) =>
  headerNameRegexp.test(value)
    ? []
    : [regexError("a valid HTTP header must consist of alphanumeric characters or '-'", headerName, 'X-Header-Name')]

const percent = '[0-9]+%'
export const isValidPercent: Check = (value) =>
  whole(percent).test(value)
    ? []
    : [regexError("a valid percent string must be a numeric string followed by an ending '%'", percent, '1%', '93%')]

export const inclusiveRange = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`
export const isInRange = (value: number, low: number, high: number): string[] =>
  value >= low && value <= high ? [] : [inclusiveRange(low, high)]
export const isValidPortNum = (port: number): string[] => isInRange(port, 1, 65535)
export const isValidID = (id: number): string[] => isInRange(id, 0, 2147483647)

/** An IANA service name. */
export function isValidPortName(port: string): string[] {
  const errors = port.length > 15 ? [maxLength(15)] : []
  if (!/^[-a-z0-9]+$/.test(port)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(port)) errors.push('must contain at least one letter (a-z)')
  if (port.includes('--')) errors.push('must not contain consecutive hyphens')
  if (port !== '' && (port.startsWith('-') || port.endsWith('-'))) errors.push('must not begin or end with a hyphen')
  return errors
}

/** A name that can be one part of a URL path. */
export function isValidPathSegmentName(name: string): string[] {
  if (name === '.') return ["may not be '.'"]
  if (name === '..') return ["may not be '..'"]
  return ['/', '%'].filter((c) => name.includes(c)).map((c) => `may not contain '${c}'`)
}
export const pathSegmentName: NameCheck = (name, prefix) =>
  prefix ? ['/', '%'].filter((c) => name.includes(c)).map((c) => `may not contain '${c}'`) : isValidPathSegmentName(name)

/** What a generateName is checked as: its trailing dash will be followed by letters. */
const masked = (name: string, prefix?: boolean) => (prefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name)
export const nameIsDNSSubdomain: NameCheck = (name, prefix) => isDNS1123Subdomain(masked(name, prefix))
export const nameIsDNSLabel: NameCheck = (name, prefix) => isDNS1123Label(masked(name, prefix))
export const nameIsDNS1035Label: NameCheck = (name, prefix) => isDNS1035Label(masked(name, prefix))
