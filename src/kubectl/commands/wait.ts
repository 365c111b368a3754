/** `kubectl wait`: until a condition holds, a field has a value, or an object is there or gone. */

import { isNotFound } from '../../api/errors.ts'
import { parseJsonPath, printValue, relaxedJsonPath } from '../../api/jsonpath.ts'
import { waitGone } from '../deletion.ts'
import { throwAll } from '../errors.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { nameText, outputFlags } from '../print/object.ts'
import { fileFlags, select, selectorFlags, targetsOf } from '../select.ts'
import { watchUntil } from '../watch.ts'

export const command = kubectlCommand({
  summary: 'Wait for a condition of objects.',
  usage:
    "kubectl wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]] [options]",
  flags: {
    ...outputFlags,
    ...fileFlags,
    ...selectorFlags,
    all: { type: 'bool', doc: 'All objects of the type.' },
    for: { type: 'string', doc: 'create, delete, condition=NAME[=VALUE] or jsonpath=PATH[=VALUE].' },
    local: { type: 'bool', doc: 'Not built.' },
    timeout: { type: 'duration', default: 30_000, doc: 'How long; negative for a week, 0 to look once.' },
  },
  async run(factory) {
    const wanted = factory.text('for')
    if (factory.on('local')) throw new Error('wait --local is not built')
    const test = conditionOf(wanted)
    const given = factory.number('timeout')
    const timeoutMs = given < 0 ? 7 * 24 * 3_600_000 : Math.max(given, 1)
    const errors: unknown[] = []
    const met = (object: KubeObject) => factory.out(`${nameText(object)} condition met\n`)
    if (wanted === 'create') return waitCreated(factory, timeoutMs)
    const infos = await select(factory, {
      fresh: true,
      onError: (error) => !(wanted === 'delete' && isNotFound(error)) && errors.push(error),
    })
    if (infos.length === 0 && errors.length === 0) {
      if (wanted === 'delete' && factory.args.length > 0) return
      throw new Error('no matching resources found')
    }
    await Promise.all(
      infos.map(async (info) => {
        try {
          if (wanted === 'delete') await waitGone(factory, info, info.object.metadata['uid'] as string, timeoutMs)
          else
            await watchUntil(factory, info, timeoutMs, (object) => {
              if (!object) throw new Error(`${info.type.resource} ${JSON.stringify(info.name)} was deleted`)
              return test(object)
            })
          met(info.object)
        } catch (error) {
          const timedOut = (error as Error).name === 'TimeoutError'
          errors.push(timedOut ? new Error(`timed out waiting for the condition on ${info.type.resource}/${info.name}`) : error)
        }
      }),
    )
    throwAll(errors)
  },
})

type Test = (object: KubeObject) => boolean

export function conditionOf(text: string): Test {
  if (text === 'delete' || text === 'create') return () => true
  if (text.startsWith('condition=')) {
    const [name = '', value = 'true'] = text.slice('condition='.length).split('=')
    return (object) => {
      const status = object['status'] as
        | { conditions?: { type: string; status: string; observedGeneration?: number }[]; observedGeneration?: number }
        | undefined
      const condition = status?.conditions?.find((c) => c.type.toLowerCase() === name.toLowerCase())
      const observed = condition?.observedGeneration ?? status?.observedGeneration
      if (observed !== undefined && observed < Number(object.metadata['generation'] ?? 0)) return false
      return condition?.status.toLowerCase() === value.toLowerCase()
    }
  }
  if (text.startsWith('jsonpath=')) {
    const rest = text.slice('jsonpath='.length)
    const equals = rest.indexOf('=', Math.max(0, rest.lastIndexOf('}')))
    const path = (equals < 0 ? rest : rest.slice(0, equals)).replace(/^'|'$/g, '')
    const value = equals < 0 ? undefined : rest.slice(equals + 1).replace(/^(['"])(.*)\1$/, '$2')
    if (!path || value === '') throw new Error('jsonpath wait condition needs a value')
    const parsed = parseJsonPath(relaxedJsonPath(path), { allowMissingKeys: true })
    return (object) => {
      const found = parsed.find(object).flat()
      return value === undefined ? found.length > 0 : found.length > 0 && found.every((one) => printValue(one) === value)
    }
  }
  throw new Error(`unrecognized condition: ${JSON.stringify(text)}`)
}

async function waitCreated(factory: Factory, timeoutMs: number): Promise<void> {
  const namespace = await factory.namespace()
  for (const { type, name } of await targetsOf(factory, factory.args)) {
    if (name === undefined) throw new Error('--for=create needs names')
    try {
      await watchUntil(factory, { type, name, namespace }, timeoutMs, (object) => {
        if (object)
          factory.out(
            `${nameText({ ...object, kind: type.kind, apiVersion: type.group ? `${type.group}/${type.version}` : type.version })} condition met\n`,
          )
        return object !== undefined
      })
    } catch (error) {
      throw (error as Error).name === 'TimeoutError' ? new Error(`timed out waiting for the condition on ${type.resource}/${name}`) : error
    }
  }
}
