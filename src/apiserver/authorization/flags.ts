/** The flags of authorization, under upstream's names, and the authorizers that they ask for. */
import type { FlagTable, FlagValues } from '../../flags/flags.ts'
import type { Logger } from '../../log/log.ts'
import { fixed, type Reloadable, reloadable } from '../reloadable.ts'
import { webhookOf } from '../webhook.ts'
import { authorizerTypes } from './authorizers.ts'
import type { AuthorizerConfiguration } from './configuration.ts'

export const authorizationFlags = {
  'authorization-mode': {
    type: 'list',
    doc: 'The authorizers to ask, in order: AlwaysAllow, AlwaysDeny, Node, RBAC, Webhook. Default: AlwaysAllow.',
  },
  'authorization-config': {
    type: 'string',
    doc: 'The file that lists the authorizers (AuthorizationConfiguration), instead of --authorization-mode. Changes count at once.',
  },
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
} as const satisfies FlagTable

const timeoutMs = 30_000

/** With the words of BuiltInAuthorizationOptions.Validate where the flags do not fit together. */
export async function authorizersOf(
  values: FlagValues<typeof authorizationFlags>,
  log: Logger,
): Promise<Reloadable<readonly AuthorizerConfiguration[]>> {
  const given = values['authorization-mode']
  const file = values['authorization-webhook-config-file']
  const config = values['authorization-config']
  if (config) {
    if (given.length > 0 || file)
      throw new Error(
        '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined',
      )
    // Loaded only here: the compiler of conditions would cost every start.
    const { parseAuthorizationConfiguration } = await import('./configuration.ts')
    return reloadable(config, parseAuthorizationConfiguration, log)
  }
  const modes = given.length > 0 ? given : ['AlwaysAllow']
  const asks = modes.includes('Webhook')
  if (modes.some((mode, i) => modes.indexOf(mode) !== i))
    throw new Error(`authorization-mode [${modes.map((m) => JSON.stringify(m)).join(' ')}] has mode specified more than once`)
  if (asks && !file) throw new Error("authorization-mode Webhook's authorization config file not passed")
  if (!asks && file) throw new Error('cannot specify --authorization-webhook-config-file without mode Webhook')
  return fixed(
    modes.map((mode): AuthorizerConfiguration => {
      const type = authorizerTypes.find((known) => known === mode)
      if (!type) throw new Error(`authorization-mode ${JSON.stringify(mode)} is not a valid mode`)
      const name = mode.toLowerCase()
      if (type !== 'Webhook') return { type, name }
      const version = values['authorization-webhook-version']
      if (version !== 'v1' && version !== 'v1beta1')
        throw new Error(`--authorization-webhook-version: unsupported webhook version ${JSON.stringify(version)}`)
      return {
        type,
        name,
        webhook: {
          webhook: webhookOf(file),
          version,
          timeoutMs,
          authorizedMs: values['authorization-webhook-cache-authorized-ttl'],
          unauthorizedMs: values['authorization-webhook-cache-unauthorized-ttl'],
          failurePolicy: 'NoOpinion',
        },
      }
    }),
  )
}
