/** The flags that say who may do what, under upstream's names, and what they mean together. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseYaml } from '../api/yaml.ts'
import type { FlagTable } from '../flags/flags.ts'
import type { Logger } from '../log/log.ts'
import type { AccessOptions } from './access.ts'
import { pluginNames } from './admission/plugins.ts'
import { auditFlags, auditorOf } from './audit/flags.ts'
import { parseSigningKey, parseVerificationKeys } from './authentication/jwt.ts'
import { parseTokenFile } from './authentication/token-file.ts'
import { webhookOf } from './webhook.ts'

const issuer = 'https://kubernetes.default.svc.cluster.local'

export const accessFlags = {
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
  'authorization-webhook-config-file': { type: 'string', doc: 'A kubeconfig of the webhook that --authorization-mode=Webhook asks.' },
  'authorization-webhook-version': {
    type: 'string',
    default: 'v1beta1',
    doc: 'The version of the SubjectAccessReview that is sent to the webhook: v1 or v1beta1.',
  },
  'authorization-webhook-cache-authorized-ttl': {
    type: 'duration',
    default: 300_000,
    doc: 'How long what the authorization webhook allowed counts.',
  },
  'authorization-webhook-cache-unauthorized-ttl': {
    type: 'duration',
    default: 30_000,
    doc: 'How long what the authorization webhook did not allow counts.',
  },
  'authorization-mode': {
    type: 'list',
    doc: 'The authorizers to ask, in order: AlwaysAllow, AlwaysDeny, Node, RBAC, Webhook. Default: AlwaysAllow.',
  },
  'encryption-provider-config': {
    type: 'string',
    doc: 'The file that says which resources are encrypted in the store, and with which keys.',
  },
  'enable-priority-and-fairness': { type: 'bool', default: true, doc: 'Whether requests wait for room by their priority level.' },
  'max-requests-inflight': { type: 'int', default: 400, doc: 'Part of the seats that priority levels share.' },
  'max-mutating-requests-inflight': { type: 'int', default: 200, doc: 'The other part of the seats that priority levels share.' },
  ...auditFlags,
  'admission-control-config-file': { type: 'string', doc: 'The configuration of admission plugins (AdmissionConfiguration).' },
  'enable-admission-plugins': {
    type: 'list',
    doc: `Admission plugins to turn on beside those that are on by default. Known: ${pluginNames.join(', ')}.`,
  },
  'disable-admission-plugins': { type: 'list', doc: 'Admission plugins to turn off although they are on by default.' },
} as const satisfies FlagTable

export type AccessValues = {
  readonly [Name in keyof typeof accessFlags]: (typeof accessFlags)[Name] extends { type: 'list' | 'array' }
    ? readonly string[]
    : (typeof accessFlags)[Name] extends { type: 'bool' }
      ? boolean
      : (typeof accessFlags)[Name] extends { type: 'duration' | 'int' }
        ? number
        : string
} & { readonly 'cert-dir': string }

/** A quarter of the minute that a request may take, as upstream has it. */
const longestWaitMs = 15_000
const healthPaths = ['/healthz', '/livez', '/readyz']

export function accessOptions(values: AccessValues, address: { readonly host: string; readonly port: number }, log: Logger): AccessOptions {
  const anonymous = values['anonymous-auth']
  if (!['', 'true', 'false'].includes(anonymous)) throw new Error('--anonymous-auth is true or false')
  const issuers = values['service-account-issuer'].length > 0 ? values['service-account-issuer'] : [issuer]
  const signingFile = values['service-account-signing-key-file']
  const signingPem = signingFile ? readFileSync(signingFile, 'utf8') : ownSigningKey(values['cert-dir'])
  const audit = auditorOf(values, log)
  const keyFiles = values['service-account-key-file']
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
    ...authorizationOf(values),
    admission: {
      enable: values['enable-admission-plugins'],
      disable: values['disable-admission-plugins'],
      configuration: admissionConfiguration(values['admission-control-config-file']),
    },
    ...(audit ? { audit } : {}),
    ...(values['enable-priority-and-fairness']
      ? {
          flowControl: {
            seats: values['max-requests-inflight'] + values['max-mutating-requests-inflight'],
            maxWaitMs: longestWaitMs,
          },
        }
      : {}),
  }
}

function tokenWebhookOf(values: AccessValues): Pick<AccessOptions, 'tokenWebhook'> {
  const file = values['authentication-token-webhook-config-file']
  if (!file) return {}
  const version = reviewVersion('authentication-token-webhook-version', values)
  return { tokenWebhook: { webhook: webhookOf(file), version, cacheMs: values['authentication-token-webhook-cache-ttl'] } }
}

function authorizationOf(values: AccessValues): Pick<AccessOptions, 'authorizationModes' | 'authorizationWebhook'> {
  const given = values['authorization-mode']
  const modes = given.length > 0 ? given : ['AlwaysAllow']
  const file = values['authorization-webhook-config-file']
  const asks = modes.includes('Webhook')
  const repeated = modes.find((mode, i) => modes.indexOf(mode) !== i)
  // The words of BuiltInAuthorizationOptions.Validate.
  if (repeated) throw new Error(`authorization-mode ${JSON.stringify(modes)} has mode specified more than once`)
  if (asks && !file) throw new Error("authorization-mode Webhook's authorization config file not passed")
  if (!asks && file) throw new Error('cannot specify --authorization-webhook-config-file without mode Webhook')
  if (!asks) return { authorizationModes: modes }
  return {
    authorizationModes: modes,
    authorizationWebhook: {
      webhook: webhookOf(file),
      version: reviewVersion('authorization-webhook-version', values),
      authorizedMs: values['authorization-webhook-cache-authorized-ttl'],
      unauthorizedMs: values['authorization-webhook-cache-unauthorized-ttl'],
    },
  }
}

function reviewVersion(flag: 'authentication-token-webhook-version' | 'authorization-webhook-version', values: AccessValues): string {
  const version = values[flag]
  if (version !== 'v1' && version !== 'v1beta1') throw new Error(`--${flag}: unsupported webhook version ${JSON.stringify(version)}`)
  return version
}

/** The plugins' configurations by name; a plugin's own file is read where it names one. */
function admissionConfiguration(path: string): Record<string, unknown> {
  if (!path) return {}
  const config = parseYaml(readFileSync(path, 'utf8')).value as {
    plugins?: { name: string; path?: string; configuration?: unknown }[]
  } | null
  return Object.fromEntries(
    (config?.plugins ?? []).map((plugin) => [
      plugin.name,
      plugin.path ? parseYaml(readFileSync(join(dirname(path), plugin.path), 'utf8')).value : plugin.configuration,
    ]),
  )
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
