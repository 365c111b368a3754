/**
 * Checks the expressions of a ValidatingAdmissionPolicy against the types that it names (apiserver/pkg/admission/plugin/
 * policy/validating, TypeChecker): what may be wrong is told, since an expression that is right for one type only is
 * still evaluated. Built-in types are known; a rule for others, or with wildcards, is not checked.
 */
import { bool, bytes, type CelType, double, dyn, int, listOf, mapOf, objectType, string, timestamp } from '../cel/types.ts'
import type { FieldType } from '../schema/schema.ts'
import { type CheckedTypes, compileValidatingPolicy, type Expression, foundIn } from './admission-expressions.ts'
import { allResources, typeById } from './registry.ts'
import { fieldsOf } from './shape.ts'
import type { ExpressionWarning, ValidatingAdmissionPolicySpec } from './types/admissionregistration-v1.ts'

/** Of more types than these the rest is not checked. */
const mostTypes = 10

interface Kind {
  readonly group: string
  readonly version: string
  readonly kind: string
}
/** schema.GroupVersionKind as Go prints it. */
const kindText = ({ group, version, kind }: Kind) => `${group ? `${group}/` : ''}${version}, Kind=${kind}`

/** One warning for each expression that is wrong for one of the types, with a line for each of these. */
export function typeCheckPolicy(spec: ValidatingAdmissionPolicySpec): ExpressionWarning[] {
  const { apiVersion = '', kind = '' } = spec.paramKind ?? {}
  const params = builtInType(kindOf(apiVersion, kind)) ?? dyn
  const found = new Map<string, string[]>()
  for (const checked of kindsOf(spec)) {
    const object = builtInType(checked)
    if (!object) continue
    for (const { field, text } of problemsOf(spec, { object, params })) {
      const texts = found.get(field) ?? []
      found.set(field, texts)
      texts.push(`${kindText(checked)}: ${text}`)
    }
  }
  return [...found].map(([field, texts]) => ({ fieldRef: `spec.${field}`, warning: texts.join('\n') }))
}

function problemsOf(spec: ValidatingAdmissionPolicySpec, types: CheckedTypes): { field: string; text: string }[] {
  return compileValidatingPolicy(spec, types)
    .validations.flatMap(({ message, ...validation }): Expression[] => (message ? [validation, message] : [validation]))
    .flatMap((expression) => {
      const text = foundIn(expression)
      return text === undefined ? [] : [{ field: expression.field, text }]
    })
}

const kindOf = (apiVersion: string, kind: string): Kind => {
  const slash = apiVersion.indexOf('/')
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind }
}

/** The kinds that the rules name in full. */
function kindsOf({ matchConstraints }: ValidatingAdmissionPolicySpec): Kind[] {
  const named = new Map<string, Kind>()
  for (const { apiGroups = [], apiVersions = [], resources = [] } of matchConstraints?.resourceRules ?? [])
    for (const { group, version, resource, kind } of allResources())
      if (apiGroups.includes(group) && apiVersions.includes(version) && resources.includes(resource)) {
        const found = { group, version, kind }
        named.set(kindText(found), found)
      }
  return [...named.keys()]
    .sort()
    .slice(0, mostTypes)
    .map((text) => named.get(text) as Kind)
}

function builtInType({ group, version, kind }: Kind): CelType | undefined {
  const found = allResources().find((r) => r.group === group && r.version === version && r.kind === kind)
  return found && messageType(`${tableOf(found)}.${kind}`)
}
/** Tables are named by the first part of their group. */
const tableOf = ({ group, version }: Kind) => `${group === '' ? 'core' : group.split('.')[0]}.${version}`

const messages = new Map<string, CelType>()
/** A type of the tables, as upstream's OpenAPI makes one of its schema. */
function messageType(id: string): CelType {
  const known = messages.get(id)
  if (known) return known
  const { object } = typeById(id)
  let fields: ReadonlyMap<string, CelType> | undefined
  const type = objectType(id, () => {
    fields ??= new Map([
      ...(object
        ? ([
            ['apiVersion', string],
            ['kind', string],
          ] as const)
        : []),
      ...[...fieldsOf(typeById(id))].map(([name, field]) => [name, celTypeOf(field.type)] as const),
    ])
    return fields
  })
  messages.set(id, type)
  return type
}

function celTypeOf(type: FieldType): CelType {
  switch (type.kind) {
    case 'list':
      return listOf(celTypeOf(type.of))
    case 'map':
      return mapOf(string, celTypeOf(type.of))
    case 'message':
      return typeById(type.name).union ? dyn : messageType(type.name)
    default:
      return scalars[type.name] ?? dyn
  }
}

/** What is left out may be of several types, or has no schema. */
const scalars: Readonly<Partial<Record<string, CelType>>> = {
  string,
  bool,
  int32: int,
  int64: int,
  uint32: int,
  uint64: int,
  double,
  float: double,
  bytes,
  Time: timestamp,
  MicroTime: timestamp,
}
