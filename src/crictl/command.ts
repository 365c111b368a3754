/** `crictl`: the runtime seen from the CRI, with the words of upstream's tool (kubernetes-sigs/cri-tools). */
import type { Command } from '../flags/command.ts'
import { globalFlags } from './shared.ts'

const from =
  <M extends Record<K, Command>, K extends string>(load: () => Promise<M>, name: K) =>
  async () => ({ command: (await load())[name] as Command })
const pods = () => import('./pods.ts')
const containers = () => import('./containers.ts')
const images = () => import('./images.ts')

export const command: Command = {
  summary: 'Talks to the runtime through the CRI',
  flags: globalFlags,
  commands: {
    attach: from(containers, 'attach'),
    checkpoint: from(containers, 'checkpoint'),
    config: from(images, 'config'),
    create: from(containers, 'create'),
    events: from(containers, 'events'),
    exec: from(containers, 'exec'),
    images: from(images, 'images'),
    image: from(images, 'images'),
    img: from(images, 'images'),
    imagefsinfo: from(images, 'imagefsinfo'),
    info: from(images, 'info'),
    inspect: from(containers, 'inspect'),
    inspecti: from(images, 'inspecti'),
    inspectp: from(pods, 'inspectp'),
    logs: from(containers, 'logs'),
    metricsp: from(pods, 'metricsp'),
    pods: from(pods, 'pods'),
    'port-forward': from(pods, 'portForward'),
    ps: from(containers, 'ps'),
    pull: from(images, 'pull'),
    rm: from(containers, 'rm'),
    rmi: from(images, 'rmi'),
    rmp: from(pods, 'rmp'),
    run: from(containers, 'run'),
    runp: from(pods, 'runp'),
    'runtime-config': from(images, 'runtimeConfig'),
    start: from(containers, 'start'),
    stats: from(containers, 'stats'),
    statsp: from(pods, 'statsp'),
    stop: from(containers, 'stop'),
    stopp: from(pods, 'stopp'),
    update: from(containers, 'update'),
    'update-runtime-config': from(images, 'updateRuntimeConfig'),
    version: from(images, 'version'),
  },
}
