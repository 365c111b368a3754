/**
 * GET componentstatuses: the store and the two components beside this server are asked how they are (registry/core/componentstatus,
 * which looks for the components on this machine, too).
 */
import { request } from 'node:https'
import { newNotFound } from '../../api/errors.ts'
import type { ComponentStatus } from '../../api/types/core-v1.ts'
import { readAnswer } from '../../http/read-answer.ts'
import { goError } from '../../http/webhook.ts'
import type { Answer, Call } from '../call.ts'
import { parseListOptions } from '../options.ts'
import type { ApiObject } from '../request.ts'
import type { Core } from '../rest/core.ts'
import { selectionOf } from '../rest/selection.ts'

type Condition = NonNullable<ComponentStatus['conditions']>[number]
const healthy = (status: 'True' | 'False', message: string): Condition => ({ type: 'Healthy', status, message })
const probeMs = 5000
const mostSaid = 64 * 1024

async function storeHealth({ storage }: Core): Promise<Condition> {
  try {
    await storage.store.get('/registry/health')
    return healthy('True', 'ok')
  } catch (error) {
    return healthy('False', error instanceof Error ? error.message : String(error))
  }
}

/** The certificates of these servers are their own, as upstream's are by default: nobody vouches for them. */
async function componentHealth(port: number): Promise<Condition> {
  const url = new URL(`https://127.0.0.1:${port}/healthz`)
  try {
    const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const probe = request(url, { rejectUnauthorized: false, agent: false, timeout: probeMs }, (answer) =>
        readAnswer(answer, mostSaid).then((said) => resolve({ status: answer.statusCode as number, text: said }), reject),
      )
      probe.once('timeout', () => probe.destroy(new Error('context deadline exceeded')))
      probe.once('error', reject)
      probe.end()
    })
    return status === 200 ? healthy('True', text) : healthy('False', `HTTP probe failed with statuscode: ${status}`)
  } catch (error) {
    return healthy('False', `Get ${JSON.stringify(url.href)}: ${goError(error as NodeJS.ErrnoException, url)}`)
  }
}

const components: Readonly<Record<string, (core: Core) => Promise<Condition>>> = {
  'controller-manager': ({ componentPorts }) => componentHealth(componentPorts.controllerManager),
  scheduler: ({ componentPorts }) => componentHealth(componentPorts.scheduler),
  'etcd-0': storeHealth,
}

async function statusOf(core: Core, name: string): Promise<ApiObject> {
  const conditions = [await components[name]?.(core)]
  const object = { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name }, conditions }
  return object as unknown as ApiObject
}

export async function listComponentStatuses(core: Core, { endpoint, info }: Call): Promise<Answer> {
  const { labels, fields, fieldsOf } = selectionOf(endpoint, info, parseListOptions(info.query, false))
  const objects = await Promise.all(Object.keys(components).map((name) => statusOf(core, name)))
  return {
    kind: 'objects',
    endpoint,
    objects: objects.filter((object) => labels.matches(object.metadata.labels) && fields.matches(fieldsOf(object))),
  }
}

export async function getComponentStatus(core: Core, { endpoint, info }: Call): Promise<Answer> {
  if (!Object.hasOwn(components, info.name)) throw newNotFound({ group: '', resource: 'componentstatuses' }, info.name)
  return { kind: 'object', status: 200, object: await statusOf(core, info.name), of: endpoint }
}
