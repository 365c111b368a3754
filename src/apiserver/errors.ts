/** The Status answers that only the server gives (apimachinery/pkg/api/errors and apiserver's responsewriters). */
import { StatusError } from '../api/errors.ts'

export const newExpired = (asked: number, oldest: number): StatusError =>
  new StatusError({ code: 410, reason: 'Expired', message: `too old resource version: ${asked} (${oldest})` })
