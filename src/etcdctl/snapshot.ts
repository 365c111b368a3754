/**
 * `etcdctl snapshot`. A snapshot is the server's database as it is, and its SHA-256 behind it. Saving works with any
 * etcd; status and restore read those of `kijabi etcd`, whose database is LMDB's.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Command } from '../flags/command.ts'
import { ExitError } from '../flags/run.ts'
import { formatVersion } from '../store/embedded/tables.ts'
import { openEmbeddedStore } from '../store/embedded.ts'
import { onAny } from './connect.ts'
import { humanBytes, json, table } from './output.ts'
import { formatOf } from './v3.ts'

const hashBytes = 32
const lmdbMagic = 0xbeefc0de
const boltMagic = 0xed0cdaed

/** The database in a snapshot file, its hash checked. */
function readSnapshot(path: string, skipHash: boolean): Buffer {
  const file = readFileSync(path)
  if (file.length < 4096 + hashBytes || file.length % 512 !== hashBytes)
    throw new ExitError(`Error: ${path} is no snapshot: it has no hash at its end`)
  const database = file.subarray(0, file.length - hashBytes)
  if (!skipHash && !createHash('sha256').update(database).digest().equals(file.subarray(-hashBytes)))
    throw new ExitError('Error: snapshot: the sha256 at the end does not match, the file is damaged')
  const magic = database.readUInt32LE(16)
  if (magic === boltMagic)
    throw new ExitError(`Error: ${path} is a snapshot of upstream's etcd: restore it with its own etcdctl and start etcd on it`)
  if (magic !== lmdbMagic) throw new ExitError(`Error: ${path} is no snapshot of kijabi etcd`)
  return database
}

/** Lays a database out as a data folder. */
function layOut(database: Buffer, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'data.mdb'), database, { mode: 0o600, flush: true })
  writeFileSync(join(folder, 'version'), `kijabi-store ${formatVersion}\n`, { mode: 0o600, flush: true })
}

const save: Command = {
  summary: 'Stores an etcd node backend snapshot to a given file',
  usage: 'etcdctl snapshot save <filename>',
  async run(invocation) {
    const [path] = invocation.args
    if (path === undefined || invocation.args.length > 1) throw new ExitError('Error: snapshot save expects one argument', 128)
    return onAny(invocation, async ({ maintenance }) => {
      const part = `${path}.part`
      const fd = openSync(part, 'w', 0o600)
      try {
        for await (const { blob } of maintenance.Snapshot({}, { signal: invocation.signal })) writeSync(fd, blob)
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
      // The name is the file's only once it is whole.
      renameSync(part, path)
      invocation.stdout.write(`Snapshot saved at ${path}\n`)
      return 0
    })
  },
}

const status: Command = {
  summary: 'Gets backend snapshot status of a given file',
  usage: 'etcdctl snapshot status <filename>',
  async run(invocation) {
    const [path] = invocation.args
    if (path === undefined) throw new ExitError('Error: snapshot status requires exactly one argument', 128)
    const database = readSnapshot(path, false)
    const folder = mkdtempSync(join(tmpdir(), 'etcdctl-snapshot-'))
    try {
      layOut(database, folder)
      const store = await openEmbeddedStore({ dataDir: folder })
      const { count } = await store.list('', { countOnly: true })
      const found = { hash: crc32(database), revision: store.revision, totalKey: count, totalSize: database.length }
      await store.close()
      const row = [found.hash.toString(16), String(found.revision), String(found.totalKey), humanBytes(found.totalSize)]
      const format = formatOf(invocation)
      if (format === 'json') invocation.stdout.write(json(found))
      else if (format === 'table') invocation.stdout.write(table(['HASH', 'REVISION', 'TOTAL KEYS', 'TOTAL SIZE'], [row]))
      else if (format === 'fields')
        invocation.stdout.write(
          `"Hash" : ${found.hash}\n"Revision" : ${found.revision}\n"Keys" : ${found.totalKey}\n"Size" : ${found.totalSize}\n`,
        )
      else invocation.stdout.write(`${row.join(', ')}\n`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    return 0
  },
}

const restore: Command = {
  summary: 'Restores an etcd member snapshot to an etcd directory',
  usage: 'etcdctl snapshot restore <filename> --data-dir DIR',
  flags: {
    'data-dir': { type: 'string', doc: 'Path to the data directory. Default NAME.etcd.' },
    name: { type: 'string', default: 'default', doc: 'Human-readable name for this member' },
    'skip-hash-check': { type: 'bool', doc: 'Ignore the hash at the end of the snapshot' },
  },
  async run({ args, values, stdout }) {
    const [path] = args
    if (path === undefined) throw new ExitError('Error: snapshot restore requires exactly one argument', 128)
    const dataDir = (values['data-dir'] as string) || `${values['name']}.etcd`
    if (existsSync(dataDir)) throw new ExitError(`Error: data-dir "${dataDir}" not empty or could not be read`)
    layOut(readSnapshot(path, values['skip-hash-check'] as boolean), join(dataDir, 'kijabi'))
    stdout.write(`restored ${path} to ${dataDir}\n`)
    return 0
  },
}

export const snapshot: { command: Command } = {
  command: {
    summary: 'Manages etcd node snapshots',
    usage: 'etcdctl snapshot COMMAND',
    commands: {
      save: async () => ({ command: save }),
      status: async () => ({ command: status }),
      restore: async () => ({ command: restore }),
    },
  },
}
