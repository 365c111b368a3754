/** `ctr`: the runtime directly, with the words of containerd's own debugging client. */
import type { Command } from '../flags/command.ts'
import { globalFlags } from '../runtime/engine/command.ts'

const from =
  <M extends Record<K, Command>, K extends string>(load: () => Promise<M>, name: K) =>
  async () => ({ command: (await load())[name] as Command })
const images = () => import('./images.ts')
const containers = () => import('./containers.ts')
const group = (summary: string, commands: NonNullable<Command['commands']>) => async () => ({
  command: { summary, commands } satisfies Command,
})

const imageGroup = group('Images', {
  ls: from(images, 'ls'),
  list: from(images, 'ls'),
  pull: from(images, 'pull'),
  push: from(images, 'push'),
  rm: from(images, 'rm'),
  remove: from(images, 'rm'),
  tag: from(images, 'tag'),
  import: from(images, 'importImages'),
  export: from(images, 'exportImages'),
})
const containerGroup = group('Containers', {
  ls: from(containers, 'containersLs'),
  list: from(containers, 'containersLs'),
  rm: from(containers, 'containersRm'),
  delete: from(containers, 'containersRm'),
  info: from(containers, 'containersInfo'),
})
const taskGroup = group('Tasks', {
  ls: from(containers, 'tasksLs'),
  list: from(containers, 'tasksLs'),
  start: from(containers, 'tasksStart'),
  kill: from(containers, 'tasksKill'),
  pause: from(containers, 'tasksPause'),
  resume: from(containers, 'tasksResume'),
  rm: from(containers, 'tasksRm'),
  delete: from(containers, 'tasksRm'),
  ps: from(containers, 'tasksPs'),
  exec: from(containers, 'tasksExec'),
})
const namespaceGroup = group('Namespaces', { ls: from(images, 'namespacesLs'), list: from(images, 'namespacesLs') })

export const command: Command = {
  summary: 'Talks to the runtime directly',
  flags: globalFlags,
  commands: {
    images: imageGroup,
    image: imageGroup,
    i: imageGroup,
    run: from(containers, 'run'),
    containers: containerGroup,
    container: containerGroup,
    c: containerGroup,
    tasks: taskGroup,
    task: taskGroup,
    t: taskGroup,
    namespaces: namespaceGroup,
    namespace: namespaceGroup,
    ns: namespaceGroup,
    content: group('Content', { ls: from(images, 'contentLs'), list: from(images, 'contentLs'), get: from(images, 'contentGet') }),
    snapshots: group('Snapshots', {
      ls: from(images, 'snapshotsLs'),
      list: from(images, 'snapshotsLs'),
      usage: from(images, 'snapshotsUsage'),
    }),
    snapshot: group('Snapshots', { ls: from(images, 'snapshotsLs') }),
  },
}
