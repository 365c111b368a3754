/** The three ways an expression fails: it does not compile, its evaluation fails, or it costs too much. */

export interface Issue {
  /** In code units of the source. */
  readonly at: number
  readonly message: string
}

/** Every mistake that the parser or the type checker found, in the layout of cel-go's common/errors. */
export class CompileError extends Error {
  readonly issues: readonly Issue[]
  constructor(source: string, issues: readonly Issue[]) {
    super(
      issues
        .toSorted((a, b) => a.at - b.at)
        .map((issue) => formatIssue(source, issue))
        .join('\n'),
    )
    this.issues = issues
  }
}

/** An error value of CEL: `&&`, `||` and the quantifiers may absorb it. */
export class EvaluationError extends Error {}

/** The cost limit: nothing absorbs it. */
export class BudgetError extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}

function formatIssue(source: string, { at, message }: Issue): string {
  const before = source.slice(0, at).split('\n')
  const column = [...(before.at(-1) as string)].length
  const line = source.split('\n')[before.length - 1] as string
  return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line.replaceAll('\t', ' ')}\n | ${'.'.repeat(column)}^`
}
