/** The way from the root to where a walk stands: names and indexes, put into words only when something is told. */
export type Path = (string | number)[]

export function pathText(path: Path): string {
  let text = ''
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`
  return text
}
