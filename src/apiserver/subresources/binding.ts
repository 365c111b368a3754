/** POST pods/NAME/binding, and POST bindings of old: the scheduler's word on where a pod runs (registry/core/pod/storage, BindingREST). */
import { newBadRequest, newConflict, StatusError } from '../../api/errors.ts'
import { formatTime } from '../../api/meta.ts'
import { typeById } from '../../api/registry.ts'
import type { Binding, Pod } from '../../api/types/core-v1.ts'
import { causeMessage, type FieldError, notSupported, required } from '../../api/validation/field-error.ts'
import type { Answer, Call } from '../call.ts'
import { parseWriteOptions } from '../options.ts'
import type { ApiObject } from '../request.ts'
import { readObject } from '../rest/body.ts'
import { attributesOf, type Core } from '../rest/core.ts'
import { checkNamespace } from '../rest/create.ts'
import { withMetadata, writeUpdate } from '../rest/update.ts'
import { created } from './status.ts'

export async function binding(core: Core, call: Call): Promise<Answer> {
  const { info, endpoint } = call
  const options = parseWriteOptions('CreateOptions', info.query)
  const expected = { group: '', version: 'v1', kind: 'Binding', type: typeById('core.v1.Binding') }
  let wanted = await readObject(core, call, expected, options.fieldValidation)
  checkNamespace(wanted, info.namespace)
  const name = info.name || wanted.metadata.name
  if (info.name && wanted.metadata.name && wanted.metadata.name !== info.name)
    throw newBadRequest('name in URL does not match name in Binding object')
  const attributes = attributesOf(call, 'CREATE', name, options)
  wanted = (await core.admission.admit(wanted, undefined, attributes)) as ApiObject
  const errors = validateBinding(wanted as unknown as Binding)
  if (errors.length > 0) {
    const texts = errors.map((e) => `${e.field}: ${causeMessage(e)}`)
    throw new StatusError({ code: 500, message: texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]` })
  }
  await core.admission.validate(wanted, undefined, attributes)
  const pods = core.endpoints.get('', 'v1', 'pods')
  const { uid, resourceVersion } = wanted.metadata
  await writeUpdate(core, pods && pods !== endpoint ? { ...call, endpoint: pods } : call, {
    name,
    options,
    internal: true,
    managedFields: 'keep',
    preconditions: { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) },
    strategy: { prepareForUpdate: (object) => object },
    transform: (existing) => bound(core, existing as ApiObject & Pod, wanted as unknown as ApiObject & Binding),
  })
  return created
}

function validateBinding({ target }: Binding): FieldError[] {
  const errors: FieldError[] = []
  if (target?.kind && target.kind !== 'Node') errors.push(notSupported('target.kind', target.kind, ['Node', '<empty>']))
  if (!target?.name) errors.push(required('target.name'))
  return errors
}

function bound(core: Core, pod: ApiObject & Pod, { metadata, target }: ApiObject & Binding): ApiObject {
  const refuse = (why: string) => newConflict({ group: '', resource: 'pods/binding' }, pod.metadata.name, why)
  const { name } = pod.metadata
  if (pod.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  if (pod.spec.nodeName) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`)
  if (pod.spec.schedulingGates && pod.spec.schedulingGates.length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
  const { labels, annotations } = metadata
  const conditions = (pod.status.conditions ?? []).filter((c) => c.type !== 'PodScheduled')
  const before = pod.status.conditions?.find((c) => c.type === 'PodScheduled')
  // It has its node: what it was promised says nothing any more (ClearingNominatedNodeNameAfterBinding).
  const { nominatedNodeName: _, ...status } = pod.status
  const scheduled =
    before?.status === 'True'
      ? before
      : { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: formatTime(core.now()) }
  return withMetadata(
    {
      ...pod,
      spec: { ...pod.spec, nodeName: target.name },
      status: { ...status, conditions: [...conditions, scheduled] },
    } as unknown as ApiObject,
    {
      ...pod.metadata,
      ...(labels ? { labels: { ...pod.metadata.labels, ...labels } } : {}),
      ...(annotations ? { annotations: { ...pod.metadata.annotations, ...annotations } } : {}),
    },
  )
}
