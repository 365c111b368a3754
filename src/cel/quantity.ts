/** Kubernetes' quantity library. */
import { addQuantity, compareQuantity, isQuantity, parseQuantity, type Quantity, QuantityError, subQuantity } from '../api/quantity.ts'
import { EvaluationError } from './errors.ts'
import { fn, type Library, traversal } from './functions.ts'
import { int64, Opaque } from './values.ts'

const billion = 1_000_000_000n
type Held = Opaque<Quantity>
export const quantityValue = (q: Quantity): Held => new Opaque('kubernetes.Quantity', q, (other) => compareQuantity(q, other) === 0)
const whole = (n: bigint): Quantity => ({ nano: n * billion, format: 'DecimalSI' })
const parse = (text: string): Held => {
  try {
    return quantityValue(parseQuantity(text))
  } catch (error) {
    if (error instanceof QuantityError) throw new EvaluationError(error.message)
    throw error
  }
}
const isInteger = ({ value }: Held): boolean =>
  value.nano % billion === 0n && BigInt.asIntN(64, value.nano / billion) === value.nano / billion
const asInteger = (q: Held): bigint => {
  if (!isInteger(q)) throw new EvaluationError('cannot convert value to integer')
  return int64(q.value.nano / billion)
}
const self = 'kubernetes.Quantity'

export const quantityLibrary: Library = [
  fn(`quantity(string): ${self}`, parse, traversal()),
  fn('isQuantity(string): bool', (text: string) => isQuantity(text), traversal()),
  fn(`${self}.sign(): int`, ({ value }: Held) => (value.nano > 0n ? 1n : value.nano < 0n ? -1n : 0n)),
  fn(`${self}.isInteger(): bool`, isInteger),
  fn(`${self}.asInteger(): int`, asInteger),
  fn(`${self}.asApproximateFloat(): double`, ({ value }: Held) => Number(value.nano) / 1e9),
  fn(`${self}.isGreaterThan(${self}): bool`, (a: Held, b: Held) => compareQuantity(a.value, b.value) > 0),
  fn(`${self}.isLessThan(${self}): bool`, (a: Held, b: Held) => compareQuantity(a.value, b.value) < 0),
  fn(`${self}.compareTo(${self}): int`, (a: Held, b: Held) => BigInt(compareQuantity(a.value, b.value))),
  fn(`${self}.add(${self}): ${self}`, (a: Held, b: Held) => quantityValue(addQuantity(a.value, b.value))),
  fn(`${self}.add(int): ${self}`, (a: Held, n: bigint) => quantityValue(addQuantity(a.value, whole(n)))),
  fn(`${self}.sub(${self}): ${self}`, (a: Held, b: Held) => quantityValue(subQuantity(a.value, b.value))),
  fn(`${self}.sub(int): ${self}`, (a: Held, n: bigint) => quantityValue(subQuantity(a.value, whole(n)))),
]
