/**
 * What is served, as clients discover it: the documents of /api and /apis, and aggregated discovery
 * (apidiscovery.k8s.io/v2, KEP-3352), which holds all of it in two answers. Made from resources as the tables and the
 * definitions of custom ones give them.
 */
import { createHash } from 'node:crypto'
import type { Resource, Subresource } from '../schema/schema.ts'
import { groupVersion } from './meta.ts'

/** A group in the order in which its versions are preferred. */
export interface DiscoveryGroup {
  readonly name: string
  readonly versions: readonly string[]
}

/** Where a version of a group stands among the others: higher comes first (APIService's groupPriorityMinimum and versionPriority). */
export interface GroupVersionPriority {
  readonly group: string
  readonly version: string
  readonly groupPriorityMinimum: number
  readonly versionPriority: number
}

/** Of the groups and versions that are built in (kubeapiserver's apiVersionPriorities). */
export const builtInPriorities: readonly GroupVersionPriority[] = (
  [
    // It has no APIService, and is the first.
    ['apiregistration.k8s.io', 'v1', 20001, 1],
    ['', 'v1', 18000, 1],
    ['apps', 'v1', 17800, 15],
    ['events.k8s.io', 'v1', 17750, 15],
    ['authentication.k8s.io', 'v1', 17700, 15],
    ['authorization.k8s.io', 'v1', 17600, 15],
    ['autoscaling', 'v1', 17500, 15],
    ['autoscaling', 'v2', 17500, 30],
    ['batch', 'v1', 17400, 15],
    ['certificates.k8s.io', 'v1', 17300, 15],
    ['networking.k8s.io', 'v1', 17200, 15],
    ['policy', 'v1', 17100, 15],
    ['rbac.authorization.k8s.io', 'v1', 17000, 15],
    ['storage.k8s.io', 'v1', 16800, 15],
    ['apiextensions.k8s.io', 'v1', 16700, 15],
    ['admissionregistration.k8s.io', 'v1', 16700, 15],
    ['scheduling.k8s.io', 'v1', 16600, 15],
    ['coordination.k8s.io', 'v1', 16500, 15],
    ['node.k8s.io', 'v1', 16300, 15],
    ['discovery.k8s.io', 'v1', 16200, 15],
    ['flowcontrol.apiserver.k8s.io', 'v1', 16100, 21],
    ['resource.k8s.io', 'v1', 15900, 20],
  ] as const
).map(([group, version, groupPriorityMinimum, versionPriority]) => ({ group, version, groupPriorityMinimum, versionPriority }))

/** Of custom resources. */
export const customPriority = { groupPriorityMinimum: 1000, versionPriority: 100 }

interface GroupVersion {
  readonly group: string
  readonly version: string
}

/** The groups, each with its versions, the most wanted first; `changed` are priorities that are not what they are by default. */
export function groupsOf(all: Iterable<GroupVersion>, changed: readonly GroupVersionPriority[] = []): DiscoveryGroup[] {
  const priorities = new Map(
    [...builtInPriorities, ...changed].map((priority) => [groupVersion(priority.group, priority.version), priority]),
  )
  const priorityOf = (group: string, version: string) => priorities.get(groupVersion(group, version)) ?? customPriority
  const versions = new Map<string, Set<string>>()
  for (const { group, version } of all) {
    const known = versions.get(group)
    if (known) known.add(version)
    else versions.set(group, new Set([version]))
  }
  return [...versions]
    .map(([name, of]) => ({
      name,
      highest: Math.max(...[...of].map((version) => priorityOf(name, version).groupPriorityMinimum)),
      versions: [...of].sort((a, b) => priorityOf(name, b).versionPriority - priorityOf(name, a).versionPriority || compareVersions(a, b)),
    }))
    .sort((a, b) => b.highest - a.highest || (a.name < b.name ? -1 : 1))
}

/** Kube-aware order, best first: v2, v1, v1beta2, v1beta1, v1alpha1, then anything else by name (util/version). */
export function compareVersions(a: string, b: string): number {
  const parse = (v: string) => /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(v)
  const [left, right] = [parse(a), parse(b)]
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0
  const stability = (m: RegExpExecArray) => (m[2] === undefined ? 2 : m[2] === 'beta' ? 1 : 0)
  return stability(right) - stability(left) || Number(right[1]) - Number(left[1]) || Number(right[3] ?? 0) - Number(left[3] ?? 0)
}

export const apiVersions = (serverAddress: string): object => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
})

