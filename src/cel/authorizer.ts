/**
 * Kubernetes' authz library: an expression asks what a user may do. An answer that comes from elsewhere is not there
 * at once: the check throws AnswerPending, and the caller evaluates again when it has come.
 */
import { fn, type Library } from './functions.ts'
import { opaque } from './types.ts'
import { Opaque } from './values.ts'

/** What is asked; `path` alone is of a request that is about no resource. */
export interface AccessQuestion {
  readonly verb: string
  /** Undefined: the user of the request. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string }
  readonly path?: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
}
export interface AccessAnswer {
  readonly allowed: boolean
  readonly reason: string
  readonly error?: string
}
export type Access = (question: AccessQuestion) => AccessAnswer

/** Thrown by an `Access` that does not know yet; nothing in an expression absorbs it. */
export class AnswerPending extends Error {
  readonly answer: Promise<unknown>
  constructor(answer: Promise<unknown>) {
    super('the answer is not there yet')
    this.answer = answer
  }
}

interface Asked extends Omit<AccessQuestion, 'verb'> {
  readonly access: Access
}
const name = (what: string) => `kubernetes.authorization.${what}`
const [authorizer, pathCheck, groupCheck, resourceCheck, decision] = [
  'Authorizer',
  'PathCheck',
  'GroupCheck',
  'ResourceCheck',
  'Decision',
].map(name) as [string, string, string, string, string]

export const authorizerType = opaque(authorizer)
export const resourceCheckType = opaque(resourceCheck)

type Held = Opaque<Asked>
const held = (type: string, asked: Asked): Held => new Opaque(type, asked, (other) => other === asked)
const asking = (access: Access): Asked => ({ access, group: '', resource: '', subresource: '', namespace: '', name: '' })

export const authorizerValue = (access: Access): Held => held(authorizer, asking(access))
/** `authorizer.requestResource`: a check of what the request itself is about. */
export const resourceCheckValue = (
  access: Access,
  of: Pick<AccessQuestion, 'group' | 'resource' | 'subresource' | 'namespace' | 'name'>,
): Held => held(resourceCheck, { access, ...of })

const asked = (type: string, field: keyof AccessQuestion) => (of: Held, value: string) => held(type, { ...of.value, [field]: value })
const check = ({ value: { access, ...question } }: Held, verb: string): Opaque<AccessAnswer> => {
  const answer = access({ ...question, verb })
  return new Opaque(decision, answer, (other) => other === answer)
}
/** celconfig.AuthorizerCheckCost. */
const checkCost = () => 350_000

export const authorizerLibrary: Library = [
  fn(`${authorizer}.path(string): ${pathCheck}`, asked(pathCheck, 'path')),
  fn(`${authorizer}.group(string): ${groupCheck}`, asked(groupCheck, 'group')),
  fn(`${authorizer}.serviceAccount(string, string): ${authorizer}`, (of: Held, namespace: string, account: string) =>
    held(authorizer, { ...of.value, serviceAccount: { namespace, name: account } }),
  ),
  fn(`${groupCheck}.resource(string): ${resourceCheck}`, asked(resourceCheck, 'resource')),
  ...(['subresource', 'namespace', 'name', 'fieldSelector', 'labelSelector'] as const).map((field) =>
    fn(`${resourceCheck}.${field}(string): ${resourceCheck}`, asked(resourceCheck, field)),
  ),
  fn(`${pathCheck}.check(string): ${decision}`, check, checkCost),
  fn(`${resourceCheck}.check(string): ${decision}`, check, checkCost),
  fn(`${decision}.allowed(): bool`, ({ value }: Opaque<AccessAnswer>) => value.allowed),
  fn(`${decision}.reason(): string`, ({ value }: Opaque<AccessAnswer>) => value.reason),
  fn(`${decision}.errored(): bool`, ({ value }: Opaque<AccessAnswer>) => value.error !== undefined),
  fn(`${decision}.error(): string`, ({ value }: Opaque<AccessAnswer>) => value.error ?? ''),
]
