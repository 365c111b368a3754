/** GET componentstatuses: of the components only the store is asked, which this server itself talks to (registry/core/componentstatus). */
import { newNotFound } from '../../api/errors.ts'
import type { Answer, Call } from '../call.ts'
import type { Core } from '../rest/core.ts'

async function storeStatus(core: Core): Promise<object> {
  const health = await core.storage.store.size().then(
    () => ({ type: 'Healthy', status: 'True', message: 'ok' }),
    (error: unknown) => ({ type: 'Healthy', status: 'False', message: String(error) }),
  )
  return { metadata: { name: 'etcd-0' }, conditions: [health] }
}

export async function listComponentStatuses(core: Core): Promise<Answer> {
  return {
    kind: 'object',
    status: 200,
    object: { kind: 'ComponentStatusList', apiVersion: 'v1', metadata: {}, items: [await storeStatus(core)] },
  }
}

export async function getComponentStatus(core: Core, call: Call): Promise<Answer> {
  if (call.info.name !== 'etcd-0') throw newNotFound({ group: '', resource: 'componentstatuses' }, call.info.name)
  return { kind: 'object', status: 200, object: { kind: 'ComponentStatus', apiVersion: 'v1', ...(await storeStatus(core)) } }
}
