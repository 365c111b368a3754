/** `kubectl create namespace`, `quota`, `poddisruptionbudget`, `priorityclass` and `ingress`. */
import { parseLabelSelector } from '../../api/labels.ts'
import { defined, type Generator } from './generator.ts'

export const namespace: Generator = {
  summary: 'Create a namespace.',
  usage: 'kubectl create namespace NAME [--dry-run=server|client|none] [options]',
  resource: 'namespaces',
  make: (_factory, name) => ({ kind: 'Namespace', apiVersion: 'v1', metadata: { name }, spec: {}, status: {} }),
}

const scopes = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
]

export const quota: Generator = {
  summary: 'Create a resource quota.',
  usage: 'kubectl create quota NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none] [options]',
  resource: 'resourcequotas',
  flags: {
    hard: { type: 'string', doc: 'Limits, as RESOURCE=QUANTITY,…' },
    scopes: { type: 'string', doc: 'Scopes, with commas between them.' },
  },
  make(factory, name) {
    const hard: Record<string, string> = {}
    for (const pair of factory
      .text('hard')
      .split(',')
      .filter((p) => p !== '')) {
      const [key = '', value] = pair.split('=')
      if (!key || value === undefined) throw new Error(`Invalid argument syntax ${pair}, expected <resource>=<value>`)
      hard[key] = value
    }
    const given = factory
      .text('scopes')
      .split(',')
      .filter((s) => s !== '')
    const bad = given.find((scope) => !scopes.includes(scope))
    if (bad) throw new Error(`invalid scope: ${bad}`)
    const sorted = Object.fromEntries(Object.entries(hard).sort(([a], [b]) => (a < b ? -1 : 1)))
    return {
      kind: 'ResourceQuota',
      apiVersion: 'v1',
      metadata: { name },
      spec: defined({ hard: Object.keys(sorted).length ? sorted : undefined, scopes: given.length ? given : undefined }),
      status: {},
    }
  },
}

export const poddisruptionbudget: Generator = {
  summary: 'Create a pod disruption budget.',
  usage: 'kubectl create poddisruptionbudget NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none] [options]',
  resource: 'poddisruptionbudgets.policy',
  flags: {
    selector: { type: 'string', doc: 'Which pods.' },
    'min-available': { type: 'string', doc: 'How many must stay: a number or a percentage.' },
    'max-unavailable': { type: 'string', doc: 'How many may be away.' },
  },
  make(factory, name) {
    const selector = factory.text('selector')
    if (!selector) throw new Error('a selector must be specified')
    const least = factory.text('min-available')
    const most = factory.text('max-unavailable')
    if (!least && !most) throw new Error('one of min-available or max-unavailable must be specified')
    if (least && most) throw new Error('min-available and max-unavailable cannot be both specified')
    const amount = (text: string) => (/^\d+$/.test(text) ? Number(text) : text)
    return {
      kind: 'PodDisruptionBudget',
      apiVersion: 'policy/v1',
      metadata: { name },
      spec: {
        ...(least ? { minAvailable: amount(least) } : {}),
        selector: selectorObject(selector),
        ...(most ? { maxUnavailable: amount(most) } : {}),
      },
      status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    }
  },
}

/** A selector's text as a LabelSelector (metav1.ParseToLabelSelector). */
export function selectorObject(text: string): { matchLabels?: Record<string, string>; matchExpressions?: object[] } {
  const matchLabels: Record<string, string> = {}
  const matchExpressions: object[] = []
  for (const { key, operator, values } of parseLabelSelector(text).requirements) {
    const list = [...values]
    if (operator === '=' || operator === '==') matchLabels[key] = list[0] as string
    else if (operator === 'exists') matchExpressions.push({ key, operator: 'Exists' })
    else if (operator === '!') matchExpressions.push({ key, operator: 'DoesNotExist' })
    else if (operator === 'in') matchExpressions.push({ key, operator: 'In', values: list })
    else if (operator === 'notin' || operator === '!=') matchExpressions.push({ key, operator: 'NotIn', values: list })
    else throw new Error(`${JSON.stringify(operator)} is not a valid label selector operator`)
  }
  return defined({
    matchLabels: Object.keys(matchLabels).length ? matchLabels : undefined,
    matchExpressions: matchExpressions.length ? matchExpressions : undefined,
  }) as { matchLabels?: Record<string, string>; matchExpressions?: object[] }
}

