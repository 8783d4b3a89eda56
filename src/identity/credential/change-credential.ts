// The one way in which a credential of record is changed: locked, by the table of its states, with its entry.
import { Fault, isId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import type { EntryWords } from '#evidence/port'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import { CREDENTIAL } from '../record/tables.ts'

export type CurrentCredential = Current<CredentialRecord> & { readonly id: Id<'credential'> }

/** What every change of one credential is given. */
export interface OfCredential {
  readonly id: string
  /** The version that the caller saw; another one throws Fault('version_mismatch'). */
  readonly expectedVersion?: number
}

/** Reads them and holds them until the transaction ends. Throws Fault('not_found') and Fault('version_mismatch'). */
export async function lockCredentials(tx: Tx, wanted: readonly OfCredential[]): Promise<CurrentCredential[]> {
  const found = await readCurrent<CredentialRecord>(
    tx,
    CREDENTIAL,
    wanted.map(({ id }) => id),
    { lock: true },
  )
  return wanted.map(({ id, expectedVersion }) => {
    const current = found.get(id)
    if (current === undefined || !isId('credential', id)) {
      throw new Fault('not_found', 'no credential has this id')
    }
    if (expectedVersion !== undefined && expectedVersion !== current.version) {
      throw new Fault(
        'version_mismatch',
        `it is at version ${current.version} now: read it again and repeat the change`,
      )
    }
    return { ...current, id }
  })
}

export interface CredentialPatch {
  readonly patch: (record: CredentialRecord) => CredentialRecord
  readonly words: EntryWords
  readonly validFrom?: Instant
}

/** One more version of it with its entry; the entry is also about whose credential it is. */
export async function patchCredential(
  tx: Tx,
  act: Act,
  current: CurrentCredential,
  { words, ...change }: CredentialPatch,
): Promise<CurrentCredential> {
  const of = current.data.principalId === undefined ? [] : [current.data.principalId]
  const [made] = await changeWithEntries(tx, CREDENTIAL, act, [
    { current, ...change, words: { ...words, about: [...(words.about ?? []), ...of] } },
  ])
  if (made === undefined) throw new Error('one change makes one version')
  return { ...made, id: current.id }
}

/** The most usual operation: lock one credential, patch it, give back its new version. */
export async function changeCredential(
  identity: IdentityLayer,
  act: Act,
  input: OfCredential,
  change: (current: CurrentCredential, tx: Tx) => Promise<CredentialPatch> | CredentialPatch,
): Promise<CurrentCredential> {
  return await operate(identity, act, async (tx) => {
    const [current] = await lockCredentials(tx, [input])
    if (current === undefined) throw new Error('a credential that is not there throws')
    return await patchCredential(tx, act, current, await change(current, tx))
  })
}

const REASON_MAX = 2000

/** A text that somebody gave, trimmed. Throws Fault('unprocessable') where it is empty or too long. */
export function statedText(text: string, what: string, lengthMax = REASON_MAX): string {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.length > lengthMax) {
    throw new Fault('unprocessable', `\`${what}\` needs 1 to ${lengthMax} characters`)
  }
  return trimmed
}
