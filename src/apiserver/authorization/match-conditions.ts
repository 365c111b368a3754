/** Conditions of an authorization webhook (upstream: apiserver/pkg/authorization/cel): over the spec of a SubjectAccessReview, as `request`. */
import { createEnvironment, type Program } from '../../cel/environment.ts'
import { dyn, listOf, mapOf, objectType, string } from '../../cel/types.ts'

const texts = (...names: string[]) => names.map((name) => [name, string] as const)
const selector = (name: string) =>
  objectType(
    name,
    () =>
      new Map([
        ['rawSelector', string],
        ['requirements', listOf(dyn)],
      ]),
  )
const resource = objectType(
  'kubernetes.ResourceAttributes',
  () =>
    new Map([
      ...texts('namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'),
      ['fieldSelector', selector('kubernetes.FieldSelectorAttributes')],
      ['labelSelector', selector('kubernetes.LabelSelectorAttributes')],
    ]),
)
const nonResource = objectType('kubernetes.NonResourceAttributes', () => new Map(texts('path', 'verb')))
const request = objectType(
  'kubernetes.SubjectAccessReviewSpec',
  () =>
    new Map([
      ['resourceAttributes', resource],
      ['nonResourceAttributes', nonResource],
      ['user', string],
      ['groups', listOf(string)],
      ['extra', mapOf(string, listOf(string))],
      ['uid', string],
    ]),
)
const environment = createEnvironment({ variables: { request } })

/** Throws CompileError. */
export function compileMatchCondition(source: string): Program {
  const program = environment.compile(source)
  if (program.type.kind !== 'bool') throw new Error('must evaluate to bool')
  return program
}

/** Whether all hold. One that is false decides, even where another fails; otherwise a failure is thrown. */
export function matches(conditions: readonly Program[], spec: object): boolean {
  let failure: Error | undefined
  for (const program of conditions) {
    try {
      if (program.evaluate({ request: spec }).value !== true) return false
    } catch (error) {
      failure ??= new Error(`cel evaluation error: expression '${program.source}' resulted in error: ${(error as Error).message}`)
    }
  }
  if (failure) throw failure
  return true
}
