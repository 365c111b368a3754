/**
 * JSON Web Tokens as service accounts and OIDC use them (RFC 7515, 7518, 7519): signed with RSA or ECDSA keys, never
 * with `none` and never with a shared secret. Verification is synchronous; a token that verified once is remembered.
 */
import { constants, createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

export interface VerificationKey {
  readonly id: string
  readonly key: KeyObject
}
export interface SigningKey extends VerificationKey {
  readonly algorithm: Algorithm
}
export type Claims = Readonly<Record<string, unknown>>
export interface Token {
  readonly header: { readonly alg: string; readonly kid?: string }
  readonly claims: Claims
  readonly signed: string
  readonly signature: Buffer
}

const algorithms = {
  RS256: { type: 'rsa', hash: 'sha256' },
  RS384: { type: 'rsa', hash: 'sha384' },
  RS512: { type: 'rsa', hash: 'sha512' },
  PS256: { type: 'rsa', hash: 'sha256', pss: true },
  PS384: { type: 'rsa', hash: 'sha384', pss: true },
  PS512: { type: 'rsa', hash: 'sha512', pss: true },
  ES256: { type: 'ec', hash: 'sha256', curve: 'prime256v1' },
  ES384: { type: 'ec', hash: 'sha384', curve: 'secp384r1' },
  ES512: { type: 'ec', hash: 'sha512', curve: 'secp521r1' },
} as const
export type Algorithm = keyof typeof algorithms
export const allAlgorithms = Object.keys(algorithms) as Algorithm[]
export const isAlgorithm = (name: string): name is Algorithm => Object.hasOwn(algorithms, name)

/** Longer tokens are refused before anything of them is read. */
const maxTokenLength = 64 * 1024

const keyId = (key: KeyObject): string => createHash('sha256').update(publicDer(key)).digest('base64url')
const publicDer = (key: KeyObject): Buffer =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' }) as Buffer

/** Every key of PEM text; of a private key its public half. */
export function parseVerificationKeys(pem: string): VerificationKey[] {
  const blocks = pem.match(/-----BEGIN [A-Z ]+-----[\s\S]+?-----END [A-Z ]+-----/g) ?? []
  const keys = blocks.filter((block) => !block.includes('EC PARAMETERS')).map((block) => createPublicKey(block))
  if (keys.length === 0) throw new Error('no key in PEM form was found')
  return keys.map((key) => ({ id: keyId(key), key }))
}

export function parseSigningKey(pem: string): SigningKey {
  const key = createPrivateKey(pem)
  const curve = key.asymmetricKeyDetails?.namedCurve
  const algorithm = allAlgorithms.find((name) => {
    const a = algorithms[name]
    return a.type === key.asymmetricKeyType && (a.type === 'rsa' || a.curve === curve)
  })
  if (!algorithm) throw new Error(`keys of type ${key.asymmetricKeyType} sign no tokens: use RSA, or ECDSA on P-256, P-384 or P-521`)
  return { id: keyId(key), key, algorithm }
}

export function signToken(key: SigningKey, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: key.algorithm, kid: key.id })}.${part(claims)}`
  const signature = sign(algorithms[key.algorithm].hash, Buffer.from(signed), optionsOf(key.algorithm, key.key))
  return `${signed}.${signature.toString('base64url')}`
}

/** Undefined: no JWT at all. Nothing is verified yet. */
export function parseToken(text: string): Token | undefined {
  if (text.length > maxTokenLength) return undefined
  const parts = text.split('.')
  if (parts.length !== 3) return undefined
  const [head, body, signature] = parts as [string, string, string]
  try {
    const header: unknown = JSON.parse(Buffer.from(head, 'base64url').toString())
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString())
    if (!isObject(header) || !isObject(claims) || typeof header['alg'] !== 'string') return undefined
    return {
      header: header as Token['header'],
      claims,
      signed: `${head}.${body}`,
      signature: Buffer.from(signature, 'base64url'),
    }
  } catch {
    return undefined
  }
}

/** With the key that the header names first; a token that names none is tried with all. */
export function verifyToken(token: Token, keys: readonly VerificationKey[]): boolean {
  const { alg, kid } = token.header
  if (!isAlgorithm(alg) || 'crit' in token.header) return false
  const { type, hash, ...rest } = algorithms[alg]
  const named = kid === undefined ? keys : keys.filter((k) => k.id === kid)
  return (named.length > 0 ? named : keys).some(({ key }) => {
    if (key.asymmetricKeyType !== type) return false
    if ('curve' in rest && key.asymmetricKeyDetails?.namedCurve !== rest.curve) return false
    return verify(hash, Buffer.from(token.signed), optionsOf(alg, key), token.signature)
  })
}

function optionsOf(algorithm: Algorithm, key: KeyObject) {
  if (algorithms[algorithm].type === 'ec') return { key, dsaEncoding: 'ieee-p1363' as const }
  if ('pss' in algorithms[algorithm]) return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return { key }
}

/** The public keys as a JSON Web Key Set (RFC 7517). */
export function jsonWebKeySet(keys: readonly VerificationKey[]): object {
  return {
    keys: keys.map(({ id, key }) => {
      const { kty, ...rest } = key.export({ format: 'jwk' })
      const alg = allAlgorithms.find((name) => {
        const a = algorithms[name]
        return a.type === key.asymmetricKeyType && (a.type === 'rsa' || a.curve === key.asymmetricKeyDetails?.namedCurve)
      })
      return { use: 'sig', kty, kid: id, alg, ...rest }
    }),
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `aud` is a text or a list of them. */
export const audiencesOf = ({ aud }: Claims): string[] =>
  typeof aud === 'string' ? [aud] : Array.isArray(aud) ? aud.filter((a) => typeof a === 'string') : []
