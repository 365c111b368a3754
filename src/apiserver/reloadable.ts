/** A configuration file that counts anew when it changes; what it says wrongly is logged, and what was before stays. */
import { readFileSync, watch } from 'node:fs'
import { dirname } from 'node:path'
import type { Logger } from '../log/log.ts'

export interface Reloadable<T> {
  readonly current: T
  /** Calls with each later state, and tells how many were taken and refused. */
  follow(changed: (next: T) => void, count: (status: 'success' | 'failure') => void): void
}

/** Of flags: it never changes. */
export const fixed = <T>(current: T): Reloadable<T> => ({ current, follow() {} })

/** The folder is watched, not the file: a mounted config map changes by a link's new target. */
export function reloadable<T>(path: string, parse: (text: string) => T, log: Logger): Reloadable<T> {
  let text = readFileSync(path, 'utf8')
  return {
    current: parse(text),
    follow(changed, count) {
      const look = () => {
        try {
          const now = readFileSync(path, 'utf8')
          // Written in two steps: the end comes with the next event.
          if (now === text || now === '') return
          text = now
          changed(parse(now))
          count('success')
          log.info('reloaded the configuration', { path })
        } catch (error) {
          count('failure')
          log.error('the configuration was not reloaded', { path, error })
        }
      }
      watch(dirname(path), { persistent: false }, look).on('error', (error) =>
        log.error('the configuration is not watched', { path, error }),
      )
    },
  }
}
