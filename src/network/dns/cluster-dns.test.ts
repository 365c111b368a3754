import { expect, test } from 'vitest'
import { StatusError } from '../../api/errors.ts'
import type { Client } from '../../client/client.ts'
import { ensureService } from './cluster-dns.ts'

/** The API server's words to a node that comes second, and after how many looks the first one's service is stored. */
test.each([
  { reason: 'Invalid', message: 'failed to allocate IP 10.96.0.10: provided IP is already allocated', looks: 3 },
  { reason: 'AlreadyExists', message: 'services "kube-dns" already exists', looks: 1 },
])('a service that another node makes at the same time is waited for: $reason', async ({ reason, message, looks }) => {
  let looked = 0
  const client = {
    async get() {
      if (looked++ < looks) throw new StatusError({ code: 404, reason: 'NotFound', message: 'not found' })
      return {}
    },
    async create() {
      throw new StatusError({ code: 422, reason, message })
    },
  }
  await ensureService(client as unknown as Client, '10.96.0.10')
  expect(looked).toBe(looks + 1)
})
