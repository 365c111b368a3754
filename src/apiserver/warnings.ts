/** Warning headers (RFC 7234, 5.5), as apiserver/pkg/warning writes them: each text once, escaped, and not without end. */

const eachLimit = 256 * 4
const totalLimit = 4 * 1024

export function warningHeader(text: string): string {
  const escaped = text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/["\\]/g, '\\$&')
  return `299 - "${escaped}"`
}

/** The header's values; when together they pass 4 KiB each is cut to 256 characters and the rest are dropped. */
export function warningHeaders(texts: readonly string[]): string[] {
  const unique = [...new Set(texts)]
  const total = unique.reduce((sum, text) => sum + text.length, 0)
  if (total <= totalLimit) return unique.map((text) => warningHeader(text.slice(0, eachLimit * 4)))
  const cut: string[] = []
  let used = 0
  for (const text of unique.map((t) => t.slice(0, 256))) {
    used += text.length
    if (used > totalLimit) break
    cut.push(warningHeader(text))
  }
  return cut
}
