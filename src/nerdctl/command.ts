/** `nerdctl`: containers as Docker runs them, with the words of containerd's nerdctl. */
import type { Command } from '../flags/command.ts'
import { globalFlags } from '../runtime/engine/command.ts'

const from =
  <M extends Record<K, Command>, K extends string>(load: () => Promise<M>, name: K) =>
  async () => ({ command: (await load())[name] as Command })
const running = () => import('./run.ts')
const containers = () => import('./containers.ts')
const images = () => import('./images.ts')
const networks = () => import('./networks.ts')
const volumes = () => import('./volumes.ts')
const system = () => import('./system.ts')
const group = (summary: string, commands: NonNullable<Command['commands']>) => async () => ({
  command: { summary, commands } satisfies Command,
})

const containerCommands = {
  attach: from(running, 'attach'),
  commit: from(images, 'commit'),
  create: from(running, 'create'),
  exec: from(running, 'exec'),
  inspect: from(containers, 'inspect'),
  kill: from(containers, 'kill'),
  logs: from(containers, 'logs'),
  pause: from(containers, 'pause'),
  port: from(containers, 'port'),
  rename: from(containers, 'rename'),
  restart: from(containers, 'restart'),
  rm: from(containers, 'rm'),
  run: from(running, 'run'),
  start: from(containers, 'start'),
  stats: from(containers, 'stats'),
  stop: from(containers, 'stop'),
  top: from(containers, 'top'),
  unpause: from(containers, 'unpause'),
  wait: from(containers, 'wait'),
}
const imageCommands = {
  build: from(() => import('./build.ts'), 'build'),
  history: from(images, 'history'),
  load: from(images, 'load'),
  pull: from(images, 'pull'),
  push: from(images, 'push'),
  save: from(images, 'save'),
  tag: from(images, 'tag'),
}

export const command: Command = {
  summary: 'Runs containers as Docker does',
  flags: globalFlags,
  commands: {
    ...containerCommands,
    ...imageCommands,
    ps: from(containers, 'ps'),
    images: from(images, 'images'),
    rmi: from(images, 'rmi'),
    info: from(system, 'info'),
    version: from(system, 'version'),
    container: group('Containers', { ...containerCommands, ls: from(containers, 'ps'), prune: from(system, 'containerPrune') }),
    image: group('Images', {
      ...imageCommands,
      ls: from(images, 'images'),
      rm: from(images, 'rmi'),
      inspect: from(containers, 'inspect'),
      prune: from(system, 'imagePrune'),
    }),
    volume: group('Volumes', {
      create: from(volumes, 'create'),
      inspect: from(volumes, 'inspect'),
      ls: from(volumes, 'ls'),
      prune: from(volumes, 'prune'),
      rm: from(volumes, 'rm'),
    }),
    network: group('Networks', {
      create: from(networks, 'create'),
      inspect: from(networks, 'inspect'),
      ls: from(networks, 'ls'),
      prune: from(networks, 'prune'),
      rm: from(networks, 'rm'),
    }),
    namespace: group('Namespaces', { ls: from(system, 'namespaceLs') }),
    system: group('All of them at once', { prune: from(system, 'systemPrune'), info: from(system, 'info') }),
  },
}
