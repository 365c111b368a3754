/** For plugins that wait, before a pod is bound, for what others write. */
import type { Clock } from '../../client/clock.ts'
import type { Informer } from '../../client/informer.ts'

/** Resolves when `look` is true, looked at again as objects change or go; rejects with what it throws, or when time is over. */
export function until(
  sources: readonly Pick<Informer<unknown>, 'addHandler'>[],
  look: () => boolean,
  { clock, timeoutMs, late }: { clock: Clock; timeoutMs: number; late: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = []
    const end = (then: () => void) => {
      for (const stop of stops.splice(0)) stop()
      then()
    }
    const again = () => {
      try {
        if (look()) end(resolve)
      } catch (error) {
        end(() => reject(error))
      }
    }
    stops.push(clock.after(Math.max(0, timeoutMs), () => end(() => reject(new Error(late)))))
    for (const source of sources) stops.push(source.addHandler({ updated: again, deleted: again }))
    again()
  })
}
