/**
 * What every component and client of the `kijabi` command is: a summary, a table of flags and a function. A room
 * exports its programs as `command` from `command.ts`; src/cli/programs.ts lists them and loads one only when called.
 */
import type { FlagTable, ParsedFlags } from './flags.ts'

export interface Command {
  readonly summary: string
  /** As help shows it: `kubectl get [(-o|--output=)json|yaml] TYPE [NAME]`. */
  readonly usage?: string
  readonly flags?: FlagTable
  /** Commands below this one, loaded when called: `{ get: () => import('./get.ts') }`. */
  readonly commands?: Readonly<Record<string, () => Promise<{ command: Command }>>>
  /** Flags may follow arguments; false for programs that run another command line. Default true. */
  readonly interspersed?: boolean
  /** Resolves to the exit code. What it throws is printed as `error: …` and exits 1. */
  run?(invocation: Invocation): Promise<number>
}

export interface Invocation extends ParsedFlags {
  /** The name the program was called by and the commands below it: `['kubectl', 'get']`. */
  readonly path: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  /** Aborted by TERM or INT: a component drains and resolves to 0. */
  readonly signal: AbortSignal
}
