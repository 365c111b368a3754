/** gRPC's status: the closed list of codes, the one error class, and how both travel in headers. */

export const Code = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const
export type Code = (typeof Code)[keyof typeof Code]

export class GrpcError extends Error {
  readonly code: number
  /** The trailers of the answer, or those to send with it. */
  readonly metadata: Readonly<Record<string, string>>
  constructor(code: number, message: string, options: { metadata?: Record<string, string>; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'GrpcError'
    this.code = code
    this.metadata = options.metadata ?? {}
  }
}

/** The GrpcError of anything thrown; what is none is UNKNOWN, as in grpc-go. */
export function toGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error
  return new GrpcError(Code.UNKNOWN, error instanceof Error ? error.message : String(error), { cause: error })
}

/** `grpc-message` is percent-encoded UTF-8 outside printable ASCII. */
export function encodeMessage(message: string): string {
  return message.replace(/[^\x20-\x24\x26-\x7e]/gu, (char) =>
    [...Buffer.from(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}
export function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const units: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/** Milliseconds of a `grpc-timeout` header; undefined when there is none or it is malformed. */
export function parseTimeout(text: string | string[] | undefined): number | undefined {
  const match = typeof text === 'string' ? /^(\d{1,8})([HMSmun])$/.exec(text) : null
  return match ? Number(match[1]) * (units[match[2] as string] as number) : undefined
}
export function formatTimeout(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms))
  return whole < 1e8 ? `${whole}m` : `${Math.min(99_999_999, Math.ceil(ms / 1000))}S`
}

/** What an HTTP status without a gRPC status means (grpc's http-grpc-status-mapping). */
export function codeOfHttpStatus(status: number): number {
  if (status === 400) return Code.INTERNAL
  if (status === 401) return Code.UNAUTHENTICATED
  if (status === 403) return Code.PERMISSION_DENIED
  if (status === 404) return Code.UNIMPLEMENTED
  if (status === 429 || status === 502 || status === 503 || status === 504) return Code.UNAVAILABLE
  return Code.UNKNOWN
}
