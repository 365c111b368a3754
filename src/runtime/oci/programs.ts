/**
 * Programs of a few hundred bytes, written here as machine code because all they do is call the kernel: the one that
 * holds a pod's shared PID namespace, the one that makes a user namespace, and the one through which crun is started. In
 * any other form they would cost megabytes in the one place and milliseconds of each container's start in the other.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { MountFlag } from '../../linux/syscalls.ts'

/** Beside first, then by a rename: what an earlier process wrote may be running. */
export function writeProgram(path: string, program: Buffer): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, program, { mode: 0o755 })
  renameSync(`${path}.new`, path)
}

/**
 * Holds a PID namespace: ignores SIGCHLD, so that the kernel reaps what is orphaned to it, and sleeps. Other namespaces
 * need no process: they are bound to files.
 */
export function pauseProgram(arch?: string): Buffer {
  const SIGCHLD = 17
  const SIG_IGN = 1
  return program(arch, [
    ['must', 'rt_sigaction', SIGCHLD, words(SIG_IGN, 0, 0, 0), 0, 8],
    ['again', 'ppoll', 0, 0, 0, 0, 0],
  ])
}

/** Makes new namespaces, says so with one byte, and keeps them until it is killed. A user namespace among them owns the others. */
export function namespacesProgram(flags: number, arch?: string): Buffer {
  return program(arch, [
    ['must', 'unshare', flags],
    ['must', 'write', 1, '.', 1],
    ['again', 'ppoll', 0, 0, 0, 0, 0],
  ])
}

/**
 * Runs the words after its own name, of which the first is `runtime`, from a read-only view of it: crun sees that no
 * container can write to the program that starts it (CVE-2019-5736), and does not start once more from a copy of itself.
 * A kernel that knows no such views runs it as it is. The mount `hidden`, if any, is not there for it, in a mount
 * namespace of its own.
 */
export function launcherProgram(runtime: string, hidden: string | undefined, arch?: string): Buffer {
  const CLONE_NEWNS = 0x00020000
  const MNT_DETACH = 2
  const AT_FDCWD = -100
  const AT_EMPTY_PATH = 0x1000
  const OPEN_TREE_CLONE = 1
  const O_CLOEXEC = 0o2000000
  const MOUNT_ATTR_RDONLY = 1
  const hide: Step[] = [
    ['must', 'unshare', CLONE_NEWNS],
    ['must', 'mount', 0, '/', 0, MountFlag.REC | MountFlag.SLAVE, 0],
    ['must', 'umount2', hidden ?? '', MNT_DETACH],
  ]
  return program(arch, [
    ...(hidden ? hide : []),
    ['keep', 'open_tree', AT_FDCWD, runtime, OPEN_TREE_CLONE | O_CLOEXEC],
    ['try', 'mount_setattr', 'KEPT', '', AT_EMPTY_PATH, words(MOUNT_ATTR_RDONLY, 0, 0, 0), 32],
    ['try', 'execveat', 'KEPT', '', 'ARGV', 'ENVP', AT_EMPTY_PATH],
    ['must', 'execve', runtime, 'ARGV', 'ENVP'],
  ])
}

/**
 * A system call, and what becomes of its result: it must not fail, it is kept, it does not matter, or the call is made for
 * ever. A string or buffer is passed by address; the words are what was kept, and what the program was given to run.
 */
type Step = readonly ['must' | 'keep' | 'try' | 'again', name: keyof Assembler['numbers'], ...args: (number | string | Buffer)[]]
const saved = ['KEPT', 'ARGV', 'ENVP']

interface Assembler {
  readonly machine: number
  readonly numbers: Record<
    | 'execve'
    | 'execveat'
    | 'exit_group'
    | 'mount'
    | 'mount_setattr'
    | 'open_tree'
    | 'ppoll'
    | 'rt_sigaction'
    | 'umount2'
    | 'unshare'
    | 'write',
    number
  >
  /** Puts the addresses of the words after the program's own name, and of its environment, into two of the saved registers. */
  readonly begin: Buffer
  readonly keep: Buffer
  /** Loads an argument, by its place, with a number or the saved register of this name. */
  load(place: number, value: number | string): string
  call(number: number): string
  /** Goes on `distance` bytes from here if the last call failed. */
  onFailure(distance: number): Buffer
  jump(distance: number): Buffer
}

