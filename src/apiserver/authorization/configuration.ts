/** AuthorizationConfiguration (apiserver.config.k8s.io), the file of --authorization-config: which authorizers are asked, in which order. */
import { statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import {
  causeMessage,
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooMany,
} from '../../api/validation/field-error.ts'
import { parseYaml } from '../../api/yaml.ts'
import { CompileError } from '../../cel/errors.ts'
import { parseDuration } from '../../flags/flags.ts'
import type { Webhook } from '../../http/webhook.ts'
import { webhookOf } from '../webhook.ts'
import { authorizerTypes } from './authorizers.ts'
import { compileMatchCondition, matches } from './match-conditions.ts'

/** One authorizer of the list. */
export type AuthorizerConfiguration =
  | { readonly type: 'AlwaysAllow' | 'AlwaysDeny' | 'Node' | 'RBAC'; readonly name: string }
  | { readonly type: 'Webhook'; readonly name: string; readonly webhook: AuthorizationWebhook }

export interface AuthorizationWebhook {
  readonly webhook: Webhook
  /** Of the SubjectAccessReview: v1 or v1beta1. */
  readonly version: string
  readonly timeoutMs: number
  readonly authorizedMs: number
  readonly unauthorizedMs: number
  /** What counts when the webhook cannot be asked. */
  readonly failurePolicy: 'NoOpinion' | 'Deny'
  /** Whether it is asked at all, by the spec of a v1 review. May throw. */
  readonly applies?: (spec: object) => boolean
}

interface WebhookFields {
  readonly authorizedTTL?: string
  readonly unauthorizedTTL?: string
  readonly timeout?: string
  readonly subjectAccessReviewVersion?: string
  readonly matchConditionSubjectAccessReviewVersion?: string
  readonly failurePolicy?: string
  readonly connectionInfo?: { readonly type?: string; readonly kubeConfigFile?: string }
  readonly matchConditions?: readonly { readonly expression?: string }[]
}
interface Entry {
  readonly type?: string
  readonly name?: string
  readonly webhook?: WebhookFields
}

const versions = ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1', 'apiserver.config.k8s.io/v1alpha1']

export function parseAuthorizationConfiguration(text: string): AuthorizerConfiguration[] {
  const config = parseYaml(text).value as { apiVersion?: string; kind?: string; authorizers?: Entry[] } | null
  if (config?.kind !== 'AuthorizationConfiguration' || !versions.includes(config.apiVersion ?? ''))
    throw new Error(`no kind ${JSON.stringify(config?.kind ?? '')} is registered for version ${JSON.stringify(config?.apiVersion ?? '')}`)
  const entries = config.authorizers ?? []
  const errors = validateAuthorizers(entries)
  if (errors.length > 0) {
    const texts = errors.map((e) => `${e.field}: ${causeMessage(e)}`)
    throw new Error(texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`)
  }
  return entries.map(({ type, name = '', webhook = {} }) => {
    if (type !== 'Webhook') return { type: type as 'RBAC', name }
    const conditions = (webhook.matchConditions ?? []).map(({ expression = '' }) => compileMatchCondition(expression))
    return {
      type,
      name,
      webhook: {
        webhook: webhookOf(webhook.connectionInfo?.kubeConfigFile as string),
        version: webhook.subjectAccessReviewVersion as string,
        timeoutMs: millis(webhook.timeout),
        authorizedMs: millis(webhook.authorizedTTL ?? '5m'),
        unauthorizedMs: millis(webhook.unauthorizedTTL ?? '30s'),
        failurePolicy: webhook.failurePolicy as 'Deny',
        ...(conditions.length > 0 ? { applies: (spec: object) => matches(conditions, spec) } : {}),
      },
    }
  })
}

/** Zero for what is no duration: required, then. */
const millis = (text: string | undefined): number => (text === undefined ? 0 : (parseDuration(text) ?? 0))

/** As apis/apiserver/validation checks it. */
export function validateAuthorizers(entries: readonly Entry[]): FieldError[] {
  const errors: FieldError[] = []
  if (entries.length === 0) errors.push(required('authorizers', 'at least one authorization mode must be defined'))
  const types = new Set<string>()
  const names = new Set<string>()
  for (const [i, { type = '', name = '', webhook }] of entries.entries()) {
    const field = `authorizers[${i}]`
    if (type === '') errors.push(required(`${field}.type`))
    else if (!authorizerTypes.some((known) => known === type)) errors.push(notSupported(`${field}.type`, type, authorizerTypes))
    else if (types.has(type) && type !== 'Webhook') errors.push(duplicate(`${field}.type`, type))
    else {
      types.add(type)
      if (name === '') errors.push(required(`${field}.name`))
      else if (names.has(name)) errors.push(duplicate(`${field}.name`, name))
      names.add(name)
      if (type === 'Webhook')
        errors.push(...(webhook ? validateWebhook(webhook, field) : [required(`${field}.webhook`, 'required when type=Webhook')]))
      else if (webhook) errors.push(invalid(`${field}.webhook`, 'non-null', 'may only be specified when type=Webhook'))
    }
  }
  return errors
}

const longestTimeoutMs = 30_000

function validateWebhook(webhook: WebhookFields, at: string): FieldError[] {
  const errors: FieldError[] = []
  const timeout = millis(webhook.timeout)
  if (timeout === 0) errors.push(required(`${at}.timeout`))
  else if (timeout > longestTimeoutMs || timeout < 0) errors.push(invalid(`${at}.timeout`, webhook.timeout, 'must be > 0s and <= 30s'))
  for (const field of ['authorizedTTL', 'unauthorizedTTL'] as const)
    if (millis(webhook[field] ?? '1s') <= 0) errors.push(invalid(`${at}.${field}`, webhook[field], 'must be > 0s'))
  const oneOf = (field: 'subjectAccessReviewVersion' | 'failurePolicy', known: readonly string[]) => {
    const value = webhook[field] ?? ''
    if (value === '') errors.push(required(`${at}.${field}`))
    else if (!known.includes(value)) errors.push(notSupported(`${at}.${field}`, value, known))
  }
  oneOf('subjectAccessReviewVersion', ['v1', 'v1beta1'])
  oneOf('failurePolicy', ['NoOpinion', 'Deny'])
  errors.push(...validateConnection(webhook.connectionInfo ?? {}, `${at}.connectionInfo`))
  errors.push(...validateConditions(webhook, at))
  return errors
}

const mostConditions = 64

function validateConditions(
  { matchConditions = [], matchConditionSubjectAccessReviewVersion: version = '' }: WebhookFields,
  at: string,
): FieldError[] {
  const errors: FieldError[] = []
  const versionField = `${at}.matchConditionSubjectAccessReviewVersion`
  if (version === '' && matchConditions.length > 0) errors.push(required(versionField, 'required if match conditions are specified'))
  if (version !== '' && version !== 'v1') errors.push(notSupported(versionField, version, ['v1']))
  if (matchConditions.length > mostConditions) return [...errors, tooMany(`${at}.matchConditions`, matchConditions.length, mostConditions)]
  const seen = new Set<string>()
  for (const [i, { expression = '' }] of matchConditions.entries()) {
    const field = `${at}.matchConditions[${i}].expression`
    if (expression.trim() === '') errors.push(required(field))
    else if (seen.has(expression)) errors.push(duplicate(field, expression))
    else {
      seen.add(expression)
      try {
        compileMatchCondition(expression)
      } catch (error) {
        const { message } = error as Error
        errors.push(invalid(field, expression, error instanceof CompileError ? `compilation failed: ${message}` : message))
      }
    }
  }
  return errors
}

function validateConnection({ type = '', kubeConfigFile = '' }: NonNullable<WebhookFields['connectionInfo']>, at: string): FieldError[] {
  const field = `${at}.kubeConfigFile`
  if (type === '') return [required(`${at}.type`)]
  if (type === 'InClusterConfig') return [forbidden(`${at}.type`, 'this server runs in no pod')]
  if (type !== 'KubeConfigFile') return [notSupported(`${at}.type`, type, ['InClusterConfig', 'KubeConfigFile'])]
  if (kubeConfigFile === '') return [required(field)]
  if (!isAbsolute(kubeConfigFile)) return [invalid(field, kubeConfigFile, 'must be an absolute path')]
  try {
    return statSync(kubeConfigFile).isFile() ? [] : [invalid(field, kubeConfigFile, 'must be a regular file')]
  } catch (error) {
    return [invalid(field, kubeConfigFile, `error loading file: ${(error as Error).message}`)]
  }
}
