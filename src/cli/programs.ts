/** Every program that `kijabi` is, by upstream's name. A program is there when its room has a command file; it is loaded only when called. */
import { existsSync } from 'node:fs'
import type { Command } from '../flags/command.ts'

interface Program {
  readonly kind: 'component' | 'client' | 'cluster'
  /** The module, below src, that exports `command`. */
  readonly module: string
  readonly summary: string
}

export const programs: Readonly<Record<string, Program>> = {
  up: { kind: 'cluster', module: 'cli/up', summary: 'Start a cluster, or resume one' },
  down: { kind: 'cluster', module: 'cli/down', summary: 'Stop the cluster; --purge removes everything it made' },
  status: { kind: 'cluster', module: 'cli/status', summary: 'Show what runs and whether it is well' },
  logs: { kind: 'cluster', module: 'cli/logs', summary: 'Print the logs of the components' },
  link: { kind: 'cluster', module: 'cli/link', summary: 'Make links to the programs below in a folder' },
  completion: { kind: 'cluster', module: 'cli/completion', summary: 'Print a completion script for bash or zsh' },
  version: { kind: 'cluster', module: 'cli/version', summary: 'Print the version' },

  etcd: { kind: 'component', module: 'etcd/command', summary: 'The store, behind etcd’s API' },
  'kube-apiserver': { kind: 'component', module: 'apiserver/command', summary: 'The API server' },
  'kube-controller-manager': { kind: 'component', module: 'controllers/command', summary: 'The controllers' },
  'kube-scheduler': { kind: 'component', module: 'scheduler/command', summary: 'The scheduler' },
  kubelet: { kind: 'component', module: 'kubelet/command', summary: 'The node agent' },
  containerd: { kind: 'component', module: 'cli/containerd', summary: 'The container runtime, behind the CRI' },
  'kube-proxy': { kind: 'component', module: 'network/proxy/command', summary: 'Service addresses, as rules in the kernel' },
  'kube-dns': { kind: 'component', module: 'network/dns/command', summary: 'The cluster DNS' },

  kubectl: { kind: 'client', module: 'kubectl/command', summary: 'Talks to the API server' },
  crictl: { kind: 'client', module: 'crictl/command', summary: 'Talks to the runtime through the CRI' },
  nerdctl: { kind: 'client', module: 'nerdctl/command', summary: 'Runs containers as Docker does' },
  ctr: { kind: 'client', module: 'ctr/command', summary: 'Talks to the runtime directly' },
  etcdctl: { kind: 'client', module: 'etcdctl/command', summary: 'Talks to the store' },
  kubeadm: { kind: 'client', module: 'kubeadm/command', summary: 'Makes clusters of several machines' },
}

/** Processes that `up` starts; they are not for typing. */
const hidden: Readonly<Record<string, string>> = {
  'control-plane': 'cli/control-plane',
  node: 'cli/node',
  supervisor: 'cli/supervisor',
}

/** The module of every program, by its name. */
export const modules: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(programs).map(([name, { module }]) => [name, module])),
  ...hidden,
}

/** What the build calls a module: all that it makes lies in one folder. */
export const builtName = (module: string): string => module.replaceAll('/', '-')

const urlOf = (module: string) =>
  new URL(import.meta.url.endsWith('.ts') ? `../${module}.ts` : `./${builtName(module)}.js`, import.meta.url)

export function isBuilt(name: string): boolean {
  const module = modules[name]
  return module !== undefined && existsSync(urlOf(module))
}

export async function loadProgram(name: string): Promise<Command | undefined> {
  if (!isBuilt(name)) return undefined
  return ((await import(urlOf(modules[name] as string).href)) as { command: Command }).command
}

/** The components and clients, which links are made for. */
export const linkable = Object.keys(programs).filter((name) => programs[name]?.kind !== 'cluster')

/** The program that a command line means, and its arguments: the link that it was called by names it, or the first word. */
export function calledProgram(words: string[], link = ''): [name: string, argv: string[]] {
  return linkable.includes(link) ? [link, words] : [words[0] ?? '--help', words.slice(1)]
}
