/** kubectl: the commands that talk to an API server, each loaded when it is called. */
import type { Command } from '../flags/command.ts'
import { globalFlags } from './factory.ts'

export const command: Command = {
  summary: 'kubectl controls the Kubernetes cluster manager.',
  usage: 'kubectl [flags] [options]',
  flags: globalFlags,
  commands: {
    create: () => import('./commands/create.ts'),
    get: () => import('./commands/get.ts'),
    run: () => import('./commands/run.ts'),
    delete: () => import('./commands/delete.ts'),
    describe: () => import('./commands/describe.ts'),
    logs: () => import('./commands/logs.ts'),
    exec: () => import('./commands/exec.ts'),
    apply: () => import('./commands/apply.ts'),
    attach: () => import('./commands/attach.ts'),
    edit: () => import('./commands/edit.ts'),
    scale: () => import('./commands/scale.ts'),
    autoscale: () => import('./commands/autoscale.ts'),
    expose: () => import('./commands/expose.ts'),
    set: () => import('./commands/set.ts'),
    rollout: () => import('./commands/rollout.ts'),
    replace: () => import('./commands/replace.ts'),
    label: () => import('./commands/label.ts').then((m) => ({ command: m.label })),
    annotate: () => import('./commands/label.ts').then((m) => ({ command: m.annotate })),
    patch: () => import('./commands/patch.ts'),
    config: () => import('./commands/config.ts'),
    explain: () => import('./commands/explain.ts'),
    'api-resources': () => import('./commands/discovery.ts').then((m) => ({ command: m.apiResources })),
    'api-versions': () => import('./commands/discovery.ts').then((m) => ({ command: m.apiVersions })),
    'cluster-info': () => import('./commands/discovery.ts').then((m) => ({ command: m.clusterInfo })),
    top: () => import('./commands/discovery.ts').then((m) => ({ command: m.top })),
    wait: () => import('./commands/wait.ts'),
    cordon: () => import('./commands/nodes.ts').then((m) => ({ command: m.cordon })),
    uncordon: () => import('./commands/nodes.ts').then((m) => ({ command: m.uncordon })),
    drain: () => import('./commands/nodes.ts').then((m) => ({ command: m.drain })),
    taint: () => import('./commands/nodes.ts').then((m) => ({ command: m.taint })),
    'port-forward': () => import('./commands/port-forward.ts'),
    cp: () => import('./commands/cp.ts'),
    proxy: () => import('./commands/proxy.ts'),
    certificate: () => import('./commands/certificate.ts'),
    auth: () => import('./commands/auth.ts'),
    events: () => import('./commands/events.ts'),
    diff: () => import('./commands/diff.ts'),
    completion: () => import('./commands/completion.ts'),
    version: () => import('./commands/version.ts'),
    ...notBuilt('alpha', 'debug', 'kustomize', 'plugin'),
  },
}

/** Upstream's commands that are not there: known, so that the answer is clear. */
function notBuilt(...names: readonly string[]): NonNullable<Command['commands']> {
  const load = (name: string) => async () => ({
    command: {
      summary: 'Not built.',
      async run() {
        throw new Error(`kubectl ${name} is not built`)
      },
    } satisfies Command,
  })
  return Object.fromEntries(names.map((name) => [name, load(name)]))
}
