/**
 * The components as pods of kube-system, as kubeadm's clusters show them: a manifest each, and a mirror pod that the
 * component's own process keeps. The kubelet starts none of them (it knows the annotation): the pod runs exactly as long
 * as the process does, and its restarts are the process's.
 */
import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmdirSync, rmSync, symlinkSync } from 'node:fs'
import { dump } from 'js-yaml'
import { isAlreadyExists, isNotFound } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import { processAnnotation } from '../api/process-pods.ts'
import type { ContainerState, Node, Pod } from '../api/types/core-v1.ts'
import type { Client, Draft } from '../client/client.ts'
import type { Informers } from '../client/informer.ts'
import type { Logger } from '../log/log.ts'
import { version } from '../version.ts'
import { type Cluster, defaultPort, nodeNames, writeAtomically } from './cluster.ts'
import { controlPlaneArguments, controlPlaneComponents } from './control-plane-arguments.ts'
import { nodeArguments } from './node-arguments.ts'
import { exitCode } from './processes.ts'
import { sectionsOf } from './sections.ts'

interface Part {
  readonly component: string
  readonly process: string
  readonly command: readonly string[]
}

export function controlPlaneParts(cluster: Cluster): Part[] {
  const sections = sectionsOf(controlPlaneArguments(cluster), controlPlaneComponents)
  return controlPlaneComponents.map((name) => ({
    component: name,
    process: 'control-plane',
    command: [name, ...(sections.get(name) ?? [])],
  }))
}

/** What of a node's process is a pod elsewhere; kubelet and containerd are services of the machine there. */
export function nodeParts(cluster: Cluster, node: string): Part[] {
  const sections = sectionsOf(nodeArguments(cluster, node), ['containerd', 'kubelet', 'kube-proxy'])
  return [
    { component: 'kube-proxy', process: `node-${node}`, command: ['kube-proxy', ...(sections.get('kube-proxy') ?? [])] },
    { component: 'kube-dns', process: `node-${node}`, command: ['kube-dns'] },
  ]
}

function manifestOf({ component, process, command }: Part): Draft<Pod> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: component,
      namespace: 'kube-system',
      labels: component === 'kube-dns' ? { 'k8s-app': component } : { component, tier: 'control-plane' },
      annotations: { [processAnnotation]: process },
    },
    spec: {
      hostNetwork: true,
      priorityClassName: component === 'kube-dns' ? 'system-cluster-critical' : 'system-node-critical',
      containers: [{ name: component, image: `kijabi:${version}`, imagePullPolicy: 'Never', command: [...command] }],
    },
  }
}

/** Writes the manifests folder: the options that each component runs with. */
export function writeManifests(cluster: Cluster): void {
  mkdirSync(cluster.path('manifests'), { recursive: true, mode: 0o700 })
  for (const part of [
    ...controlPlaneParts(cluster),
    ...nodeNames(cluster)
      .slice(0, 1)
      .flatMap((name) => nodeParts(cluster, name)),
  ])
    writeAtomically(cluster.path('manifests', `${part.component}.yaml`), dump(manifestOf(part), { lineWidth: -1 }))
}

const usualFolder = '/etc/kubernetes'
const usualManifests = `${usualFolder}/manifests`

/** Where kubeadm's clusters have the folder, for the cluster on upstream's ports; what is there already is left alone. */
export function linkManifests(cluster: Cluster): void {
  if (process.getuid?.() !== 0 || cluster.settings.port !== defaultPort || lstatSync(usualManifests, { throwIfNoEntry: false })) return
  mkdirSync(usualFolder, { recursive: true })
  symlinkSync(cluster.path('manifests'), usualManifests)
}

export function unlinkManifests(cluster: Cluster): void {
  if (!lstatSync(usualManifests, { throwIfNoEntry: false })?.isSymbolicLink()) return
  if (readlinkSync(usualManifests) !== cluster.path('manifests')) return
  rmSync(usualManifests)
  if (readdirSync(usualFolder).length === 0) rmdirSync(usualFolder)
}

/**
 * Keeps the pods of this process's parts while it runs. `node` is where it runs; a cluster of simulated nodes has no
 * such node, and its control plane's pods are on none.
 */
