/** A queue that is read as an async iterable: what joins a callback that pushes to a stream that pulls. */

export interface Queue<T> extends AsyncIterable<T> {
  push(value: T): void
  /** Nothing comes any more; what is queued is still read. With an error the reader throws it at the end. */
  end(error?: Error): void
  /** How many values wait to be read. */
  readonly size: number
}

/** `drained` is called whenever the reader has taken the last value. */
export function createQueue<T>(drained?: () => void): Queue<T> {
  let values: T[] = []
  let at = 0
  let ended: { error: Error | undefined } | undefined
  let waiting: { resolve: (result: IteratorResult<T>) => void; reject: (error: Error) => void } | undefined
  const done = { done: true, value: undefined } as const

  const next = (): Promise<IteratorResult<T>> => {
    if (at < values.length) {
      const value = values[at++] as T
      if (at === values.length) {
        values = []
        at = 0
        drained?.()
      }
      return Promise.resolve({ done: false, value })
    }
    if (ended) return ended.error ? Promise.reject(ended.error) : Promise.resolve(done)
    return new Promise((resolve, reject) => {
      waiting = { resolve, reject }
    })
  }
  const queue: Queue<T> = {
    push(value) {
      if (ended) return
      if (waiting) {
        const { resolve } = waiting
        waiting = undefined
        resolve({ done: false, value })
        return
      }
      values.push(value)
    },
    end(error) {
      if (ended) return
      ended = { error }
      if (!waiting) return
      if (error) waiting.reject(error)
      else waiting.resolve(done)
      waiting = undefined
    },
    get size() {
      return values.length - at
    },
    [Symbol.asyncIterator]: () => ({
      next,
      return() {
        queue.end()
        values = []
        at = 0
        return Promise.resolve(done)
      },
    }),
  }
  return queue
}
