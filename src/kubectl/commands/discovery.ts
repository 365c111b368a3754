/** `kubectl api-resources`, `api-versions` and `cluster-info`. */
import { compareVersions } from '../../api/discovery.ts'
import type { Node, Service } from '../../api/types/core-v1.ts'
import { UsageError } from '../errors.ts'
import { kubectlCommand } from '../factory.ts'
import { alignTable } from '../print/table.ts'
import { apiVersionOf, type ResourceType, resourceName } from '../resources.ts'

export const apiResources = kubectlCommand({
  summary: 'Print the resources that the server has.',
  usage: 'kubectl api-resources [options]',
  flags: {
    'api-group': { type: 'string', doc: 'Only this group.' },
    cached: { type: 'bool', hidden: true, doc: 'Nothing is cached.' },
    categories: { type: 'list', doc: 'Only these categories.' },
    namespaced: { type: 'bool', default: true, doc: 'Only namespaced ones, or with =false only others.' },
    'no-headers': { type: 'bool', doc: 'Print no headers.' },
    output: { type: 'string', short: 'o', doc: 'wide or name.' },
    'sort-by': { type: 'string', doc: 'name or kind.' },
    verbs: { type: 'list', doc: 'Only those with all these verbs.' },
  },
  async run(factory) {
    if (factory.args.length > 0) throw new UsageError(`unexpected arguments: [${factory.args.join(' ')}]`)
    const output = factory.text('output')
    if (!['', 'wide', 'name'].includes(output)) throw new Error(`--output ${output} is not available`)
    const { resources } = await (await factory.mapper()).discover()
    const seen = new Set<string>()
    const preferred = resources.filter((r) => {
      const first = !seen.has(resourceName(r))
      seen.add(resourceName(r))
      return first
    })
    const wanted = preferred.filter(
      (r) =>
        r.verbs.length > 0 &&
        (!factory.given('api-group') || r.group === factory.text('api-group')) &&
        (!factory.given('namespaced') || r.namespaced === factory.on('namespaced')) &&
        factory.list('verbs').every((verb) => r.verbs.includes(verb)) &&
        factory.list('categories').every((category) => r.categories.includes(category)),
    )
    const by = factory.text('sort-by')
    const key = (r: ResourceType) => (by === 'name' ? r.resource : by === 'kind' ? r.kind : `${r.group}\0${r.resource}`)
    const sorted = [...wanted].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
    if (output === 'name') {
      for (const r of sorted) factory.out(`${resourceName(r)}\n`)
      return
    }
    const wide = output === 'wide'
    const rows = sorted.map((r) =>
      [
        r.resource,
        r.shortNames.join(','),
        apiVersionOf(r),
        String(r.namespaced),
        r.kind,
        ...(wide ? [[...r.verbs].sort().join(','), r.categories.join(',')] : []),
      ].join('\t'),
    )
    const head = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(wide ? ['VERBS', 'CATEGORIES'] : [])].join('\t')
    factory.out(alignTable(`${[...(factory.on('no-headers') ? [] : [head]), ...rows].join('\n')}\n`))
  },
})

export const apiVersions = kubectlCommand({
  summary: 'Print the API versions that the server has.',
  usage: 'kubectl api-versions',
  async run(factory) {
    const { groups } = await (await factory.mapper()).discover()
    const all = groups.flatMap(({ name, versions }) =>
      [...versions].sort(compareVersions).map((version) => (name ? `${name}/${version}` : version)),
    )
    for (const version of all.sort()) factory.out(`${version}\n`)
  },
})

export const clusterInfo = kubectlCommand({
  summary: "Print where the control plane and the cluster's services are.",
  usage: 'kubectl cluster-info [flags] [options]',
  commands: {
    dump: async () => ({
      command: kubectlCommand({
        summary: 'Not built.',
        async run() {
          throw new Error('cluster-info dump is not built: use kubectl get and kubectl logs')
        },
      }),
    }),
  },
  async run(factory) {
    const { server } = await factory.connection()
    const query = `?labelSelector=${encodeURIComponent('kubernetes.io/cluster-service=true')}`
    const { items } = await factory.request<{ items: Service[] }>({
      method: 'GET',
      path: `/api/v1/namespaces/kube-system/services${query}`,
    })
    const bold = (code: number, text: string) => (factory.invocation.stdout.isTTY ? `\x1b[0;${code}m${text}\x1b[0m` : text)
    const line = (name: string, url: string) => factory.out(`${bold(32, name)} is running at ${bold(33, url)}\n`)
    line('Kubernetes control plane', server)
    for (const { metadata, spec } of items) {
      const port = spec?.ports?.[0]
      const scheme = port && (port.port === 443 || port.name === 'https') ? 'https:' : ''
      line(
        metadata.labels?.['kubernetes.io/name'] ?? (metadata.name as string),
        `${server}/api/v1/namespaces/kube-system/services/${scheme}${metadata.name}${port?.name ? `:${port.name}` : scheme ? ':' : ''}/proxy`,
      )
    }
    factory.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n")
  },
})

interface Usage {
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly usage?: Readonly<Record<string, string>>
  readonly containers?: readonly { readonly name: string; readonly usage: Readonly<Record<string, string>> }[]
}
const topFlags = {
  selector: { type: 'string', short: 'l', doc: 'Label selector.' },
  'field-selector': { type: 'string', doc: 'Field selector.' },
  'no-headers': { type: 'bool', doc: 'Print no headers.' },
  'sort-by': { type: 'string', doc: 'cpu or memory.' },
} as const