export function keepProcessPods(
  deps: { client: Client; informers: Informers; log: Logger },
  cluster: Cluster,
  parts: readonly Part[],
  node: string | undefined,
): void {
  const { client, informers, log } = deps
  const startedAt = formatTime()
  const restarted = new Set<string>()
  let on: Node | undefined
  let work = Promise.resolve()

  const keep = (part: Part) => {
    work = work
      .then(() => bring(part))
      .catch((error: unknown) => {
        // Before the controllers have made the namespace's service account, for one.
        log.debug('could not show a component as a pod yet', { component: part.component, error })
        setTimeout(() => keep(part), 500).unref()
      })
  }
  const partOf = (pod: Pod) => parts.find((part) => pod.metadata.name === nameOf(part))
  const nameOf = (part: Part) => `${part.component}-${node ?? 'kijabi'}`

  async function bring(part: Part): Promise<void> {
    const key = { namespace: 'kube-system', name: nameOf(part) }
    const manifest = manifestOf(part)
    const hash = createHash('md5')
      .update(`${on?.metadata.uid}\0${JSON.stringify(manifest)}`)
      .digest('hex')
    let pod = await client.get('pods', key).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
    const before = pod?.status.containerStatuses?.[0]
    if (pod && (pod.metadata.deletionTimestamp || pod.metadata.annotations?.['kubernetes.io/config.hash'] !== hash)) {
      await client.delete('pods', key, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
      pod = undefined
    }
    pod ??= await create(part, manifest, hash)
    if (!pod) return
    const count = before ? (before.restartCount ?? 0) + (restarted.has(part.component) || isThisStart(before.state) ? 0 : 1) : 0
    restarted.add(part.component)
    await client.updateStatus('pods', { ...pod, status: statusOf(part, count, before?.lastState) })
  }

  const isThisStart = (state: ContainerState | undefined) => state?.running?.startedAt === startedAt

  async function create(part: Part, manifest: Draft<Pod>, hash: string): Promise<Pod | undefined> {
    try {
      return await client.create('pods', {
        ...manifest,
        metadata: {
          ...manifest.metadata,
          name: nameOf(part),
          annotations: {
            ...manifest.metadata?.annotations,
            'kubernetes.io/config.hash': hash,
            'kubernetes.io/config.source': 'file',
            // A mirror is of a node's pod.
            ...(node ? { 'kubernetes.io/config.mirror': hash } : {}),
          },
          ...(on
            ? { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: on.metadata.name, uid: on.metadata.uid, controller: true }] }
            : {}),
        },
        spec: {
          ...manifest.spec,
          // Without a node it is nobody's to schedule.
          ...(node ? { nodeName: node } : { schedulerName: 'kijabi' }),
          tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
        },
      } as Draft<Pod>)
    } catch (error) {
      if (isAlreadyExists(error)) return undefined
      throw error
    }
  }

  function statusOf(part: Part, restartCount: number, lastState: ContainerState | undefined): Pod['status'] {
    const address = on?.status.addresses?.find((a) => a.type === 'InternalIP')?.address ?? '127.0.0.1'
    const code = exitCode(cluster, part.process)
    const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: startedAt })
    return {
      phase: 'Running',
      conditions: [...(node ? ['PodReadyToStartContainers'] : []), 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        condition,
      ),
      hostIP: address,
      hostIPs: [{ ip: address }],
      podIP: address,
      podIPs: [{ ip: address }],
      startTime: startedAt,
      qosClass: 'BestEffort',
      containerStatuses: [
        {
          name: part.component,
          image: `kijabi:${version}`,
          imageID: '',
          containerID: `process://${process.pid}`,
          ready: true,
          started: true,
          restartCount,
          state: { running: { startedAt } },
          lastState:
            restartCount > 0 && code !== undefined
              ? { terminated: { exitCode: code, reason: code === 0 ? 'Completed' : 'Error', finishedAt: startedAt } }
              : (lastState ?? {}),
        },
      ],
    } as Pod['status']
  }

  const deletedOrGoing = (pod: Pod) => {
    const part = partOf(pod)
    if (part) keep(part)
  }
  informers.of('pods', { namespace: 'kube-system' }).addHandler({
    updated: (pod: Pod) => pod.metadata.deletionTimestamp && deletedOrGoing(pod),
    deleted: deletedOrGoing,
  })
  if (node === undefined) for (const part of parts) keep(part)
  else {
    const seen = (object: Node) => {
      const isReady = (n: Node | undefined) => n?.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')
      const news = on?.metadata.uid !== object.metadata.uid || (isReady(object) && !isReady(on))
      on = object
      if (news) for (const part of parts) keep(part)
    }
    informers.of('nodes', { fieldSelector: `metadata.name=${node}` }).addHandler({ added: seen, updated: seen })
  }
}
