/** An answer that is no success: its code, and the text that upstream gives with it. */
export class HttpError extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}
export const notFound = (): HttpError => new HttpError(404, '404 page not found')