async function metrics(factory: import('../factory.ts').Factory, path: string): Promise<Usage[]> {
  const { queryOf } = await import('../select.ts')
  const { StatusError } = await import('../../api/errors.ts')
  const query = queryOf({ labelSelector: factory.text('selector'), fieldSelector: factory.text('field-selector') })
  try {
    const answer = await factory.request<{ items?: Usage[] } & Usage>({
      method: 'GET',
      path: `/apis/metrics.k8s.io/v1beta1${path}${query}`,
    })
    return answer.items ?? [answer]
  } catch (error) {
    if (error instanceof StatusError && (error.code === 503 || (error.code === 404 && !error.status.details?.name)))
      throw new Error('Metrics API not available')
    throw error
  }
}
const amounts = async () => {
  const { quantityMilliValue, quantityValue } = await import('../../api/quantity.ts')
  return {
    cpu: (text: string | undefined) => quantityMilliValue(text ?? '0'),
    memory: (text: string | undefined) => Math.floor(quantityValue(text ?? '0') / (1 << 20)),
  }
}

const topNode = kubectlCommand({
  summary: 'Print what nodes use.',
  usage: 'kubectl top node [NAME | -l label] [options]',
  flags: topFlags,
  async run(factory) {
    const [name] = factory.args
    const used = await metrics(factory, `/nodes${name ? `/${name}` : ''}`)
    const nodes = (await factory.request<{ items: Node[] }>({ method: 'GET', path: '/api/v1/nodes' })).items
    const { cpu, memory } = await amounts()
    const by = factory.text('sort-by')
    const rows = [...used]
      .sort((a, b) =>
        by === 'cpu'
          ? cpu(b.usage?.cpu) - cpu(a.usage?.cpu)
          : by === 'memory'
            ? memory(b.usage?.memory) - memory(a.usage?.memory)
            : a.metadata.name < b.metadata.name
              ? -1
              : 1,
      )
      .map(({ metadata, usage }) => {
        const whole = nodes.find((node) => node.metadata.name === metadata.name)?.status?.allocatable
        const percent = (part: number, all: number) => (all > 0 ? `${Math.trunc((part / all) * 100)}%` : '<unknown>')
        return [
          metadata.name,
          `${cpu(usage?.cpu)}m`,
          percent(cpu(usage?.cpu), cpu(whole?.cpu)),
          `${memory(usage?.memory)}Mi`,
          percent(memory(usage?.memory), memory(whole?.memory)),
        ].join('\t')
      })
    const head = factory.on('no-headers') ? [] : ['NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)']
    factory.out(alignTable(`${[...head, ...rows].join('\n')}\n`))
  },
})
const topPod = kubectlCommand({
  summary: 'Print what pods use.',
  usage: 'kubectl top pod [NAME | -l label] [options]',
  flags: {
    ...topFlags,
    'all-namespaces': { type: 'bool', short: 'A', doc: 'All namespaces.' },
    containers: { type: 'bool', doc: 'Each container by itself.' },
  },
  async run(factory) {
    const everywhere = factory.on('all-namespaces')
    const [name] = factory.args
    const used = await metrics(factory, everywhere ? '/pods' : `/namespaces/${await factory.namespace()}/pods${name ? `/${name}` : ''}`)
    const { cpu, memory } = await amounts()
    const lines = used.flatMap(({ metadata, containers = [] }) => {
      const place = everywhere ? [metadata.namespace ?? ''] : []
      const each = containers.map((c) => ({ name: c.name, cpu: cpu(c.usage['cpu']), memory: memory(c.usage['memory']) }))
      if (factory.on('containers')) return each.map((c) => ({ ...c, cells: [...place, metadata.name, c.name] }))
      const sum = (key: 'cpu' | 'memory') => each.reduce((total, c) => total + c[key], 0)
      return [{ name: metadata.name, cpu: sum('cpu'), memory: sum('memory'), cells: [...place, metadata.name] }]
    })
    const by = factory.text('sort-by')
    lines.sort((a, b) => (by === 'cpu' || by === 'memory' ? b[by] - a[by] : a.cells.join() < b.cells.join() ? -1 : 1))
    const rows = lines.map((line) => [...line.cells, `${line.cpu}m`, `${line.memory}Mi`].join('\t'))
    if (rows.length === 0) {
      factory.err(everywhere ? 'No resources found\n' : `No resources found in ${await factory.namespace()} namespace.\n`)
      return
    }
    const head = [...(everywhere ? ['NAMESPACE'] : []), factory.on('containers') ? 'POD\tNAME' : 'NAME', 'CPU(cores)\tMEMORY(bytes)'].join(
      '\t',
    )
    factory.out(alignTable(`${[...(factory.on('no-headers') ? [] : [head]), ...rows].join('\n')}\n`))
  },
})
export const top = kubectlCommand({
  summary: 'Print what nodes and pods use.',
  usage: 'kubectl top SUBCOMMAND [options]',
  commands: {
    node: async () => ({ command: topNode }),
    nodes: async () => ({ command: topNode }),
    no: async () => ({ command: topNode }),
    pod: async () => ({ command: topPod }),
    pods: async () => ({ command: topPod }),
    po: async () => ({ command: topPod }),
  },
})
