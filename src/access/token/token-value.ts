// The value of a token: `reeve_`, a letter for whose it is, 178 random bits, a checksum. It is shown once and kept as a
// keyed hash only.
import { createHmac, randomBytes } from 'node:crypto'
import { BASE62, crc32Base62 } from '#kernel'

const TOKEN_KINDS = { person: 'p', client: 'c', bootstrap: 'b' } as const
export type TokenKind = keyof typeof TOKEN_KINDS

const RANDOM_LENGTH = 30
const FORM = /^reeve_([pcb])_([0-9A-Za-z]{30})([0-9A-Za-z]{6})$/

/** The key that token hashes are made under. A row that somebody wrote into the table without it is no token. */
export interface TokenKey {
  readonly keyId: string
  readonly key: Uint8Array
}

export function mintToken(kind: TokenKind): string {
  let random = ''
  while (random.length < RANDOM_LENGTH) {
    // 248 is the largest multiple of 62 in a byte: what is above would make some digits likelier
    for (const byte of randomBytes(64)) if (byte < 248 && random.length < RANDOM_LENGTH) random += BASE62[byte % 62]
  }
  return `reeve_${TOKEN_KINDS[kind]}_${random}${crc32Base62(random)}`
}

/** Whose kind of token this says it is; `undefined` where form or checksum do not hold. No database is asked. */
export function tokenKind(presented: string): TokenKind | undefined {
  const form = FORM.exec(presented)
  if (form === null || crc32Base62(form[2] ?? '') !== form[3]) return undefined
  return (Object.keys(TOKEN_KINDS) as TokenKind[]).find((kind) => TOKEN_KINDS[kind] === form[1])
}

/** HMAC-SHA-256. The value has 178 random bits, so nothing slower is needed. */
export function hashToken(value: string, { key }: TokenKey): Buffer {
  return createHmac('sha256', key).update(value).digest()
}
