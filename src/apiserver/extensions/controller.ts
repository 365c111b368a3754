/**
 * What becomes of definitions (upstream: apiextensions' naming, establishing, approval and finalizing controllers): their
 * names are accepted, they are established, and before one goes all its objects do. Looked at when a definition changes, or
 * an object of one that is going.
 */
import { isConflict, isNotFound } from '../../api/errors.ts'
import { equalJson } from '../../api/shape.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '../../api/types/apiextensions-v1.ts'
import type { Transport } from '../../client/transport.ts'
import type { Kept } from '../kept.ts'
import { approvalCondition } from './approval.ts'
import { type Condition, isTrue, withCondition, withoutCondition } from './conditions.ts'
import { cleanupFinalizer } from './definitions.ts'
import { acceptNames } from './names.ts'

export const definitionsResource = 'customresourcedefinitions.apiextensions.k8s.io'
const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

export interface DefinitionControllerDeps {
  readonly api: Transport
  definitions(): Iterable<CustomResourceDefinition>
  /** Deletes all objects of the definition; the number of those that are still there. */
  deleteInstances(definition: CustomResourceDefinition): Promise<number>
  /** Calls `changed` when an object of the definition goes; until the definition does. */
  followInstances(definition: CustomResourceDefinition, changed: () => void): void
  now(): Date
}

export function createDefinitionController(deps: DefinitionControllerDeps): Kept {
  const { api, now } = deps
  let changed = () => {}

  /** Undefined: another write came between, whose event has it looked at again. */
  const writeStatus = async (
    definition: CustomResourceDefinition,
    change: Partial<CustomResourceDefinition>,
  ): Promise<CustomResourceDefinition | undefined> => {
    try {
      return await api.request<CustomResourceDefinition>({
        method: 'PUT',
        path: `${path}/${definition.metadata.name}/status`,
        body: { ...definition, ...change },
      })
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return undefined
      throw error
    }
  }

  const accept = async (
    definition: CustomResourceDefinition,
    others: readonly CustomResourceDefinition[],
  ): Promise<CustomResourceDefinition> => {
    const { status } = definition
    const { names, condition } = acceptNames(definition, others)
    let conditions: readonly CustomResourceDefinitionCondition[] = status.conditions ?? []
    conditions = withCondition(conditions, condition, now())
    conditions = withCondition(conditions, established(definition, condition.status === 'True'), now())
    const approval = approvalCondition(definition)
    conditions = approval
      ? withCondition(conditions, approval, now())
      : withoutCondition(conditions, 'KubernetesAPIApprovalPolicyConformant')
    if (names === status.acceptedNames && equalJson(conditions, status.conditions ?? [])) return definition
    const next = { ...definition, status: { ...status, acceptedNames: names, conditions: [...conditions] } }
    return (await writeStatus(definition, next)) ?? definition
  }

  const finish = async (definition: CustomResourceDefinition): Promise<void> => {
    const { metadata, status } = definition
    if (!metadata.finalizers?.includes(cleanupFinalizer)) return
    const say = (reason: string, message: string, is = 'True') => ({
      status: {
        ...status,
        conditions: [...withCondition(status.conditions ?? [], { type: 'Terminating', status: is, reason, message }, now())],
      },
    })
    deps.followInstances(definition, changed)
    let left: number
    try {
      left = await deps.deleteInstances(definition)
    } catch (error) {
      await writeStatus(definition, say('InstanceDeletionFailed', `could not issue all deletes: ${(error as Error).message}`))
      throw error
    }
    if (left > 0) {
      await writeStatus(definition, say('InstanceDeletionInProgress', 'CustomResource deletion is in progress'))
      return
    }
    await writeStatus(definition, {
      ...say('InstanceDeletionCompleted', 'removed all instances', 'False'),
      metadata: { ...metadata, finalizers: metadata.finalizers.filter((f) => f !== cleanupFinalizer) },
    })
  }

  return {
    name: 'crd-controllers',
    late: true,
    restsOn: [{ resource: definitionsResource }],
    follow(given) {
      changed = given
    },
    async reconcile() {
      // Whoever looks at the definitions may be the one whose look woke this: he first has them all.
      await undefined
      const groups = Map.groupBy(deps.definitions(), ({ spec }) => spec.group)
      await Promise.all(
        [...groups.values()].map(async (group) => {
          // One after the other within a group: who is first has the name.
          for (let i = 0; i < group.length; i++) {
            const definition = group[i] as CustomResourceDefinition
            if (!definition.metadata.deletionTimestamp) group[i] = await accept(definition, group.toSpliced(i, 1))
          }
          await Promise.all(group.filter(({ metadata }) => metadata.deletionTimestamp).map(finish))
        }),
      )
    },
  }
}

/** Once established, a definition stays so. */
function established(definition: CustomResourceDefinition, accepted: boolean): Condition {
  const type = 'Established'
  if (isTrue(definition, type) || accepted)
    return { type, status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }
  return { type, status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
}
