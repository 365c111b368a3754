/**
 * Commands that change fields of objects and send the difference as a patch: label, annotate, set, taint, cordon,
 * rollout. Each gives a function from the object to the changed object.
 */
import { throwAll } from './errors.ts'
import type { Factory, KubeObject } from './factory.ts'
import { doneText, dryRunFlag, dryRunOf, objectPrinter, outputFlags } from './print/object.ts'
import { fileFlags, type Info, type SelectOptions, select, selectorFlags } from './select.ts'
import { builtInType, patch } from './write.ts'

export const changeFlags = {
  ...outputFlags,
  ...fileFlags,
  ...selectorFlags,
  ...dryRunFlag,
  all: { type: 'bool', doc: 'All objects of the type.' },
  local: { type: 'bool', doc: 'Change what the files say, without asking the server.' },
  'field-manager': { type: 'string', doc: 'Name of the manager of the fields.' },
} as const

export interface ChangeOptions extends SelectOptions {
  /** Undefined or the same object: nothing to do. Throws what is wrong with the object. */
  readonly change: (object: KubeObject, info: Info) => KubeObject | undefined | Promise<KubeObject | undefined>
  /** What is said afterwards: `labeled`, `image updated`. */
  readonly done: string | ((changed: boolean, info: Info) => string)
  readonly fieldManager: string
  /** Nothing is said about objects that stay as they are. */
  readonly quietWhenSame?: boolean
  readonly subresource?: string
}

/** Changes every selected object. */
export async function changeObjects(factory: Factory, options: ChangeOptions): Promise<void> {
  const local = factory.on('local')
  const dryRun = local ? 'client' : dryRunOf(factory)
  const printer = await objectPrinter(factory)
  const errors: unknown[] = []
  const infos = await select(factory, { fresh: !local, onError: (error) => errors.push(error), ...options })
  for (const info of infos) {
    try {
      const made = await options.change(info.object, info)
      const changed = made !== undefined && made !== info.object && JSON.stringify(made) !== JSON.stringify(info.object)
      const word = typeof options.done === 'string' ? options.done : options.done(changed, info)
      let result = made ?? info.object
      if (changed && dryRun !== 'client') {
        const { body, kind } = await patchOf(info, made)
        const fieldManager = factory.text('field-manager') || options.fieldManager
        result = await patch(factory, info.type, info, body, kind, {
          dryRun,
          fieldManager,
          ...(options.subresource ? { subresource: options.subresource } : {}),
        })
      }
      if (!changed && options.quietWhenSame && !printer) continue
      factory.out(printer ? await printer(result) : doneText(result, word, dryRun))
    } catch (error) {
      errors.push(error)
    }
  }
  throwAll(errors)
}

/** The difference as a strategic merge patch where the type is known, else as a merge patch. */
export async function patchOf(info: Info, made: KubeObject): Promise<{ body: Record<string, unknown>; kind: 'strategic' | 'merge' }> {
  const type = await builtInType(info.type)
  if (type) {
    const { createTwoWayMergePatch } = await import('../api/patch/strategic-diff.ts')
    return { kind: 'strategic', body: createTwoWayMergePatch(info.object, made, type) }
  }
  const { createMergePatch } = await import('../api/patch/merge-patch.ts')
  return { kind: 'merge', body: createMergePatch(info.object, made) }
}

/** The pod spec of a pod or of a workload's template, and how to put a changed one back. */
export function podSpecOf(object: KubeObject): { spec: PodSpecLike; with(spec: PodSpecLike): KubeObject } | undefined {
  const paths: Readonly<Record<string, readonly string[]>> = { Pod: ['spec'], CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'] }
  const path = paths[object.kind] ?? ['spec', 'template', 'spec']
  let at: unknown = object
  for (const key of path) at = (at as Record<string, unknown> | undefined)?.[key]
  if (typeof at !== 'object' || at === null) return undefined
  return { spec: at as PodSpecLike, with: (spec) => setPath(object, path, spec) as KubeObject }
}
export interface ContainerLike {
  readonly name: string
  readonly image?: string
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[]
  readonly resources?: { readonly limits?: Record<string, string>; readonly requests?: Record<string, string> }
}
export interface PodSpecLike {
  readonly containers?: readonly ContainerLike[]
  readonly initContainers?: readonly ContainerLike[]
  readonly serviceAccountName?: string
  readonly [key: string]: unknown
}

/** A copy in which the value at `path` is another. */
export function setPath(object: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  const of = (object ?? {}) as Record<string, unknown>
  return { ...of, [key]: setPath(of[key], rest, value) }
}
