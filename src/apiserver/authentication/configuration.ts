/**
 * AuthenticationConfiguration (apiserver.config.k8s.io), from the file of --authentication-config or from the --oidc-*
 * flags: which issuers' tokens are taken, how their claims name users, and which paths are open to everybody.
 */
import { X509Certificate } from 'node:crypto'
import { causeMessage, duplicate, type FieldError, forbidden, invalid, required } from '../../api/validation/field-error.ts'
import { parseYaml } from '../../api/yaml.ts'
import { CompileError } from '../../cel/errors.ts'
import { compileClaims, compileClaimsCondition, compileUserCondition, readsClaim } from './expressions.ts'
import type { Issuer } from './key-set.ts'

export interface AuthenticationConfiguration {
  readonly jwt?: readonly JwtAuthenticator[]
  readonly anonymous?: { readonly enabled?: boolean; readonly conditions?: readonly { readonly path: string }[] }
}
export interface JwtAuthenticator {
  readonly issuer: Issuer & {
    readonly audiences: readonly string[]
    readonly audienceMatchPolicy?: string
    readonly egressSelectorType?: string
  }
  readonly claimValidationRules?: readonly {
    readonly claim?: string
    readonly requiredValue?: string
    readonly expression?: string
    readonly message?: string
  }[]
  readonly claimMappings: {
    readonly username: PrefixedClaim
    readonly groups?: PrefixedClaim
    readonly uid?: { readonly claim?: string; readonly expression?: string }
    readonly extra?: readonly { readonly key?: string; readonly valueExpression?: string }[]
  }
  readonly userValidationRules?: readonly { readonly expression?: string; readonly message?: string }[]
}
interface PrefixedClaim {
  readonly claim?: string
  readonly prefix?: string
  readonly expression?: string
}

const versions = ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1', 'apiserver.config.k8s.io/v1alpha1']
const mostIssuers = 64

