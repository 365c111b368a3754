/** The flags of authentication, under upstream's names, and the authenticators that they ask for. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { causeMessage } from '../../api/validation/field-error.ts'
import type { FlagTable, FlagValues } from '../../flags/flags.ts'
import { frontProxyFlags, frontProxyOf } from '../../http/front-proxy.ts'
import type { Logger } from '../../log/log.ts'
import type { AccessOptions } from '../access.ts'
import { fixed, type Reloadable, reloadable } from '../reloadable.ts'
import { webhookOf } from '../webhook.ts'
import type { AuthenticationConfiguration } from './configuration.ts'
import { allAlgorithms, isAlgorithm, parseSigningKey, parseVerificationKeys } from './jwt.ts'
import { parseTokenFile } from './token-file.ts'

const issuer = 'https://kubernetes.default.svc.cluster.local'

const oidcFlags = {
  'oidc-issuer-url': { type: 'string', doc: 'The OpenID issuer whose ID tokens authenticate; its URL, by https.' },
  'oidc-client-id': { type: 'string', doc: 'The audience that ID tokens must be for.' },
  'oidc-ca-file': { type: 'string', doc: 'The authority that signed the certificate of the issuer. Default: those of the machine.' },
  'oidc-username-claim': { type: 'string', default: 'sub', doc: 'The claim that names the user.' },
  'oidc-username-prefix': {
    type: 'string',
    doc: 'Put before user names; - for nothing. Default: the issuer and #, but nothing before an email.',
  },
  'oidc-groups-claim': { type: 'string', doc: 'The claim that names the groups: a text, or a list of them.' },
  'oidc-groups-prefix': { type: 'string', doc: 'Put before names of groups.' },
  'oidc-required-claim': { type: 'map', doc: 'Claims that a token must have, with their values: key=value.' },
  'oidc-signing-algs': { type: 'list', doc: `The algorithms that tokens may be signed with: ${allAlgorithms.join(', ')}. Default: RS256.` },
} as const satisfies FlagTable

export const authenticationFlags = {
  'token-auth-file': { type: 'string', doc: 'A file of static tokens: token,user,uid[,"group,group"].' },
  'anonymous-auth': {
    type: 'string',
    bare: 'true',
    value: 'bool',
    doc: 'Whether requests without credentials are made as system:anonymous. Default: only those for /healthz, /livez and /readyz.',
  },
  'enable-bootstrap-token-auth': {
    type: 'bool',
    doc: 'Whether secrets of type bootstrap.kubernetes.io/token in kube-system authenticate.',
  },
  'service-account-issuer': {
    type: 'array',
    doc: `The issuer in service account tokens. Given again: issuers whose tokens are accepted too. Default ${issuer}.`,
  },
  'service-account-key-file': {
    type: 'array',
    doc: 'PEM keys, RSA or ECDSA, public or private, that service account tokens are verified with. Default: the signing key.',
  },
  'service-account-signing-key-file': {
    type: 'string',
    doc: 'The private key that signs service account tokens. Default: one made in --cert-dir.',
  },
  'service-account-lookup': { type: 'bool', default: true, doc: 'Whether a token ends with the account, pod and secret it is for.' },
  'service-account-jwks-uri': { type: 'string', doc: 'Where relying parties find the keys, in the OIDC discovery document.' },
  'service-account-max-token-expiration': {
    type: 'duration',
    doc: 'The longest life of a token. Longer ones that are asked for are cut to it.',
  },
  'service-account-extend-token-expiration': {
    type: 'bool',
    default: true,
    doc: 'Whether the tokens of pods live for a year, and are warned about after the hour that was asked for.',
  },
  'api-audiences': { type: 'list', doc: 'The audiences that tokens must be for. Default: the first issuer.' },
  'authentication-token-webhook-config-file': {
    type: 'string',
    doc: 'A kubeconfig of the webhook that is asked about bearer tokens which nobody else knows.',
  },
  'authentication-token-webhook-version': {
    type: 'string',
    default: 'v1beta1',
    doc: 'The version of the TokenReview that is sent to the webhook: v1 or v1beta1.',
  },
  'authentication-token-webhook-cache-ttl': { type: 'duration', default: 120_000, doc: 'How long the answers of the token webhook count.' },
  'authentication-config': {
    type: 'string',
    doc: 'The file that lists issuers of JWTs and the paths open to everybody (AuthenticationConfiguration). Changes count at once.',
  },
  ...oidcFlags,
  ...frontProxyFlags,
} as const satisfies FlagTable

type Values = FlagValues<typeof authenticationFlags> & { readonly 'cert-dir': string; readonly 'client-ca-file': string }
type Options = Pick<
  AccessOptions,
  'anonymous' | 'bootstrapTokens' | 'tokenFile' | 'serviceAccounts' | 'tokenWebhook' | 'authentication' | 'frontProxy' | 'clientCa'
>

const healthPaths = ['/healthz', '/livez', '/readyz']

export async function authenticationOf(
  values: Values,
  address: { readonly host: string; readonly port: number },
  log: Logger,
): Promise<Options> {
  const anonymous = values['anonymous-auth']
  if (!['', 'true', 'false'].includes(anonymous)) throw new Error('--anonymous-auth is true or false')
  const issuers = values['service-account-issuer'].length > 0 ? values['service-account-issuer'] : [issuer]
  checkServiceAccounts(values, issuers, log)
  const signingFile = values['service-account-signing-key-file']
  const signingPem = signingFile ? readFileSync(signingFile, 'utf8') : ownSigningKey(values['cert-dir'])
  const keyFiles = values['service-account-key-file']
  const frontProxy = frontProxyOf(values)
  const authentication = await configurationOf(values, issuers, log)
  if (anonymous !== '' && authentication?.config.current.anonymous)
    throw new Error('--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file')
  const clientCa = values['client-ca-file']
  return {
    anonymous: { enabled: anonymous !== 'false', ...(anonymous === '' ? { paths: healthPaths } : {}) },
    ...(values['token-auth-file'] ? { tokenFile: parseTokenFile(readFileSync(values['token-auth-file'], 'utf8')) } : {}),
    bootstrapTokens: values['enable-bootstrap-token-auth'],
    serviceAccounts: {
      issuers,
      keys:
        keyFiles.length > 0 ? keyFiles.flatMap((f) => parseVerificationKeys(readFileSync(f, 'utf8'))) : parseVerificationKeys(signingPem),
      signingKey: parseSigningKey(signingPem),
      apiAudiences: values['api-audiences'].length > 0 ? values['api-audiences'] : [issuers[0] as string],
      jwksUri: values['service-account-jwks-uri'] || `https://${address.host}:${address.port}/openid/v1/jwks`,
      lookup: values['service-account-lookup'],
      maxExpirationSeconds: values['service-account-max-token-expiration'] / 1000,
      extendExpiration: values['service-account-extend-token-expiration'],
    },
    ...tokenWebhookOf(values),
    ...(authentication ? { authentication } : {}),
    ...(frontProxy ? { frontProxy } : {}),
    ...(clientCa ? { clientCa: readFileSync(clientCa, 'utf8') } : {}),
  }
}

const hourMs = 3600_000
const yearMs = 365 * 24 * hourMs

/** As kubeoptions.BuiltInAuthenticationOptions and completeServiceAccountOptions check them. */
function checkServiceAccounts(values: Values, issuers: readonly string[], log: Logger): void {
  for (const [i, name] of issuers.entries()) {
    if (name === '') throw new Error('service-account-issuer must not be an empty string')
    if (name.includes(':') && !URL.canParse(name))
      throw new Error(`service-account-issuer ${JSON.stringify(name)} contained a ':' but was not a valid URL`)
    if (issuers.indexOf(name) < i) throw new Error(`service-account-issuer ${JSON.stringify(name)} is already specified`)
  }
  const jwksUri = values['service-account-jwks-uri']
  if (jwksUri && !jwksUri.startsWith('https:')) throw new Error(`service-account-jwks-uri requires https scheme, parsed as: ${jwksUri}`)
  const longest = values['service-account-max-token-expiration']
  if (longest === 0) return
  if (longest < hourMs || longest > 2 ** 32 * 1000)
    throw new Error('the service-account-max-token-expiration must be between 1 hour and 2^32 seconds')
  if (values['service-account-extend-token-expiration'] && longest < yearMs)
    log.warn('with service-account-extend-token-expiration tokens of pods live longer than service-account-max-token-expiration says', {
      seconds: yearMs / 1000,
    })
}

