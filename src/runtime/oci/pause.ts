/**
 * The process that holds a pod's shared PID namespace: a program of 200 bytes, written here as machine code because it
 * does two things only and then costs a few pages of memory. It ignores SIGCHLD, so that the kernel reaps what is
 * orphaned to it, and sleeps. Other namespaces need no process: they are bound to files.
 */

const x64 = 'b80d000000bf11000000488d351700000031d241ba080000000f05b8220000000f05ebf700000000'
//         mov eax,rt_sigaction  mov edi,SIGCHLD  lea rsi,[sa]  xor edx,edx  mov r10d,8  syscall  1: mov eax,pause  syscall  jmp 1b
const arm64 = [
  'd28010c8',
  'd2800220',
  '10000181',
  'd2800002',
  'd2800103',
  'd4000001',
  'd2800000',
  'd2800001',
  'd2800002',
  'd2800003',
  'd2800928',
  'd4000001',
  '17fffffa',
  '00000000',
]
//            rt_sigaction(SIGCHLD, &sa, 0, 8), then ppoll(0, 0, 0, 0) for ever

const SIG_IGN = 1n

/** The whole ELF file for this machine. */
export function pauseProgram(arch = process.arch): Buffer {
  const code = arch === 'arm64' ? Buffer.concat(arm64.map((word) => Buffer.from(word, 'hex').reverse())) : Buffer.from(x64, 'hex')
  const action = Buffer.alloc(32)
  action.writeBigUInt64LE(SIG_IGN, 0)
  const headers = 64 + 56
  const base = 0x400000n
  const size = BigInt(headers + code.length + action.length)
  const elf = Buffer.alloc(headers)
  elf.write('\x7fELF', 0, 'latin1')
  elf.set([2, 1, 1], 4) // 64 bits, little endian, version 1
  elf.writeUInt16LE(2, 16) // an executable
  elf.writeUInt16LE(arch === 'arm64' ? 183 : 62, 18)
  elf.writeUInt32LE(1, 20)
  elf.writeBigUInt64LE(base + BigInt(headers), 24) // the entry
  elf.writeBigUInt64LE(64n, 32) // the program header
  elf.writeUInt16LE(64, 52)
  elf.writeUInt16LE(56, 54)
  elf.writeUInt16LE(1, 56)
  elf.writeUInt32LE(1, 64) // loaded
  elf.writeUInt32LE(5, 68) // read, execute
  elf.writeBigUInt64LE(base, 80)
  elf.writeBigUInt64LE(base, 88)
  elf.writeBigUInt64LE(size, 96)
  elf.writeBigUInt64LE(size, 104)
  elf.writeBigUInt64LE(0x1000n, 112)
  return Buffer.concat([elf, code, action])
}
