/** A resize that the pod's node could never grant is refused at once (plugin/pkg/admission/podresize). */
import { quantityMilliValue, quantityValue } from '../../api/quantity.ts'
import { podUsage } from '../../api/quota.ts'
import type { Node, Pod } from '../../api/types/core-v1.ts'
import type { Objects } from '../objects.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'

/** As upstream prints them: thousandths of a core, bytes. */
const resources = [
  ['cpu', quantityMilliValue],
  ['memory', quantityValue],
] as const

export function createPodResizeValidator(objects: Objects): AdmissionPlugin {
  return {
    name: 'PodResizeValidator',
    handles: (resource, subresource, operation) => resource === 'pods' && subresource === 'resize' && operation === 'UPDATE',
    async validate(object, old, attributes) {
      const pod = object as unknown as Pod
      const { nodeName } = pod.spec
      if (!nodeName || old?.metadata.generation === object?.metadata.generation) return undefined
      const refuse = (why: string) => newRefusal(attributes, object, why)
      const node = await objects.get<Node>('nodes', nodeName)
      if (!node) throw refuse(`node ${JSON.stringify(nodeName)} not found`)
      const usage = podUsage(pod)
      const lacking = resources.flatMap(([what, inUnits]) => {
        const requested = inUnits(usage[`requests.${what}`] ?? 0)
        const allocatable = inUnits(node.status?.allocatable?.[what] ?? 0)
        return requested > allocatable ? [`${what}, requested: ${requested}, allocatable: ${allocatable}`] : []
      })
      if (lacking.length > 0) throw refuse(`Node didn't have enough allocatable resources: ${lacking.join('; ')}`)
      const os = node.metadata.labels?.['kubernetes.io/os'] ?? ''
      if (os !== 'linux')
        throw refuse(`pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${JSON.stringify(os)}`)
      return undefined
    },
  }
}