function tokenWebhookOf(values: Values): Pick<Options, 'tokenWebhook'> {
  const file = values['authentication-token-webhook-config-file']
  if (!file) return {}
  const version = values['authentication-token-webhook-version']
  if (version !== 'v1' && version !== 'v1beta1')
    throw new Error(`--authentication-token-webhook-version: unsupported webhook version ${JSON.stringify(version)}`)
  return { tokenWebhook: { webhook: webhookOf(file), version, cacheMs: values['authentication-token-webhook-cache-ttl'] } }
}

/**
 * With the words of BuiltInAuthenticationOptions.Validate where the flags do not fit together. What issuers need, the
 * compiler of expressions above all, is loaded only where there is one: it would cost every start.
 */
async function configurationOf(values: Values, ownIssuers: readonly string[], log: Logger): Promise<AccessOptions['authentication']> {
  const file = values['authentication-config']
  const { 'oidc-username-claim': _default, ...flags } = oidcFlags
  const given = (Object.keys(flags) as (keyof typeof flags)[]).some((name) => Object.keys(values[name]).length > 0)
  if (file && given) throw new Error('authentication-config file and oidc-* flags are mutually exclusive')
  if (!file && !given) return undefined
  const [{ parseAuthenticationConfiguration, validateAuthenticationConfiguration }, { createOidcAuthenticator }] = await Promise.all([
    import('./configuration.ts'),
    import('./oidc.ts'),
  ])
  if (file) {
    const config = reloadable(file, (text) => parseAuthenticationConfiguration(text, ownIssuers), log)
    return { config, authenticatorOf: (jwt, deps) => createOidcAuthenticator(jwt, { ...deps, algorithms: allAlgorithms }) }
  }
  if (!values['oidc-issuer-url'] || !values['oidc-client-id'])
    throw new Error('oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set')
  const algorithms = (values['oidc-signing-algs'].length > 0 ? values['oidc-signing-algs'] : ['RS256']).map((name) => {
    if (!isAlgorithm(name)) throw new Error(`oidc: unsupported signing alg: ${JSON.stringify(name)}`)
    return name
  })
  const config = oidcConfiguration(values)
  const [wrong] = validateAuthenticationConfiguration(config.current, ownIssuers)
  if (wrong) throw new Error(`${wrong.field}: ${causeMessage(wrong)}`)
  return { config, authenticatorOf: (jwt, deps) => createOidcAuthenticator(jwt, { ...deps, algorithms }) }
}

