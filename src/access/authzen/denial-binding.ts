// What binds a request for a right to the denial that it follows: a JWS in compact form which who asked carries back unread
// (AuthZEN Access Request and Approval Profile 1.0, draft 1, "Denial Binding Claims", the hashed form).
//
// SECURITY: it opens nothing. It shows that this deployment denied exactly this, not long ago.
import { createHmac, createSecretKey, hash, timingSafeEqual } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { canonicalJson } from '#kernel'
import type { Json } from '#kernel'
import type { Party, Question } from '../decide/index.ts'
import type { TokenKey } from '../token/token-value.ts'

export type Denied = Pick<Question, 'subject' | 'action' | 'resource'>

export interface DenialToBind {
  /** Of the denial: `dec_…`. */
  readonly evaluationId: string
  readonly denied: Denied
  /** Milliseconds since 1970. */
  readonly at: number
  readonly expiresAt: number
}

export type BindingFound =
  | { readonly evaluationId: string; readonly expiresAt: number }
  | { readonly refused: 'invalid_denial_binding' | 'expired_denial' }

const ISSUER = 'reeve'
const AUDIENCE = 'reeve access requests'
const TOKEN_MAX = 2000
const JWS = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

interface Claims {
  readonly iss: string
  readonly aud: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  readonly evaluation_id: string
  readonly denial_expires_at: string
  readonly binding_context_members: readonly string[]
  readonly binding_hash: string
}

/** What is the same for every token under one key. */
interface Sealing {
  readonly header: string
  /** Made once: a key as bytes is prepared anew by each HMAC, at five times the cost of the HMAC. */
  readonly key: KeyObject
}

/** Signs with the first of the keys, takes what any of them signed: all servers of one database have the same. */
export class DenialBinding {
  readonly #keys: () => readonly TokenKey[]
  readonly #sealing = new Map<string, Sealing>()

  constructor(keys: () => readonly TokenKey[]) {
    this.#keys = keys
  }

  sign({ evaluationId, denied, at, expiresAt }: DenialToBind): string | undefined {
    const [key] = this.#keys()
    if (key === undefined) return undefined
    const claims: Claims = {
      iss: ISSUER,
      aud: AUDIENCE,
      iat: Math.floor(at / 1000),
      exp: Math.floor(expiresAt / 1000),
      jti: evaluationId,
      evaluation_id: evaluationId,
      denial_expires_at: new Date(expiresAt).toISOString(),
      // what a grant gives is a right on a resource; its context is judged at each use
      binding_context_members: [],
      binding_hash: bindingHash(denied),
    }
    const sealing = this.#sealingOf(key)
    const text = `${sealing.header}.${encoded(claims)}`
    return `${text}.${sealed(sealing, text)}`
  }

  /** `saidExpiry`: `denial.expires_at` as it came back. `now`: milliseconds since 1970. */
  verify(token: string, denied: Denied, saidExpiry: string, now: number): BindingFound {
    const claims = this.#claims(token)
    const sound =
      claims !== undefined &&
      claims.iss === ISSUER &&
      claims.aud === AUDIENCE &&
      claims.denial_expires_at === saidExpiry &&
      claims.binding_hash === bindingHash(denied)
    if (!sound) return { refused: 'invalid_denial_binding' }
    const expiresAt = Math.min(claims.exp * 1000, Date.parse(claims.denial_expires_at))
    return now < expiresAt ? { evaluationId: claims.evaluation_id, expiresAt } : { refused: 'expired_denial' }
  }

  /** Of what one of the keys signed. */
  #claims(token: string): Claims | undefined {
    const [, header = '', payload = '', signature = ''] = (token.length <= TOKEN_MAX && JWS.exec(token)) || []
    const said = decoded(header) as { readonly alg?: unknown; readonly kid?: unknown } | undefined
    const key = this.#keys().find(({ keyId }) => keyId === said?.kid)
    if (key === undefined || said?.alg !== 'HS256') return undefined
    const given = Buffer.from(signature)
    const made = Buffer.from(sealed(this.#sealingOf(key), `${header}.${payload}`))
    return given.length === made.length && timingSafeEqual(given, made) ? (decoded(payload) as Claims) : undefined
  }

  /** Under a key of its own: what is sealed here is no hash of a token. */
  #sealingOf({ keyId, key }: TokenKey): Sealing {
    let sealing = this.#sealing.get(keyId)
    if (sealing === undefined) {
      const derived = createHmac('sha256', key).update('reeve denial binding').digest()
      sealing = { header: encoded({ alg: 'HS256', typ: 'JWT', kid: keyId }), key: createSecretKey(derived) }
      this.#sealing.set(keyId, sealing)
    }
    return sealing
  }
}

const sealed = ({ key }: Sealing, text: string): string => createHmac('sha256', key).update(text).digest('base64url')

/** As the profile makes it: SHA-256 over canonical JSON of subject, resource, action and, here, an empty context. */
export function bindingHash({ subject, action, resource }: Denied): string {
  const bound = { subject: withoutAct(subject), resource, action, context: {} }
  return hash('sha256', canonicalJson(bound as unknown as Json), 'base64url')
}

/** Who acts may be told as `subject.properties.act` or elsewhere: it is not bound. */
function withoutAct(party: Party): Party {
  const { properties, ...subject } = party
  if (properties === undefined || !Object.hasOwn(properties, 'act')) return party
  return { ...subject, properties: Object.fromEntries(Object.entries(properties).filter(([name]) => name !== 'act')) }
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function decoded(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown
  } catch {
    return undefined
  }
}
