/** `kubectl auth can-i` and `auth whoami`. */
import { PlainError } from '../errors.ts'
import { kubectlCommand } from '../factory.ts'
import { objectPrinter, outputFlags } from '../print/object.ts'
import { alignTable } from '../print/table.ts'

interface Rules {
  readonly status: {
    readonly resourceRules?: readonly {
      readonly verbs?: string[]
      readonly apiGroups?: string[]
      readonly resources?: string[]
      readonly resourceNames?: string[]
    }[]
    readonly nonResourceRules?: readonly { readonly verbs?: string[]; readonly nonResourceURLs?: string[] }[]
  }
}

const canI = kubectlCommand({
  summary: 'Ask whether something may be done.',
  usage: 'kubectl auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL] [options]',
  flags: {
    'all-namespaces': { type: 'bool', short: 'A', doc: 'In all namespaces.' },
    list: { type: 'bool', doc: 'Print everything that may be done.' },
    'no-headers': { type: 'bool', doc: 'Print no headers.' },
    quiet: { type: 'bool', short: 'q', doc: 'Only the exit code.' },
    subresource: { type: 'string', doc: 'A subresource, such as log or status.' },
  },
  async run(factory) {
    const namespace = factory.on('all-namespaces') ? '' : await factory.namespace()
    if (factory.on('list')) {
      const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } }
      const { status } = await factory.request<Rules>({
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
        body,
      })
      const list = (words: readonly string[] = []) => `[${words.join(' ')}]`
      const rows = [
        ...(status.resourceRules ?? []).flatMap((rule) =>
          (rule.resources ?? []).flatMap((resource) =>
            (rule.apiGroups ?? []).map((group) =>
              [
                group && resource !== '*' ? `${resource}.${group}` : group === '*' ? '*.*' : resource,
                '[]',
                list(rule.resourceNames),
                list(rule.verbs),
              ].join('\t'),
            ),
          ),
        ),
        ...(status.nonResourceRules ?? []).flatMap((rule) =>
          (rule.nonResourceURLs ?? []).map((url) => ['', `[${url}]`, '[]', list(rule.verbs)].join('\t')),
        ),
      ]
      const head = factory.on('no-headers') ? [] : ['Resources\tNon-Resource URLs\tResource Names\tVerbs']
      factory.out(alignTable(`${[...head, ...rows].join('\n')}\n`))
      return
    }
    const [verb, what, ...more] = factory.args
    if (!verb || !what || more.length > 1)
      throw new Error(
        "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
      )
    let attributes: object
    if (what.startsWith('/')) {
      if (factory.text('subresource')) throw new Error('--subresource can not be used with NonResourceURL')
      attributes = { nonResourceAttributes: { path: what, verb } }
    } else {
      const [word = '', inner = more[0]] = what.split('/')
      const type =
        word === '*'
          ? undefined
          : await (await factory.mapper()).resource(word).catch(() => {
              factory.warn(`the server doesn't have a resource type '${word}'\n`)
              return undefined
            })
      if (type && !type.namespaced && !factory.on('all-namespaces'))
        factory.warn(`resource '${type.resource}' is not namespace scoped${type.group ? ` in group '${type.group}'` : ''}\n`)
      const resourceAttributes = {
        namespace: type && !type.namespaced ? '' : namespace,
        verb,
        group: type?.group ?? (word === '*' ? '*' : ''),
        resource: type?.resource ?? word,
        ...(inner ? { name: inner } : {}),
        ...(factory.text('subresource') ? { subresource: factory.text('subresource') } : {}),
      }
      attributes = { resourceAttributes }
    }
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: attributes }
    const { status } = await factory.request<{ status: { allowed: boolean; reason?: string; evaluationError?: string } }>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body,
    })
    if (!factory.on('quiet')) {
      const why = status.reason && !status.allowed ? ` - ${status.reason}` : ''
      const failure = status.evaluationError && !status.allowed ? ` - ${status.evaluationError}` : ''
      factory.out(`${status.allowed ? 'yes' : 'no'}${why}${failure}\n`)
    }
    return status.allowed ? 0 : 1
  },
})

const whoami = kubectlCommand({
  summary: 'Print who the server takes you for.',
  usage: 'kubectl auth whoami [options]',
  flags: outputFlags,
  async run(factory) {
    const answer = await factory.request<never>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    })
    const printer = await objectPrinter(factory)
    if (printer) {
      factory.out(await printer(answer))
      return
    }
    const { userInfo } = (
      answer as { status: { userInfo?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> } } }
    ).status
    if (!userInfo) throw new PlainError('error: the server told no user')
    const rows = [
      ['Username', userInfo.username ?? ''],
      ...(userInfo.uid ? [['UID', userInfo.uid]] : []),
      ...(userInfo.groups?.length ? [['Groups', `[${userInfo.groups.join(' ')}]`]] : []),
      ...Object.entries(userInfo.extra ?? {})
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, values]) => [`Extra: ${key}`, `[${values.join(' ')}]`]),
    ]
    factory.out(alignTable(`ATTRIBUTE\tVALUE\n${rows.map((row) => row.join('\t')).join('\n')}\n`))
  },
})

export const command = kubectlCommand({
  summary: 'Ask what you may do.',
  usage: 'kubectl auth SUBCOMMAND [options]',
  commands: {
    'can-i': async () => ({ command: canI }),
    whoami: async () => ({ command: whoami }),
    reconcile: async () => ({
      command: kubectlCommand({
        summary: 'Not built.',
        async run() {
          throw new Error('auth reconcile is not built: use kubectl apply')
        },
      }),
    }),
  },
})
