/** The operations that are more than the common ones: `resource.group/subresource`, or `resource.group:verb` for the resource itself. */
import type { Operations } from '../dispatch.ts'
import { binding } from './binding.ts'
import { eviction } from './eviction.ts'
import { deleteNamespace, finalize } from './namespaces.ts'
import { scale } from './scale.ts'

export const specialOperations: Operations = {
  '*/scale': scale,
  'pods/binding': binding,
  'bindings:create': binding,
  'pods/eviction': eviction,
  'namespaces/finalize': finalize,
  'namespaces:delete': deleteNamespace,
}
