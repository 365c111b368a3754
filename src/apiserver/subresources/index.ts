/** The operations that are more than the common ones: `resource.group/subresource`, or `resource.group:verb` for the resource itself. */
import type { Operations } from '../dispatch.ts'
import { binding } from './binding.ts'
import { getComponentStatus, listComponentStatuses } from './component-statuses.ts'
import { attach, exec, log, nodeProxy, podProxy, portForward, serviceProxy } from './connect.ts'
import { eviction } from './eviction.ts'
import { deleteNamespace } from './namespaces.ts'
import { scale } from './scale.ts'

export const specialOperations: Operations = {
  '*/scale': scale,
  'pods/binding': binding,
  'bindings:create': binding,
  'pods/eviction': eviction,
  'pods/log': log,
  'pods/exec': exec,
  'pods/attach': attach,
  'pods/portforward': portForward,
  'pods/proxy': podProxy,
  'services/proxy': serviceProxy,
  'nodes/proxy': nodeProxy,
  'componentstatuses:get': getComponentStatus,
  'componentstatuses:list': listComponentStatuses,
  'namespaces:delete': deleteNamespace,
}
