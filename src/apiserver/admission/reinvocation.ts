/** Who is asked again about an object that changed after it was asked (admission/plugin/webhook/mutating/reinvocationcontext.go, and the same for policies). */
import type { ApiObject, Reinvocation } from '../request.ts'
import { deepEqual } from '../rest/equal.ts'

/** What those of one plugin did to one write. `K` tells them apart in both rounds. */
export interface Rounds<K> {
  /** One that did not run in the first round does not run in the second, either. */
  isDue(one: K): boolean
  ran(one: K, changed: boolean, reinvocationPolicy: string | undefined): void
  /** What the plugin leaves behind. */
  end(object: ApiObject | undefined): void
}

export function createRounds<K>(): (reinvocation: Reinvocation, object: ApiObject | undefined) => Rounds<K> {
  const known = new WeakMap<Reinvocation, { readonly ran: Set<K>; readonly again: Set<K>; output: ApiObject | undefined }>()
  return (reinvocation, object) => {
    const state = known.get(reinvocation) ?? { ran: new Set<K>(), again: new Set<K>(), output: object }
    known.set(reinvocation, state)
    const changedAfterAll = () => {
      for (const one of state.ran) state.again.add(one)
      state.ran.clear()
    }
    if (reinvocation.round > 0 && !deepEqual(object, state.output)) changedAfterAll()
    return {
      isDue: (one) => reinvocation.round === 0 || state.again.has(one),
      ran(one, changed, reinvocationPolicy) {
        if (changed) {
          changedAfterAll()
          reinvocation.wanted = true
        }
        if (reinvocationPolicy === 'IfNeeded') state.ran.add(one)
      },
      end(output) {
        state.output = output
      },
    }
  }
}
