/**
 * The gate of the server put together: who asks, may they, and what must hold of a write. Made once the storage is
 * there, because all three decide from stored objects.
 */
import type { Secret } from '../api/types/core-v1.ts'
import type { Transport } from '../client/transport.ts'
import { trustedBy } from '../http/client-certificate.ts'
import { createFrontProxy, type FrontProxyOptions } from '../http/front-proxy.ts'
import type { Logger } from '../log/log.ts'
import type { MetricsRegistry } from '../metrics/metrics.ts'
import type { AdmissionPlugin } from './admission/admission.ts'
import { createParamAccessCheck } from './admission/param-access.ts'
import { type AdmissionOptions, createAdmission } from './admission/plugins.ts'
import type { Auditor } from './audit/audit.ts'
import { type AnonymousOptions, createAuthenticator } from './authentication/authentication.ts'
import { createBootstrapTokenAuthenticator } from './authentication/bootstrap-token.ts'
import { createCertificateAuthenticator } from './authentication/certificate.ts'
import type { AuthenticationConfiguration, JwtAuthenticator } from './authentication/configuration.ts'
import { extensionConfiguration, publishedConfiguration } from './authentication/extension-configuration.ts'
import { createImpersonation } from './authentication/impersonation.ts'
import { jsonWebKeySet, type SigningKey, type VerificationKey } from './authentication/jwt.ts'
import { createAuthenticationReviews } from './authentication/reviews.ts'
import { createServiceAccountTokenAuthenticator, legacyTokenLastUsed, tokenUseCounter } from './authentication/service-account-tokens.ts'
import { createStructuredAuthentication, type StructuredAuthenticationDeps } from './authentication/structured.ts'
import { type TokenAuthenticator, tokenUnion } from './authentication/token.ts'
import { createTokenFileAuthenticator } from './authentication/token-file.ts'
import { createTokenRequest } from './authentication/token-request.ts'
import { createWebhookTokenAuthenticator, type WebhookTokenOptions } from './authentication/webhook-token.ts'
import { alwaysAllow } from './authorization/authorizers.ts'
import { flowControlObjects, makePriorityClasses, reconcilePolicy } from './authorization/bootstrap.ts'
import type { AuthorizerConfiguration } from './authorization/configuration.ts'
import { createConfiguredAuthorizer } from './authorization/configured.ts'
import { createEscalationCheck } from './authorization/escalation.ts'
import { createRbac } from './authorization/rbac.ts'
import { createReviews } from './authorization/reviews.ts'
import type { Answer } from './call.ts'
import type { Operations } from './dispatch.ts'
import type { Endpoints } from './endpoints.ts'
import { danglingConditions } from './flowcontrol/dangling.ts'
import { createDumps } from './flowcontrol/dumps.ts'
import { createFlowControl, type FlowControlOptions } from './flowcontrol/flow-control.ts'
import { createMaxInFlight } from './flowcontrol/max-in-flight.ts'
import type { Kept } from './kept.ts'
import type { NonResourceParts } from './non-resource.ts'
import type { Objects } from './objects.ts'
import type { Reloadable } from './reloadable.ts'
import type { Authenticator, Authorizer, Credentials, User } from './request.ts'
import type { ServerParts } from './server.ts'

export interface Access extends Pick<ServerParts, 'flowControl' | 'impersonate' | 'audit'> {
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  readonly admission: readonly AdmissionPlugin[]
  readonly operations: Operations
  /** Answers to paths that are no resource. */
  readonly paths: NonNullable<NonResourceParts['paths']>
  /** Makes the objects that the gate itself rests on. */
  bootstrap(api: Transport, namespaces: Promise<void>): Promise<void>
  /** And those that it keeps. */
  kept(api: Transport): readonly Kept[]
}

export interface AccessDeps {
  readonly objects: Objects
  readonly endpoints: Endpoints
  /** The server itself, for what the gate writes; not before the server is made. */
  readonly api: () => Transport
  readonly log: Logger
  readonly metrics: MetricsRegistry
  readonly now: () => Date
}

/** No gate at all, for a server that only this process can reach: callers say who they are and may do everything. */
export const openAccess = (admission: readonly AdmissionPlugin[] = []): Access => ({
  authenticator: { authenticate: () => undefined },
  authorizer: alwaysAllow,
  admission,
  operations: {},
  paths: {},
  bootstrap: () => Promise.resolve(),
  kept: () => [],
})

export interface AccessOptions {
  readonly anonymous: AnonymousOptions
  readonly bootstrapTokens: boolean
  readonly tokenFile?: ReadonlyMap<string, User>
  readonly serviceAccounts?: {
    readonly issuers: readonly string[]
    readonly keys: readonly VerificationKey[]
    /** Without it no tokens are issued. */
    readonly signingKey?: SigningKey
    readonly apiAudiences: readonly string[]
    readonly jwksUri: string
    readonly lookup: boolean
    readonly maxExpirationSeconds: number
    readonly extendExpiration: boolean
  }
  readonly tokenWebhook?: Pick<WebhookTokenOptions, 'webhook' | 'version' | 'cacheMs'>
  /** Issuers of JWTs, and what is open to everybody instead of `anonymous`. */
  readonly authentication?: {
    readonly config: Reloadable<AuthenticationConfiguration>
    readonly authenticatorOf: (jwt: JwtAuthenticator, deps: StructuredAuthenticationDeps) => TokenAuthenticator
  }
  readonly frontProxy?: FrontProxyOptions
  /** PEM of the authorities of clients. */
  readonly clientCa?: string
  readonly authorizers: Reloadable<readonly AuthorizerConfiguration[]>
  readonly admission: AdmissionOptions
  readonly audit?: Auditor
  readonly flowControl?: FlowControlOptions
  /** Instead of priority and fairness. */
  readonly maxInFlight?: { readonly readOnly: number; readonly mutating: number }
}

