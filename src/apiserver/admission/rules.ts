/** Which writes a webhook or a policy is about (apiserver/pkg/admission/plugin/webhook/predicates and …/policy/matching). */
import { newNotFound } from '../../api/errors.ts'
import { labelSelectorAsSelector } from '../../api/labels.ts'
import type { NamedRuleWithOperations } from '../../api/types/admissionregistration-v1.ts'
import type { Namespace } from '../../api/types/core-v1.ts'
import type { LabelSelector } from '../../api/types/meta-v1.ts'
import type { Endpoint, Endpoints } from '../endpoints.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'

export type Rule = Omit<NamedRuleWithOperations, 'resourceNames'> & Pick<NamedRuleWithOperations, 'resourceNames'>

/** A write with what it is about. */
export interface Write {
  readonly object: ApiObject | undefined
  readonly old: ApiObject | undefined
  readonly attributes: WriteAttributes
}

/** What decides over admission is not decided over by admission: a wrong policy could not be mended. */
export const isExempt = ({ group, resource }: { group: string; resource: string }): boolean =>
  group === 'admissionregistration.k8s.io' && /^(validating|mutating)(webhookconfigurations|admissionpolic(ies|ybindings))$/.test(resource)

/** The endpoint by whose group and version the rules match: the request's own, or with `Equivalent` another of the same objects. */
export function matchRules(
  rules: readonly Rule[],
  matchPolicy: 'Exact' | 'Equivalent' | undefined,
  write: Write,
  endpoints: Endpoints,
): Endpoint | undefined {
  const { group, version, resource } = write.attributes.resource
  const own = endpoints.get(group, version, resource)
  if (!own || rules.some((rule) => matches(rule, own, write))) return own
  if (matchPolicy !== 'Equivalent') return undefined
  for (const rule of rules) for (const endpoint of equivalentsOf(own, endpoints)) if (matches(rule, endpoint, write)) return endpoint
  return undefined
}

function* equivalentsOf(own: Endpoint, endpoints: Endpoints): Iterable<Endpoint> {
  // Whoever converts by a webhook is asked about what is written alone.
  if (!own.cache || own.custom?.byWebhook) return
  for (const endpoint of endpoints.all()) if (endpoint !== own && endpoint.cache?.prefix === own.cache.prefix) yield endpoint
}

function matches(rule: Rule, { resource: at }: Endpoint, { attributes, object }: Write): boolean {
  const { operation, subresource, namespace, name } = attributes
  const among = (list: readonly string[] | undefined, value: string) => list?.some((one) => one === '*' || one === value) === true
  // A namespace is its own place, and cluster-scoped all the same.
  const namespaced = namespace !== '' && at.resource !== 'namespaces'
  if (rule.scope && rule.scope !== '*' && (rule.scope === 'Namespaced') !== namespaced) return false
  if (!among(rule.operations, operation) || !among(rule.apiGroups, at.group) || !among(rule.apiVersions, at.version)) return false
  const covers = rule.resources?.some((entry) => {
    const [of = '', sub = ''] = entry.split('/')
    return (of === '*' || of === at.resource) && (sub === '*' || sub === (subresource?.name ?? ''))
  })
  if (!covers) return false
  return !rule.resourceNames?.length || rule.resourceNames.includes(name || (object?.metadata?.name ?? ''))
}

export interface Selectors {
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
}

/** Whether namespace and object bear the labels. A namespace that is missing is told: 404. */
export async function isSelected({ namespaceSelector, objectSelector }: Selectors, write: Write, objects: Objects): Promise<boolean> {
  const { object, old, attributes } = write
  if (objectSelector) {
    const selector = labelSelectorAsSelector(objectSelector)
    const bears = (of: ApiObject | undefined) => of?.metadata !== undefined && selector.matches(of.metadata.labels)
    if (!selector.everything && !bears(object) && !bears(old)) return false
  }
  if (!namespaceSelector) return true
  const selector = labelSelectorAsSelector(namespaceSelector)
  const { resource, namespace, subresource, operation } = attributes
  const isNamespace = resource.resource === 'namespaces'
  if (selector.everything || (namespace === '' && !isNamespace)) return true
  const written = isNamespace && !subresource && (operation === 'CREATE' || operation === 'UPDATE')
  const name = namespace || attributes.name
  const of = written ? object : await objects.get<Namespace>('namespaces', name)
  if (!of) throw newNotFound({ group: '', resource: 'namespaces' }, name)
  return selector.matches(of.metadata.labels)
}