export function parseAuthenticationConfiguration(text: string, ownIssuers: readonly string[]): AuthenticationConfiguration {
  const { value, unknown } = readStrict(text)
  const { apiVersion, kind, ...config } = value as { apiVersion?: string; kind?: string } & AuthenticationConfiguration
  if (kind !== 'AuthenticationConfiguration' || !versions.includes(apiVersion ?? ''))
    throw new Error(`no kind ${JSON.stringify(kind ?? '')} is registered for version ${JSON.stringify(apiVersion ?? '')}`)
  if (unknown.length > 0)
    throw new Error(`strict decoding error: ${unknown.map((field) => `unknown field ${JSON.stringify(field)}`).join(', ')}`)
  const errors = validateAuthenticationConfiguration(config, ownIssuers)
  if (errors.length > 0) {
    const texts = errors.map((e) => `${e.field}: ${causeMessage(e)}`)
    throw new Error(texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`)
  }
  return config
}

/** The fields of each part of the file: what is written otherwise is a mistake, and would silently not count. */
interface Shape {
  readonly [field: string]: Shape | true
}
const claim: Shape = { claim: true, prefix: true, expression: true }
const shape: Shape = {
  apiVersion: true,
  kind: true,
  jwt: {
    issuer: {
      url: true,
      discoveryURL: true,
      certificateAuthority: true,
      audiences: true,
      audienceMatchPolicy: true,
      egressSelectorType: true,
    },
    claimValidationRules: { claim: true, requiredValue: true, expression: true, message: true },
    claimMappings: { username: claim, groups: claim, uid: { claim: true, expression: true }, extra: { key: true, valueExpression: true } },
    userValidationRules: { expression: true, message: true },
  },
  anonymous: { enabled: true, conditions: { path: true } },
}

function readStrict(text: string): { value: object; unknown: string[] } {
  const value = parseYaml(text).value
  if (typeof value !== 'object' || value === null) throw new Error('the authentication configuration is empty')
  const unknown: string[] = []
  const visit = (part: unknown, known: Shape, path: string) => {
    if (Array.isArray(part)) {
      for (const [i, one] of part.entries()) visit(one, known, `${path}[${i}]`)
    } else if (typeof part === 'object' && part !== null) {
      for (const [name, inner] of Object.entries(part)) {
        const field = path ? `${path}.${name}` : name
        const next = known[name]
        if (next === undefined) unknown.push(field)
        else if (next !== true) visit(inner, next, field)
      }
    }
  }
  visit(value, shape, '')
  return { value, unknown }
}

/** As apis/apiserver/validation checks it. `ownIssuers` are the service accounts', whose tokens are not for others to issue. */
export function validateAuthenticationConfiguration(
  { jwt = [], anonymous }: AuthenticationConfiguration,
  ownIssuers: readonly string[],
): FieldError[] {
  const errors: FieldError[] = []
  if (jwt.length > mostIssuers)
    errors.push({ type: 'tooMany', field: 'jwt', value: jwt.length, detail: `must have at most ${mostIssuers} items` })
  const issuers = new Set<string>()
  const discoveries = new Set<string>()
  for (const [i, one] of jwt.entries()) {
    const field = `jwt[${i}]`
    const { url = '', discoveryURL = '' } = one.issuer ?? {}
    errors.push(...validateIssuer(one.issuer ?? { url: '', audiences: [] }, ownIssuers, `${field}.issuer`))
    const rules = validateRules(one, field)
    errors.push(...rules)
    // Expressions that do not compile are told of once.
    const known = rules.length === 0 ? one.claimValidationRules : undefined
    errors.push(...validateMappings(one.claimMappings ?? { username: {} }, known, `${field}.claimMappings`))
    if (issuers.has(url)) errors.push(duplicate(`${field}.issuer.url`, url))
    issuers.add(url)
    if (discoveryURL !== '' && discoveries.has(discoveryURL)) errors.push(duplicate(`${field}.issuer.discoveryURL`, discoveryURL))
    discoveries.add(discoveryURL)
  }
  if (anonymous && !anonymous.enabled && anonymous.conditions?.length)
    errors.push(invalid('anonymous.conditions', anonymous.conditions, 'enabled should be set to true when conditions are defined'))
  return errors
}

function validateIssuer(issuer: JwtAuthenticator['issuer'], ownIssuers: readonly string[], field: string): FieldError[] {
  const { url, discoveryURL, certificateAuthority, audiences = [], audienceMatchPolicy = '' } = issuer
  const errors = url ? validateUrl(url, ownIssuers, `${field}.url`) : [required(`${field}.url`)]
  if (discoveryURL) {
    const bare = (text: string) => text.replace(/\/+$/, '')
    if (url && bare(url) === bare(discoveryURL))
      errors.push(invalid(`${field}.discoveryURL`, discoveryURL, 'discoveryURL must be different from URL'))
    errors.push(...validateUrl(discoveryURL, [], `${field}.discoveryURL`))
  }
  if (audiences.length === 0) errors.push(required(`${field}.audiences`, `at least one ${field}.audiences is required`))
  for (const [i, audience] of audiences.entries()) {
    if (audience === '') errors.push(required(`${field}.audiences[${i}]`))
    if (audiences.indexOf(audience) < i) errors.push(duplicate(`${field}.audiences[${i}]`, audience))
  }
  const policy = `${field}.audienceMatchPolicy`
  if (audiences.length > 1 && audienceMatchPolicy !== 'MatchAny')
    errors.push(invalid(policy, audienceMatchPolicy, 'audienceMatchPolicy must be MatchAny for multiple audiences'))
  if (audiences.length === 1 && audienceMatchPolicy !== '' && audienceMatchPolicy !== 'MatchAny')
    errors.push(invalid(policy, audienceMatchPolicy, 'audienceMatchPolicy must be empty or MatchAny for single audience'))
  if (certificateAuthority && !isCertificate(certificateAuthority))
    errors.push(invalid(`${field}.certificateAuthority`, '<omitted>', 'data does not contain any valid RSA or ECDSA certificates'))
  if (issuer.egressSelectorType) errors.push(forbidden(`${field}.egressSelectorType`, 'there is no egress selector here'))
  return errors
}

function validateUrl(text: string, disallowed: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = []
  const wrong = (detail: string) => void errors.push(invalid(field, text, detail))
  if (disallowed.includes(text)) wrong(`URL must not overlap with disallowed issuers: [${[...disallowed].sort().join(' ')}]`)
  const url = URL.parse(text)
  // What Go's parser takes for a path without a scheme is none for WHATWG's.
  if (url?.protocol !== 'https:') wrong('URL scheme must be https')
  if (url?.username || url?.password) wrong('URL must not contain a username or password')
  if (url?.search) wrong('URL must not contain a query')
  if (url?.hash) wrong('URL must not contain a fragment')
  return errors
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined
  } catch {
    return false
  }
}

function compiled(compile: (source: string) => unknown, source: string, field: string): FieldError[] {
  try {
    compile(source)
    return []
  } catch (error) {
    const { message } = error as Error
    return [invalid(field, source, error instanceof CompileError ? `compilation failed: ${message}` : message)]
  }
}

function validateRules({ claimValidationRules = [], userValidationRules = [] }: JwtAuthenticator, at: string): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  const once = (what: string, field: string): boolean => {
    if (seen.has(`${what} ${field}`)) return false
    seen.add(`${what} ${field}`)
    return true
  }
  for (const [i, rule] of claimValidationRules.entries()) {
    const field = `${at}.claimValidationRules[${i}]`
    const { claim: name = '', requiredValue = '', expression = '', message = '' } = rule
    if (name && expression) errors.push(invalid(field, name, "claim and expression can't both be set"))
    else if (expression) {
      if (requiredValue) errors.push(invalid(`${field}.requiredValue`, requiredValue, 'may not be specified when expression is set'))
      if (once(expression, 'expression')) errors.push(...compiled(compileClaimsCondition, expression, `${field}.expression`))
      else errors.push(duplicate(`${field}.expression`, expression))
    } else if (!name) errors.push(required(field, 'claim or expression is required'))
    else {
      if (message) errors.push(invalid(`${field}.message`, message, 'may not be specified when claim is set'))
      if (!once(name, 'claim')) errors.push(duplicate(`${field}.claim`, name))
    }
  }
  for (const [i, { expression = '' }] of userValidationRules.entries()) {
    const field = `${at}.userValidationRules[${i}].expression`
    if (!expression) errors.push(required(field))
    else if (!once(expression, 'user')) errors.push(duplicate(field, expression))
    else errors.push(...compiled(compileUserCondition, expression, field))
  }
  return errors
}

const domainPath = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/

function validateMappings(
  mappings: JwtAuthenticator['claimMappings'],
  rules: JwtAuthenticator['claimValidationRules'],
  at: string,
): FieldError[] {
  const { username = {}, groups = {}, uid, extra = [] } = mappings
  const errors = [...validateClaim(username, `${at}.username`, true), ...validateClaim(groups, `${at}.groups`, false)]
  if (uid?.claim && uid.expression) errors.push(invalid(`${at}.uid`, '', "claim and expression can't both be set"))
  else if (uid?.expression) errors.push(...compiled(compileClaims, uid.expression, `${at}.uid.expression`))
  const keys = new Set<string>()
  for (const [i, { key = '', valueExpression = '' }] of extra.entries()) {
    const field = `${at}.extra[${i}]`
    if (key === '') errors.push(required(`${field}.key`))
    else if (!domainPath.test(key.toLowerCase()))
      errors.push(invalid(`${field}.key`, key, 'must be a domain-prefixed path (such as "acme.io/foo")'))
    if (key !== key.toLowerCase()) errors.push(invalid(`${field}.key`, key, 'must be lowercase'))
    if (/(^|\.)(kubernetes|k8s)\.io\//.test(key))
      errors.push(invalid(`${field}.key`, key, 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'))
    if (keys.has(key)) errors.push(duplicate(`${field}.key`, key))
    else if (valueExpression === '') errors.push(required(`${field}.valueExpression`))
    else errors.push(...compiled(compileClaims, valueExpression, `${field}.valueExpression`))
    keys.add(key)
  }
  // An address in a name must be one that its owner has confirmed.
  const others = [username.expression, ...extra.map((e) => e.valueExpression), ...(rules ?? []).map((r) => r.expression)]
  if (errors.length === 0 && username.expression && readsClaim(username.expression, 'email'))
    if (!others.some((one) => one && readsClaim(one, 'email_verified')))
      errors.push(
        invalid(
          `${at}.username.expression`,
          username.expression,
          'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
        ),
      )
  return errors
}

function validateClaim({ claim: name, prefix, expression }: PrefixedClaim, field: string, needed: boolean): FieldError[] {
  if (expression && name) return [invalid(field, '', "claim and expression can't both be set")]
  if (expression)
    return [
      ...(prefix === undefined ? [] : [invalid(`${field}.prefix`, prefix, 'may not be specified when expression is set')]),
      ...compiled(compileClaims, expression, `${field}.expression`),
    ]
  if (!name) return needed ? [required(field, 'claim or expression is required')] : []
  if (prefix === undefined)
    return [required(`${field}.prefix`, 'prefix is required when claim is set. It can be set to an empty string to disable prefixing')]
  return []
}
