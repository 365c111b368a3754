/**
 * The bus of steps: every stage of a request and every write can be watched (the picture of "what happens when I create
 * a pod" is drawn from it). With nobody listening a step costs one comparison.
 */

export interface Step {
  /** The request's id, the same in its audit event. */
  readonly request: string
  readonly stage:
    | 'received'
    | 'authenticate'
    | 'flow-control'
    | 'authorize'
    | 'decode'
    | 'admit'
    | 'validate'
    | 'store'
    | 'encode'
    | 'answered'
  readonly verb: string
  readonly resource: string
  readonly namespace: string
  readonly name: string
  /** Milliseconds since the request was received. */
  readonly at: number
  readonly status?: number
}

export interface Observers {
  /** False: nobody listens, and no step need be made. */
  readonly active: boolean
  emit(step: Step): void
  /** Calls `listener` for each step from now on; the result stops it. What a listener throws is its own fault and is lost. */
  subscribe(listener: (step: Step) => void): () => void
}

export function createObservers(): Observers {
  const listeners = new Set<(step: Step) => void>()
  return {
    get active() {
      return listeners.size > 0
    },
    emit(step) {
      for (const listener of listeners) {
        try {
          listener(step)
        } catch {
          listeners.delete(listener)
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
