/** Answers of webhooks, each for a time of its own and at most so many (upstream: apimachinery's LRUExpireCache). */
const mostKept = 8192

export interface ExpiringCache<T> {
  get(key: string): T | undefined
  set(key: string, value: T, lifetimeMs: number): void
}

export function createExpiringCache<T>(now: () => Date): ExpiringCache<T> {
  const entries = new Map<string, { readonly value: T; readonly expires: number }>()
  return {
    get(key) {
      const found = entries.get(key)
      if (found && found.expires > now().getTime()) return found.value
      entries.delete(key)
      return undefined
    },
    set(key, value, lifetimeMs) {
      if (lifetimeMs <= 0) return
      // The oldest goes: a map keeps the order of insertion.
      if (entries.size >= mostKept) entries.delete(entries.keys().next().value as string)
      entries.set(key, { value, expires: now().getTime() + lifetimeMs })
    },
  }
}