export const priorityclass: Generator = {
  summary: 'Create a priority class.',
  usage: 'kubectl create priorityclass NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none] [options]',
  resource: 'priorityclasses.scheduling.k8s.io',
  flags: {
    value: { type: 'int', doc: 'The priority.' },
    'global-default': { type: 'bool', doc: 'Whether it is that of pods that name none.' },
    description: { type: 'string', doc: 'What it is for.' },
    'preemption-policy': { type: 'string', default: 'PreemptLowerPriority', doc: 'PreemptLowerPriority or Never.' },
  },
  make: (factory, name) =>
    defined({
      kind: 'PriorityClass',
      apiVersion: 'scheduling.k8s.io/v1',
      metadata: { name },
      value: factory.number('value'),
      globalDefault: factory.on('global-default') || undefined,
      description: factory.text('description') || undefined,
      preemptionPolicy: factory.text('preemption-policy'),
    }),
}

export const ingress: Generator = {
  summary: 'Create an ingress.',
  usage: 'kubectl create ingress NAME --rule=host/path=service:port[,tls[=secret]] [options]',
  resource: 'ingresses.networking.k8s.io',
  flags: {
    rule: { type: 'array', doc: 'host/path=service:port[,tls[=secret]]; a path that ends in * is a prefix.' },
    class: { type: 'string', doc: 'The ingress class.' },
    annotation: { type: 'array', doc: 'Annotations, as KEY=VALUE.' },
    'default-backend': { type: 'string', doc: 'SERVICE:PORT for what no rule takes.' },
  },
  make(factory, name) {
    const rules = factory.list('rule')
    const fallback = factory.text('default-backend')
    if (rules.length === 0 && !fallback)
      throw new Error(
        'not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)',
      )
    const byHost = new Map<string, object[]>()
    const tls = new Map<string, string[]>()
    for (const rule of rules) {
      const match = /^([^/=]*)(\/[^=]*)=([^:,]+):([^,]+?)(?:,tls(?:=(.*))?)?$/.exec(rule)
      if (!match) throw new Error(`rule ${rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`)
      const [, host = '', path = '', service = '', port = '', secret] = match
      const prefix = path.endsWith('*')
      const paths = byHost.get(host) ?? []
      paths.push({ path: prefix ? path.slice(0, -1) : path, pathType: prefix ? 'Prefix' : 'Exact', backend: backendOf(service, port) })
      byHost.set(host, paths)
      if (/,tls(=|$)/.test(rule)) tls.set(secret ?? '', [...(tls.get(secret ?? '') ?? []), ...(host ? [host] : [])])
    }
    const annotations = Object.fromEntries(
      factory.list('annotation').map((text) => {
        const equals = text.indexOf('=')
        if (equals <= 0) throw new Error(`annotation ${text} is invalid and should be in format key=[value]`)
        return [text.slice(0, equals), text.slice(equals + 1)]
      }),
    )
    const [service = '', port = ''] = fallback.split(':')
    if (fallback && !port) throw new Error('default-backend should be in format servicename:serviceport')
    return {
      kind: 'Ingress',
      apiVersion: 'networking.k8s.io/v1',
      metadata: defined({ name, annotations: Object.keys(annotations).length ? annotations : undefined }),
      spec: defined({
        ingressClassName: factory.text('class') || undefined,
        defaultBackend: fallback ? backendOf(service, port) : undefined,
        tls: tls.size
          ? [...tls].map(([secretName, hosts]) => defined({ hosts: hosts.length ? hosts : undefined, secretName: secretName || undefined }))
          : undefined,
        rules: byHost.size ? [...byHost].map(([host, paths]) => defined({ host: host || undefined, http: { paths } })) : undefined,
      }),
      status: { loadBalancer: {} },
    }
  },
}

const backendOf = (name: string, port: string): object => ({
  service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } },
})
