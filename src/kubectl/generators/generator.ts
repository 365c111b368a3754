/** What `kubectl create KIND` commands share: they make an object from flags, and create or print it. */

import type { Command } from '../../flags/command.ts'
import type { FlagTable } from '../../flags/flags.ts'
import { keepLastApplied } from '../apply-annotation.ts'
import { UsageError } from '../errors.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { dryRunFlag, dryRunOf, outputFlags, resultPrinter } from '../print/object.ts'
import { create, validateFlag, validationOf } from '../write.ts'

export interface Generator {
  readonly summary: string
  readonly usage: string
  readonly flags?: FlagTable
  /** Flags without which there is nothing to make. */
  readonly required?: readonly string[]
  /** The resource that the object is created as. */
  readonly resource: string
  /** The object in the order in which upstream's types have their fields. */
  make(factory: Factory, name: string): KubeObject | Promise<KubeObject>
}

export function generatorCommand({ summary, usage, flags, required = [], resource, make }: Generator): Command {
  return kubectlCommand({
    summary,
    usage,
    flags: {
      ...outputFlags,
      ...dryRunFlag,
      ...validateFlag,
      'field-manager': { type: 'string', default: 'kubectl-create', doc: 'Name of the manager of the fields.' },
      'save-config': { type: 'bool', doc: 'Keep the configuration for kubectl apply.' },
      ...flags,
    },
    async run(factory) {
      const missing = required.filter((flag) => !factory.given(flag)).map((flag) => JSON.stringify(flag))
      if (missing.length > 0) throw new Error(`required flag(s) ${missing.join(', ')} not set`)
      const name = nameArgument(factory)
      const dryRun = dryRunOf(factory)
      const fieldValidation = validationOf(factory)
      const made = await make(factory, name)
      const type = await (await factory.mapper()).resource(resource)
      const namespace = type.namespaced ? await factory.namespace() : ''
      const placed = type.namespaced && factory.namespaceGiven ? { ...made, metadata: { ...made.metadata, namespace } } : made
      const object = keepLastApplied(placed, factory.on('save-config'))
      const print = await resultPrinter(factory, dryRun, false)
      const answer =
        dryRun === 'client'
          ? object
          : await create(factory, type, namespace, object, { dryRun, fieldManager: factory.text('field-manager'), fieldValidation })
      await print(answer, 'created')
    },
  })
}

/** Generators take one NAME. */
export function nameArgument(factory: Factory): string {
  const { plainArgs } = factory
  if (plainArgs.length !== 1) throw new UsageError(`exactly one NAME is required, got ${plainArgs.length}`)
  return plainArgs[0] as string
}

/** Leaves out what is undefined, so that it is not printed. */
export function defined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
}
