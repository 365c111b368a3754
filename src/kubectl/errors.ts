/** What kubectl prints for an error and how it exits (k8s.io/kubectl/pkg/cmd/util/helpers.go, checkErr). */
import { StatusError } from '../api/errors.ts'

/** Several failures of one command: each has its line. */
export class ErrorList extends Error {
  readonly errors: readonly unknown[]
  constructor(errors: readonly unknown[]) {
    super(errors.map(String).join(', '))
    this.errors = errors
  }
}
/** A failure whose text is printed as it stands. */
export class PlainError extends Error {
  readonly code: number
  constructor(message: string, code = 1) {
    super(message)
    this.code = code
  }
}
/** A mistake in the command line: says where help is. */
export class UsageError extends Error {}

/** Throws what was collected: nothing, the one error, or all. */
export function throwAll(errors: readonly unknown[]): void {
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new ErrorList(errors)
}

/** The text for stderr, without its last newline. `path`: the command as typed. */
export function errorText(error: unknown, path: readonly string[], server: string | undefined): string {
  if (error instanceof ErrorList) return error.errors.map((one) => errorText(one, path, server)).join('\n')
  if (error instanceof PlainError) return error.message
  if (error instanceof UsageError) return `error: ${error.message}\nSee '${path.join(' ')} -h' for help and examples`
  if (error instanceof StatusError) return statusText(error)
  const { code } = error as NodeJS.ErrnoException
  const refused = code === 'ECONNREFUSED' || (error instanceof AggregateError && code === 'ECONNREFUSED')
  if (refused) return `The connection to the server ${hostOf(server)} was refused - did you specify the right host or port?`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `Unable to connect to the server: dial tcp: lookup ${hostOf(server).replace(/:\d+$/, '')}: no such host`
  if (code && /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code))
    return `Unable to connect to the server: tls: failed to verify certificate: ${certificateReason(error)}`
  if (code === 'ECONNRESET' || code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return `Unable to connect to the server: ${(error as Error).message}`
  if ((error as Error)?.name === 'TimeoutError')
    return 'Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)'
  const message = error instanceof Error ? error.message : String(error)
  return message.startsWith('error: ') ? message : `error: ${message}`
}

const hostOf = (server: string | undefined): string => (server ? new URL(server).host : 'localhost:8080')

function certificateReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT' || code === 'SELF_SIGNED_CERT_IN_CHAIN' || code?.startsWith('UNABLE_TO'))
    return 'x509: certificate signed by unknown authority'
  if (code === 'CERT_HAS_EXPIRED') return 'x509: certificate has expired or is not yet valid'
  return `x509: ${message}`
}

function statusText(error: StatusError): string {
  const { status, reason } = error
  const causes = status.details?.causes ?? []
  if (reason === 'Invalid' && causes.length > 0) {
    const { kind, name } = status.details ?? {}
    const where = kind ? `The ${kind} ${JSON.stringify(name ?? '')} is invalid` : 'The request is invalid'
    const lines = causes.map((cause) => (cause.field ? `${cause.field}: ${cause.message}` : (cause.message ?? '')))
    return lines.length === 1 ? `${where}: ${lines[0]}` : `${where}: \n${lines.map((line) => `* ${line}`).join('\n')}`
  }
  if (reason === 'Invalid' && !status.message) return 'The request is invalid'
  if (reason === 'Unauthorized') return `error: You must be logged in to the server (${status.message})`
  return reason && reason !== 'Unknown' ? `Error from server (${reason}): ${status.message}` : `Error from server: ${status.message}`
}

/** The same error with words before its message, as upstream's cmdutil.AddSourceToErr. */
export function withSource(verb: string, source: string | undefined, error: unknown): unknown {
  if (!source) return error
  if (error instanceof StatusError) {
    // An Invalid keeps its causes, which are what is printed.
    return new StatusError({ ...error.status, code: error.code, message: `error when ${verb} "${source}": ${error.message}` })
  }
  return new Error(`error when ${verb} "${source}": ${error instanceof Error ? error.message : error}`, { cause: error })
}
