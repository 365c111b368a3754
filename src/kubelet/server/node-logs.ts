/** `/logs/`: the files below /var/log, folders as lists of links (enableSystemLogHandler). A link does not lead out. */
import { createReadStream, readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { HttpError, notFound } from './http-error.ts'
import type { Handler } from './routes.ts'

const root = '/var/log'

export const nodeLogs: Handler = async ({ configuration }, { path, parts, response }) => {
  if (!configuration.enableSystemLogHandler) throw new HttpError(405, 'logs endpoint is disabled.')
  const file = realPath(join(root, ...parts))
  if (file === undefined) throw notFound()
  const found = statSync(file)
  if (found.isFile()) {
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    response.setHeader('content-length', found.size)
    // What is appended meanwhile is the next reader's.
    await pipeline(createReadStream(file, { end: Math.max(0, found.size - 1) }), response)
    return
  }
  if (!found.isDirectory()) throw notFound()
  if (!path.endsWith('/')) {
    response.writeHead(301, { location: `${path}/` }).end()
    return
  }
  const names = readdirSync(file, { withFileTypes: true }).map((e) => (e.isDirectory() ? `${e.name}/` : e.name))
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(
    `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${names.toSorted().map(link).join('')}</pre>\n`,
  )
}

function realPath(path: string): string | undefined {
  try {
    const real = realpathSync(path)
    return real === root || real.startsWith(`${root}/`) ? real : undefined
  } catch {
    return undefined // not there, or a link to nowhere
  }
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' }
const link = (name: string): string =>
  `<a href="${encodeURI(name).replace(/[?#]/g, encodeURIComponent)}">${name.replace(/[&<>"']/g, (c) => escapes[c] as string)}</a>\n`