const groupBody = ({ name, versions }: DiscoveryGroup) => {
  const listed = versions.map((version) => ({ groupVersion: groupVersion(name, version), version }))
  return { name, versions: listed, preferredVersion: listed[0] }
}
export const apiGroup = (group: DiscoveryGroup): object => ({ kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group) })
/** The core group has a root of its own and is not among them. */
export const apiGroupList = (groups: readonly DiscoveryGroup[]): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groups.filter((g) => g.name !== '').map(groupBody),
})

/** `resources` are those of one group and version. */
export function apiResourceList(group: string, version: string, resources: readonly Resource[]): object {
  const sorted = [...resources].sort((a, b) => (a.resource < b.resource ? -1 : 1))
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersion(group, version),
    resources: sorted.flatMap((r) => [
      {
        name: r.resource,
        singularName: r.singular,
        namespaced: r.namespaced,
        kind: r.kind,
        verbs: verbsOf(r),
        ...(r.shortNames.length > 0 ? { shortNames: r.shortNames } : {}),
        ...(r.categories.length > 0 ? { categories: r.categories } : {}),
        ...(isStored(r) ? { storageVersionHash: storageVersionHash(r) } : {}),
      },
      ...sortedSubresources(r).map((s) => ({
        name: `${r.resource}/${s.name}`,
        singularName: '',
        namespaced: r.namespaced,
        ...(s.version ? { group: s.group ?? '', version: s.version } : {}),
        kind: s.kind,
        verbs: [...s.verbs].sort(),
      })),
    ]),
  }
}
/** Custom resources have an order of their own. */
const verbsOf = (r: Resource): readonly string[] => (r.storedVersion ? r.verbs : [...r.verbs].sort())
const sortedSubresources = (r: Resource): readonly Subresource[] =>
  r.storedVersion ? r.subresources : [...r.subresources].sort((a, b) => (a.name < b.name ? -1 : 1))
const isStored = (r: Resource): boolean => r.storedVersion !== undefined || (r.verbs.includes('create') && r.verbs.includes('get'))

/** What is stored as another group or version than it is asked for as. */
const storedAs: Readonly<Record<string, string>> = {
  'autoscaling/v1/HorizontalPodAutoscaler': 'autoscaling/v2/HorizontalPodAutoscaler',
  'events.k8s.io/v1/Event': '/v1/Event',
}
/** A short hash of the version an object is stored in: when it changes, migrators rewrite (KEP-2343). */
export function storageVersionHash({
  group,
  version,
  storedVersion = version,
  kind,
}: Pick<Resource, 'group' | 'version' | 'storedVersion' | 'kind'>): string {
  const gvk = `${group}/${storedVersion}/${kind}`
  return createHash('sha256')
    .update(storedAs[gvk] ?? gvk)
    .digest()
    .subarray(0, 8)
    .toString('base64')
}

/** What an aggregated server serves of a version, as it says itself. */
export interface AggregatedVersion extends GroupVersion {
  readonly resources: readonly unknown[]
  readonly freshness: 'Current' | 'Stale'
}

/** All of /api (the core group) or of /apis in one document. */
export function aggregatedDiscovery(
  resources: Iterable<Resource>,
  root: '/api' | '/apis',
  aggregated: readonly AggregatedVersion[] = [],
  changed: readonly GroupVersionPriority[] = [],
): object {
  const mine = [...resources].filter((r) => (r.group === '') === (root === '/api'))
  const theirs = root === '/apis' ? aggregated : []
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groupsOf([...mine, ...theirs], changed).map(({ name, versions }) => ({
      metadata: name ? { name } : {},
      versions: versions.map((version) => {
        const elsewhere = theirs.find((v) => v.group === name && v.version === version)
        if (elsewhere) return { version, resources: elsewhere.resources, freshness: elsewhere.freshness }
        return {
          version,
          resources: mine
            .filter((r) => r.group === name && r.version === version)
            .sort((a, b) => (a.resource < b.resource ? -1 : 1))
            .map(aggregatedResource),
          freshness: 'Current',
        }
      }),
    })),
  }
}
function aggregatedResource(r: Resource): object {
  // A kind of the resource's own group says so with an empty group and version.
  const kind = (k: { group?: string; version?: string; kind: string }) => ({ group: k.group ?? '', version: k.version ?? '', kind: k.kind })
  return {
    resource: r.resource,
    responseKind: kind({ kind: r.kind }),
    scope: r.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: r.singular,
    verbs: verbsOf(r),
    ...(r.shortNames.length > 0 ? { shortNames: r.shortNames } : {}),
    ...(r.categories.length > 0 ? { categories: r.categories } : {}),
    ...(r.subresources.length > 0
      ? {
          subresources: sortedSubresources(r).map((s) => ({ subresource: s.name, responseKind: kind(s), verbs: [...s.verbs].sort() })),
        }
      : {}),
  }
}
