// Making tokens. The value is in the answer and nowhere else.
import { Fault, newId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { once, sql } from '#db'
import type { Tx } from '#db'
import { note, plainText } from '../role/administration.ts'
import type { Administration } from '../role/administration.ts'
import { hashToken, mintToken } from './token-value.ts'
import type { TokenKind } from './token-value.ts'
import { TOKEN } from './token.ts'
import type { Scope, Token } from './token.ts'

const DAY_MS = 86_400_000

export type TokenSubject =
  | { readonly kind: 'person'; readonly personId: Id<'person'> }
  | { readonly kind: 'client'; readonly principalId: Id<'principal'>; readonly credentialId: Id<'credential'> }
  | { readonly kind: 'bootstrap' }

export interface TokenToCreate {
  readonly subject: TokenSubject
  readonly label: string
  readonly scopes: readonly Scope[]
  readonly expiresAt: Instant
  /** Minted by the caller where it has to be known before (its fingerprint goes into the roll first). */
  readonly value?: string
}

export interface NewToken {
  readonly token: Token
  /** SECURITY: shown once, never logged, never kept under an idempotency key. */
  readonly value: string
}

/** Throws Fault('conflict') where the idempotency key has made a token already: that one was shown, and is not again. */
export async function createToken(administration: Administration, act: Act, input: TokenToCreate): Promise<NewToken> {
  const label = plainText('the label', input.label, 100)
  assertBounded(administration, act, input)
  const value = input.value ?? mintToken(input.subject.kind satisfies TokenKind)
  const [key] = administration.tokenKeys()
  if (key === undefined) throw new Fault('key_missing', 'there is no key for tokens')
  const hash = hashToken(value, key)
  const id = newId('token')
  return await administration.db.transaction(async (tx) => {
    const first = await once(tx, act.idempotency, act.at, async () => {
      await insert(tx, act, { ...input, label }, id, { hash, keyId: key.keyId })
      return id
    })
    if (first !== id) {
      throw madeAlready(first)
    }
    const [token] = await tx.query<Token>(sql`select ${TOKEN} from access.token where id = ${id}`)
    if (token === undefined) throw new Error('it was inserted above')
    return { token, value }
  })
}

/** Before anything is made for it: throws as `createToken` does where the idempotency key has made a token already. */
export async function assertFirst({ db }: Administration, { idempotency }: Act): Promise<void> {
  if (idempotency === undefined) return
  const [first] = await db.transaction(
    async (tx) =>
      await tx.query<{ response: string }>(sql`
        select response from access.idempotency where client = ${idempotency.client} and key = ${idempotency.key}`),
    { readOnly: true },
  )
  if (first !== undefined) throw madeAlready(first.response)
}

const madeAlready = (id: string): Fault =>
  new Fault('conflict', `this request made \`${id}\` already; its value was shown once. revoke it and ask anew`)

function assertBounded({ settings }: Administration, act: Act, { scopes, expiresAt }: TokenToCreate): void {
  if (scopes.length === 0) throw new Fault('unprocessable', 'say at least one scope')
  if (expiresAt <= act.at) throw new Fault('unprocessable', 'the expiry must lie ahead')
  if (Date.parse(expiresAt) - Date.parse(act.at) > settings.tokenDaysMax * DAY_MS) {
    throw new Fault('unprocessable', `a token lives at most ${settings.tokenDaysMax} days; give an earlier expiry`)
  }
}

async function insert(
  tx: Tx,
  act: Act,
  input: TokenToCreate,
  id: Id<'token'>,
  { hash, keyId }: { readonly hash: Buffer; readonly keyId: string },
): Promise<void> {
  const { subject, label, expiresAt } = input
  const scopes = [...new Set(input.scopes)].sort()
  const personId = subject.kind === 'person' ? subject.personId : null
  const principalId = subject.kind === 'client' ? subject.principalId : null
  const credentialId = subject.kind === 'client' ? subject.credentialId : null
  await tx.execute(sql`
    insert into access.token (id, hash, principal_id, person_id, bootstrap, credential_id, label, scopes,
      created_at, created_by, expires_at, key_id, known_to)
    values (${id}, ${hash}, ${principalId}, ${personId}, ${subject.kind === 'bootstrap'}, ${credentialId}, ${label},
      ${scopes}, ${act.at}, ${act.actor.id}, ${expiresAt}, ${keyId}, ${knownTo(act, personId)})`)
  const about = [personId, principalId, credentialId].filter((subjectId) => subjectId !== null)
  await note(tx, act, 'token.created', [id, ...about], { kind: subject.kind, scopes, expiresAt })
}

/** Who makes a token sees it, and so may everybody who may know the token that it is made with. */
function knownTo({ actor }: Act, subject: Id<'person'> | null): Id<'person'>[] {
  const persons = [...(actor.personId === undefined ? [] : [actor.personId]), ...(actor.behind ?? [])]
  return [...new Set(persons)].filter((person) => person !== subject).sort()
}