/** The issuer of the flags as the file would describe it. */
function oidcConfiguration(values: Values): Reloadable<AuthenticationConfiguration> {
  const url = values['oidc-issuer-url']
  const claim = values['oidc-username-claim']
  const given = values['oidc-username-prefix']
  // Upstream's guard against names that mean something to the cluster itself.
  const prefix = given === '-' ? '' : given === '' && claim !== 'email' ? `${url}#` : given
  const groups = values['oidc-groups-claim']
  const ca = values['oidc-ca-file']
  return fixed({
    jwt: [
      {
        issuer: { url, audiences: [values['oidc-client-id']], ...(ca ? { certificateAuthority: readFileSync(ca, 'utf8') } : {}) },
        claimMappings: {
          username: { claim, prefix },
          ...(groups ? { groups: { claim: groups, prefix: values['oidc-groups-prefix'] } } : {}),
        },
        claimValidationRules: Object.entries(values['oidc-required-claim']).map(([name, requiredValue]) => ({
          claim: name,
          requiredValue,
        })),
      },
    ],
  })
}

/** A server that is given no key keeps one of its own, as it keeps its serving certificate. */
function ownSigningKey(certDir: string): string {
  const path = join(certDir, 'service-account.key')
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  mkdirSync(certDir, { recursive: true, mode: 0o700 })
  writeFileSync(path, pem, { mode: 0o600 })
  return pem
}
