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
    version: () => import('./commands/version.ts'),
  },
}
