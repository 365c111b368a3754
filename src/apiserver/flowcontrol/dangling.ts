/** Says on each flow schema whether the priority level it names is there (upstream: util/flowcontrol/apf_controller.go). */
import { isConflict, isNotFound } from '../../api/errors.ts'
import { formatTime } from '../../api/meta.ts'
import type { FlowSchema } from '../../api/types/flowcontrol-v1.ts'
import type { Transport } from '../../client/transport.ts'
import type { Kept } from '../kept.ts'
import type { Objects } from '../objects.ts'
import { holds } from '../rest/equal.ts'

const schemas = 'flowschemas.flowcontrol.apiserver.k8s.io'
const levels = 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io'
const apiVersion = 'flowcontrol.apiserver.k8s.io/v1'
const manager = 'api-priority-and-fairness-config-consumer-v1'

export function danglingConditions(api: Transport, objects: Objects): Kept {
  const say = async ({ metadata, spec, status }: FlowSchema, levelIsThere: boolean) => {
    const level = JSON.stringify(spec.priorityLevelConfiguration.name)
    const reference = `This FlowSchema references the PriorityLevelConfiguration object named ${level}`
    const wanted = levelIsThere
      ? { status: 'False', reason: 'Found', message: `${reference} and it exists` }
      : { status: 'True', reason: 'NotFound', message: `${reference} but there is no such object` }
    const said = status?.conditions?.find(({ type }) => type === 'Dangling')
    if (said && holds(said, wanted)) return
    const lastTransitionTime = said?.status === wanted.status ? said.lastTransitionTime : formatTime()
    await api
      .request({
        method: 'PATCH',
        path: `/apis/${apiVersion}/flowschemas/${metadata.name}/status?fieldManager=${manager}&force=true`,
        contentType: 'application/apply-patch+yaml',
        body: {
          apiVersion,
          kind: 'FlowSchema',
          metadata: { name: metadata.name, uid: metadata.uid },
          status: { conditions: [{ type: 'Dangling', ...wanted, lastTransitionTime }] },
        },
      })
      .catch((error: unknown) => {
        // Deleted meanwhile; made anew, it is looked at then.
        if (!isNotFound(error) && !isConflict(error)) throw error
      })
  }
  return {
    name: 'priority-and-fairness-config-consumer',
    restsOn: [{ resource: schemas }, { resource: levels }],
    late: true,
    async reconcile() {
      const [all, known] = await Promise.all([objects.list<FlowSchema>(schemas), objects.list<{ metadata: { name: string } }>(levels)])
      const names = new Set(known.map((level) => level.metadata.name))
      await Promise.all(all.map((schema) => say(schema, names.has(schema.spec.priorityLevelConfiguration.name))))
    },
  }
}
