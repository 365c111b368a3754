/** `etcdctl`, both of its APIs: ETCDCTL_API=2 is another command line, as it was in etcd's own. */
import type { Command } from '../flags/command.ts'
import { command as v2 } from './v2.ts'
import { command as v3 } from './v3.ts'

export const command: Command = process.env['ETCDCTL_API'] === '2' ? v2 : v3
