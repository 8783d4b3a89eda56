// The principal of kind human keeps up with the person that it is: their name and identifier, and whether they are there.
// Accounts that were confirmed to be theirs are shut with them.
import type { Act, Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import { patchPrincipals } from '../principal/patch-principal.ts'
import type { PrincipalPatch } from '../principal/patch-principal.ts'
import { claimRefs } from '../principal/refs.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import type { CurrentPerson, PersonChange } from './feed-plan.ts'
import { afterLeaving, afterReturning, humanRef } from './human-principal.ts'

type Known = PersonChange & { readonly current: CurrentPerson }

/** It is quarantined when they leave, and back when they are. Returns the principals that were changed. */
export async function followHumans(
  tx: Tx,
  act: Act,
  changes: readonly Known[],
  humans: ReadonlyMap<string, Id<'principal'>>,
): Promise<readonly Id<'principal'>[]> {
  const following = changes.filter(
    ({ what, fields }) =>
      what === 'left' || what === 'returned' || fields.includes('name') || fields.includes('feedId'),
  )
  const held = await readCurrent<PrincipalRecord>(
    tx,
    PRINCIPAL,
    following.flatMap(({ current }) => humans.get(current.id) ?? []),
    { lock: true },
  )
  for (const { current, fields, next } of following) {
    const human = humans.get(current.id)
    if (human !== undefined && fields.includes('feedId')) await claimRefs(tx, human, [humanRef(next.feedId)])
  }
  const patches = following.flatMap((change): PrincipalPatch[] => {
    const current = held.get(humans.get(change.current.id) ?? '')
    if (current === undefined || current.data.state === 'retired') return []
    const patch = (human: PrincipalRecord): PrincipalRecord => follow(human, change, act)
    const type = typeOf(current.data, patch(current.data))
    if (type === undefined) return []
    const added = type === 'identified' ? { content: { added: 1 } } : {}
    return [{ current, patch, words: { type: `principal.${type}`, about: [change.current.id], ...added } }]
  })
  patches.push(...(await shutAccounts(tx, act, changes)))
  await patchPrincipals(tx, act, patches)
  return patches.map(({ current }) => current.id as Id<'principal'>)
}

/** Accounts that were confirmed to be somebody who leaves; when they are back, a person says which of them come back. */
async function shutAccounts(tx: Tx, act: Act, changes: readonly Known[]): Promise<PrincipalPatch[]> {
  const gone = changes.filter(({ what }) => what === 'left').map(({ current }) => current.id)
  if (gone.length === 0) return []
  const accounts = await tx.query<{ id: Id<'principal'> }>(sql`
    select a.id from identity.principal a join identity.person p on p.id = a.person_id
    where p.id = any(${gone}::text[]) and a.id <> p.principal_id and a.state not in ('quarantined', 'retired')`)
  const held = await readCurrent<PrincipalRecord>(
    tx,
    PRINCIPAL,
    accounts.map(({ id }) => id),
    { lock: true },
  )
  return [...held.values()].map((current) => ({
    current,
    patch: (account) => afterLeaving(account, act.actor.id, act.at),
    words: { type: 'principal.quarantined', about: [current.data.personId ?? ''] },
  }))
}

/** The identifier of before stays with it: nobody else may come by it. */
function follow(human: PrincipalRecord, { what, next, fields }: Known, act: Act): PrincipalRecord {
  const identified = fields.includes('feedId')
    ? { externalId: next.feedId, refs: [...new Set([...human.refs, humanRef(next.feedId)])].sort() }
    : {}
  const named = { ...human, name: next.name, ...identified }
  if (what === 'left') return afterLeaving(named, act.actor.id, act.at)
  return what === 'returned' ? afterReturning(named) : named
}

function typeOf(before: PrincipalRecord, after: PrincipalRecord): string | undefined {
  if (after.state !== before.state) return after.state === 'quarantined' ? 'quarantined' : 'restored'
  if (after.externalId !== before.externalId) return 'identified'
  return after.name === before.name ? undefined : 'renamed'
}
