/** A decoded JSON value as Go's %v prints it, which several of upstream's messages contain. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`
  if (typeof value === 'object') {
    const object = value as Record<string, unknown>
    return `map[${Object.keys(object)
      .sort()
      .map((key) => `${key}:${goValue(object[key])}`)
      .join(' ')}]`
  }
  return String(value)
}
/** The Go type of a decoded JSON value, as %T prints it. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  switch (typeof value) {
    case 'object':
      return 'map[string]interface {}'
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64'
    case 'boolean':
      return 'bool'
    default:
      return 'string'
  }
}