const x64Arguments = [7, 6, 2, 10, 8, 9] // rdi rsi rdx r10 r8 r9
const x64: Assembler = {
  machine: 62,
  numbers: {
    execve: 59,
    execveat: 322,
    exit_group: 231,
    mount: 165,
    mount_setattr: 442,
    open_tree: 428,
    ppoll: 271,
    rt_sigaction: 13,
    umount2: 166,
    unshare: 272,
    write: 1,
  },
  begin: hex('4c8d6c2410', '488b0424', '4c8d74c410'), // lea r13,[rsp+16]  mov rax,[rsp]  lea r14,[rsp+rax*8+16]
  keep: hex('4989c4'), // mov r12,rax
  load(place, value) {
    const to = x64Arguments[place] as number
    const high = to >> 3
    const byte = (n: number) => n.toString(16).padStart(2, '0')
    if (typeof value === 'number') return (high ? '41' : '') + byte(0xb8 | (to & 7)) + le32(value) // mov e..,value
    return byte(0x4c | high) + '89' + byte(0xe0 | (saved.indexOf(value) << 3) | (to & 7)) // mov r..,r12+
  },
  call: (number) => `b8${le32(number)}0f05`, // mov eax  syscall
  onFailure: (distance) => hex('4885c0', `0f88${le32(distance - 9)}`), // test rax,rax  js
  jump: (distance) => hex(`e9${le32(distance - 5)}`),
}

const arm64: Assembler = {
  machine: 183,
  numbers: {
    execve: 221,
    execveat: 281,
    exit_group: 94,
    mount: 40,
    mount_setattr: 442,
    open_tree: 428,
    ppoll: 73,
    rt_sigaction: 134,
    umount2: 39,
    unshare: 97,
    write: 64,
  },
  begin: hex(...[0x910043f4, 0xf94003f5, 0x8b150e95].map(le32)), // add x20,sp,#16  ldr x21,[sp]  add x21,x20,x21,lsl #3
  keep: hex(le32(0xaa0003f3)), // mov x19,x0
  load(place, value) {
    if (typeof value === 'string') return le32(0xaa0003e0 | ((19 + saved.indexOf(value)) << 16) | place) // mov x..,x19+
    return le32(0x52800000 | ((value & 0xffff) << 5) | place) + le32(0x72a00000 | ((value >>> 16) << 5) | place) // movz  movk
  },
  call: (number) => arm64.load(8, number) + le32(0xd4000001), // svc
  onFailure: (distance) => hex(le32(0xb7f80000 | (((distance / 4) & 0x3fff) << 5))), // tbnz x0,#63
  jump: (distance) => hex(le32(0x14000000 | ((distance / 4) & 0x3ffffff))),
}

/** The whole ELF file. */
function program(arch: string = process.arch, steps: readonly Step[]): Buffer {
  const assembler = arch === 'arm64' ? arm64 : x64
  const base = 0x400000
  const headers = 64 + 56
  const parts: Buffer[] = [Buffer.alloc(headers)]
  let here = base + headers
  const put = (bytes: Buffer): number => {
    parts.push(bytes)
    here += bytes.length
    return here - bytes.length
  }
  const call = ([, name, ...args]: Step): Buffer => {
    const values = args.map((arg) =>
      typeof arg === 'number' || saved.includes(arg as string)
        ? (arg as number)
        : put(typeof arg === 'string' ? Buffer.from(`${arg}\0`) : arg),
    )
    return hex(...values.map((value, place) => assembler.load(place, value)), assembler.call(assembler.numbers[name]))
  }
  // What calls point at comes first, then where a failure leads: so each address is known when it is needed.
  const message = 'kijabi: the kernel refused a namespace\n'
  const failing = [call(['try', 'write', 2, message, message.length]), call(['try', 'exit_group', 1])]
  const calls = steps.map(call)
  put(Buffer.alloc(-here & 7))
  const failed = put(Buffer.concat(failing))
  const entry = put(assembler.begin)
  for (const [i, [then]] of steps.entries()) {
    const at = put(calls[i] as Buffer)
    if (then === 'must') put(assembler.onFailure(failed - here))
    if (then === 'keep') put(assembler.keep)
    if (then === 'again') put(assembler.jump(at - here))
  }

  const elf = parts[0] as Buffer
  elf.write('\x7fELF', 0, 'latin1')
  elf.set([2, 1, 1], 4) // 64 bits, little endian, version 1
  elf.writeUInt16LE(2, 16) // an executable
  elf.writeUInt16LE(assembler.machine, 18)
  elf.writeUInt32LE(1, 20)
  elf.writeBigUInt64LE(BigInt(entry), 24)
  elf.writeBigUInt64LE(64n, 32) // the program header
  elf.writeUInt16LE(64, 52)
  elf.writeUInt16LE(56, 54)
  elf.writeUInt16LE(1, 56)
  elf.writeUInt32LE(1, 64) // loaded
  elf.writeUInt32LE(5, 68) // read, execute
  elf.writeBigUInt64LE(BigInt(base), 80)
  elf.writeBigUInt64LE(BigInt(base), 88)
  elf.writeBigUInt64LE(BigInt(here - base), 96)
  elf.writeBigUInt64LE(BigInt(here - base), 104)
  elf.writeBigUInt64LE(0x1000n, 112)
  return Buffer.concat(parts)
}

function hex(...parts: readonly string[]) {
  return Buffer.from(parts.join(''), 'hex')
}
function le32(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value | 0)
  return bytes.toString('hex')
}
/** A C structure of 64-bit words. */
function words(...values: number[]): Buffer {
  return Buffer.from(BigUint64Array.from(values, BigInt).buffer)
}