export function createAccess({ objects, endpoints, api: self, log, metrics, now }: AccessDeps, options: AccessOptions): Access {
  const accounts = options.serviceAccounts
  const tokens: TokenAuthenticator[] = []
  if (options.tokenFile) tokens.push(createTokenFileAuthenticator(options.tokenFile))
  if (options.bootstrapTokens) tokens.push(createBootstrapTokenAuthenticator(objects, now))
  if (accounts)
    tokens.push(createServiceAccountTokenAuthenticator(objects, { ...accounts, now, legacyTokenUsed, used: tokenUseCounter(metrics) }))
  function legacyTokenUsed({ metadata: { namespace, name, uid } }: Secret, day: string) {
    const body = { metadata: { uid, labels: { [legacyTokenLastUsed]: day } } }
    self()
      .request({
        method: 'PATCH',
        path: `/api/v1/namespaces/${namespace}/secrets/${name}`,
        contentType: 'application/merge-patch+json',
        body,
      })
      .catch((error: unknown) => log.warn('the use of a legacy token is not noted', { namespace, name, error }))
  }
  const structured = createStructuredAuthentication({ log, metrics, now, apiAudiences: accounts?.apiAudiences ?? [] }, options)
  tokens.push(structured.tokens)
  if (options.tokenWebhook)
    tokens.push(createWebhookTokenAuthenticator({ ...options.tokenWebhook, apiAudiences: accounts?.apiAudiences ?? [], now }))
  const allTokens = tokenUnion(tokens)

  const rbac = createRbac(objects)
  const authorizer = createConfiguredAuthorizer({ objects, rbac, metrics, now }, options.authorizers)
  options.audit?.measure(metrics)
  const modes = options.authorizers.current.map(({ type }) => type)
  const withRbac = modes.includes('RBAC')
  const clock = () => performance.now()
  const flow = options.flowControl && createFlowControl({ objects, metrics, now: clock }, options.flowControl)

  const frontProxy = options.frontProxy && createFrontProxy(options.frontProxy)
  return {
    authenticator: createAuthenticator({
      requests: [
        ...(frontProxy ? [{ authenticate: ({ certificate, headers }: Credentials) => frontProxy(certificate, headers) }] : []),
        createCertificateAuthenticator(metrics, options.frontProxy ? trustedBy(options.clientCa ?? '') : undefined),
      ],
      tokens: allTokens,
      anonymous: structured.anonymous,
      log,
    }),
    authorizer,
    admission: [
      ...createAdmission({ objects, endpoints, api: self, authorizer, metrics }, options.admission),
      ...(withRbac ? [createEscalationCheck(rbac, authorizer)] : []),
      createParamAccessCheck({ objects, endpoints, authorizer }),
    ],
    ...(options.audit ? { audit: options.audit } : {}),
    ...(flow ? { flowControl: flow.filter } : {}),
    ...(options.maxInFlight ? { flowControl: createMaxInFlight(metrics, options.maxInFlight) } : {}),
    impersonate: createImpersonation(authorizer),
    operations: {
      ...createAuthenticationReviews({ tokens: allTokens, apiAudiences: accounts?.apiAudiences ?? [], log, now }),
      ...createReviews({
        authorizer,
        rulesFor: (user, namespace) => {
          const { rules, errors } = rbac.rulesFor(user, namespace)
          const incomplete = modes.includes('Webhook')
          return {
            rules,
            errors: incomplete ? [...errors, 'webhook authorizer does not support user rule resolution'] : errors,
            incomplete,
          }
        },
      }),
      ...(accounts?.signingKey
        ? {
            'serviceaccounts/token': createTokenRequest(objects, {
              ...accounts,
              key: accounts.signingKey,
              issuer: accounts.issuers[0] as string,
              now,
            }),
          }
        : {}),
    },
    paths: { ...(accounts ? issuerPaths(accounts) : {}), ...(flow ? createDumps(flow, clock) : {}) },
    async bootstrap(api, namespaces) {
      await Promise.all([withRbac ? reconcilePolicy(api, objects, namespaces) : undefined, makePriorityClasses(api, objects)])
    },
    kept: (api) => [
      flowControlObjects(api, objects),
      danglingConditions(api, objects),
      publishedConfiguration(api, extensionConfiguration(options.clientCa, options.frontProxy)),
    ],
  }
}

/** What relying parties need to verify our tokens (OIDC discovery). */
function issuerPaths(accounts: NonNullable<AccessOptions['serviceAccounts']>): Access['paths'] {
  const { issuers, keys, jwksUri } = accounts
  const answer = (type: string, body: object) => (): Answer => ({
    kind: 'bytes',
    status: 200,
    type,
    bytes: Buffer.from(JSON.stringify(body)),
    headers: { 'cache-control': 'public, max-age=3600' },
  })
  const jwks = jsonWebKeySet(keys) as { keys: { alg: string }[] }
  const paths = {
    '/.well-known/openid-configuration': answer('application/json', {
      issuer: issuers[0],
      jwks_uri: jwksUri,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [...new Set(jwks.keys.map((k) => k.alg))].sort(),
    }),
    '/openid/v1/jwks': answer('application/jwk-set+json', jwks),
  }
  // OpenAPI lists them with a slash at the end.
  return Object.fromEntries(Object.entries(paths).flatMap(([path, serve]) => [path, `${path}/`].map((at) => [at, serve])))
}
