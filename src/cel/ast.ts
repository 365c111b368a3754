/** The syntax tree. `at` is where cel-go reports an error of the node: a dot, an operator or an opening bracket. */

export type Literal = null | boolean | bigint | number | string | Uint8Array | { readonly uint: bigint }

export type Expr =
  | { readonly kind: 'literal'; readonly at: number; readonly value: Literal }
  | { readonly kind: 'ident'; readonly at: number; readonly name: string }
  | {
      readonly kind: 'select'
      readonly at: number
      readonly operand: Expr
      readonly field: string
      /** Of `has(e.f)`. */
      readonly test: boolean
      /** Of `e.?f`. */
      readonly optional: boolean
    }
  | { readonly kind: 'call'; readonly at: number; readonly name: string; readonly target?: Expr; readonly args: readonly Expr[] }
  | { readonly kind: 'list'; readonly at: number; readonly items: readonly Item[] }
  | { readonly kind: 'map'; readonly at: number; readonly entries: readonly Entry[] }
  | { readonly kind: 'struct'; readonly at: number; readonly name: string; readonly fields: readonly FieldInit[] }
  | Comprehension

export interface Item {
  readonly optional: boolean
  readonly value: Expr
}
export interface Entry {
  readonly optional: boolean
  readonly key: Expr
  readonly value: Expr
}
export interface FieldInit {
  readonly at: number
  readonly optional: boolean
  readonly name: string
  readonly value: Expr
}

/** What every macro over lists and maps becomes: a fold with an accumulator. */
export interface Comprehension {
  readonly kind: 'fold'
  readonly at: number
  readonly range: Expr
  readonly variable: string
  /** The second variable of `m.all(k, v, …)`; the first is then an index or a key. */
  readonly second?: string
  readonly accumulator: string
  readonly initial: Expr
  /** The loop goes on while it is not false. */
  readonly condition: Expr
  readonly step: Expr
  readonly result: Expr
}
