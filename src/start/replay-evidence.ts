// Puts into the restored database what ended after the backup was made, with an entry for each; and says what it cannot.
import { newId, REEVE } from '#kernel'
import type { Act, Id, Json } from '#kernel'
import { sql } from '#db'
import type { AsLayer, Tx } from '#db'
import { readCurrent } from '#db/history'
import { placeRestored } from '#evidence'
import { appendEntries, appendEntry, changeWithEntries } from '#evidence/port'
import type { RecordChange } from '#evidence/port'
import type { CredentialRecord, PrincipalRecord } from '#identity/roll'
import { CREDENTIAL, PRINCIPAL } from '../identity/record/tables.ts'
import { logEndOf, NEWEST_CHECKPOINT } from './log-end.ts'
import type { NewerEvidence } from './newer-evidence.ts'
import { replayAtTargets } from './replay-at-targets.ts'
import type { ReplayedAtTargets } from './replay-at-targets.ts'

/** In numbers and, where a person has to act, by name. */
export interface Replayed extends ReplayedAtTargets {
  readonly quarantined: number
  readonly retired: number
  readonly credentials: number
  readonly tokensRevoked: number
  readonly rolesEnded: number
  /** Held or ended, and not in the backup at all: nothing of them is live, nothing of them is known. */
  readonly unknown: readonly string[]
  /** People who have left since: send the feed of people again. */
  readonly leavers: readonly string[]
}

export interface ReplayOptions {
  readonly evidence: NewerEvidence
  readonly act: Act
  readonly keepTokens: boolean
  /** When the backup was made. */
  readonly backupOf: string
  readonly evidenceGiven: boolean
}

const ORDER = ['discovered', 'registered', 'active', 'quarantined', 'retired']

export async function replayEvidence(as: AsLayer, options: ReplayOptions): Promise<Replayed> {
  const { evidence } = options
  // before anything is written
  await placeRestored(as('evidence'), options.act.at)
  const identity = as('identity')
  const principals = await heldPrincipals(identity, options)
  const credentials = await endedCredentials(identity, options)
  const access = as('access')
  const tokensRevoked = await endTokens(access, options)
  const rolesEnded = await endRoles(access, options)
  const leavers = await identity.query<{ feedId: string }>(sql`
    select feed_id as "feedId" from identity.person where status <> 'leaver' and feed_id = any(${[...evidence.leavers]})`)
  const replayed = {
    quarantined: principals.changed.filter((state) => state === 'quarantined').length,
    retired: principals.changed.filter((state) => state === 'retired').length,
    credentials: credentials.changed,
    tokensRevoked,
    rolesEnded,
    ...(await replayAtTargets(as, evidence, options.act)),
    unknown: [...principals.unknown, ...credentials.unknown],
    leavers: leavers.map(({ feedId }) => feedId),
  }
  await noteRestore(as('evidence'), options, replayed)
  return replayed
}

async function heldPrincipals(
  tx: Tx,
  { evidence, act, backupOf }: ReplayOptions,
): Promise<{ changed: string[]; unknown: string[] }> {
  const ids = [...evidence.principals.keys()]
  const found = await readCurrent<PrincipalRecord>(tx, PRINCIPAL, ids, { lock: true })
  const changes: RecordChange<PrincipalRecord>[] = []
  const changed: string[] = []
  for (const [id, newer] of evidence.principals) {
    const current = found.get(id)
    if (current === undefined || ORDER.indexOf(newer.state) <= ORDER.indexOf(current.data.state)) continue
    const { state, quarantine, retirement } = newer
    changed.push(state)
    changes.push({
      current,
      patch: (data) => ({
        ...data,
        state,
        ...(quarantine === undefined ? {} : { quarantine }),
        ...(retirement === undefined ? {} : { retirement }),
        ...(newer.mergedInto === undefined ? {} : { mergedInto: newer.mergedInto }),
      }),
      words: { type: `principal.${state}`, content: { replayed: true, backupOf } },
    })
  }
  await changeWithEntries(tx, PRINCIPAL, act, changes)
  return { changed, unknown: ids.filter((id) => !found.has(id)) }
}

async function endedCredentials(
  tx: Tx,
  { evidence, act, backupOf }: ReplayOptions,
): Promise<{ changed: number; unknown: string[] }> {
  const ids = [...evidence.credentials.keys()]
  const found = await readCurrent<CredentialRecord>(tx, CREDENTIAL, ids, { lock: true })
  const changes: RecordChange<CredentialRecord>[] = []
  for (const [id, newer] of evidence.credentials) {
    const current = found.get(id)
    // what is revoked in the backup already stays revoked, whatever the newer word
    if (current === undefined || current.data.state === newer.state || current.data.state === 'revoked') continue
    const { state, leak, revocation, replacedBy } = newer
    changes.push({
      current,
      patch: (data) => ({
        ...data,
        state,
        ...(leak === undefined ? {} : { leak }),
        ...(revocation === undefined ? {} : { revocation }),
        ...(replacedBy === undefined ? {} : { replacedBy }),
      }),
      words: { type: `credential.${state}`, content: { replayed: true, backupOf } },
    })
  }
  await changeWithEntries(tx, CREDENTIAL, act, changes)
  return { changed: changes.length, unknown: ids.filter((id) => !found.has(id)) }
}

/** All of them, since any may have been revoked or leaked in the time that is lost; or those that are known to be. */
async function endTokens(tx: Tx, { evidence, act, keepTokens }: ReplayOptions): Promise<number> {
  const ended = await tx.query<{ id: Id<'token'> }>(sql`
    update access.token set revoked_at = ${act.at}, revoked_by = ${act.actor.id}
    where revoked_at is null ${keepTokens ? sql`and id = any(${[...evidence.revokedTokens]})` : sql``} returning id`)
  await note(tx, act, 'token.revoked', ended)
  return ended.length
}

async function endRoles(tx: Tx, { evidence, act }: ReplayOptions): Promise<number> {
  const ended = await tx.query<{ id: string }>(sql`
    update access.role_assignment set ended_at = ${act.at}, ended_by = ${act.actor.id}
    where ended_at is null and id = any(${[...evidence.endedRoles]}) returning id`)
  await note(tx, act, 'role.ended', ended)
  return ended.length
}

async function note(tx: Tx, act: Act, type: string, ended: readonly { readonly id: string }[]): Promise<void> {
  const { at, reason = '' } = act
  await appendEntries(
    tx,
    ended.map(({ id }) => ({
      id: newId('entry'),
      layer: tx.layer,
      type,
      at,
      actor: REEVE,
      subjects: [id],
      reason,
      content: { replayed: true },
    })),
  )
}

async function noteRestore(tx: Tx, options: ReplayOptions, replayed: Replayed): Promise<void> {
  const { act, backupOf, evidenceGiven, evidence } = options
  const { unknown, leavers, ...counts } = replayed
  const content: { [key: string]: Json } = {
    backupOf,
    // from then until the restore nothing is known beyond it
    knownUntil: evidenceGiven ? evidence.until : backupOf,
    evidenceGiven,
    unknown: unknown.length,
    leavers: leavers.length,
    ...counts,
  }
  const { at, reason = '' } = act
  const entry = { layer: tx.layer, at, actor: REEVE, subjects: [], reason }
  await appendEntry(tx, { ...entry, id: newId('entry'), type: 'server.restored', content })
  await appendEntry(tx, { ...entry, id: newId('entry'), type: 'log.restored', content: await logEnds(tx, options) })
}

/** Where the log goes on, and where it had been: what a witness remembers of it is then no riddle. */
async function logEnds(tx: Tx, { backupOf, evidence }: ReplayOptions): Promise<{ [key: string]: Json }> {
  const [newest] = await tx.query<{ note: string }>(NEWEST_CHECKPOINT)
  const { size, root } = logEndOf(newest?.note) ?? { size: 0, root: '' }
  const before = evidence.log === undefined ? {} : { sizeBefore: evidence.log.size, rootBefore: evidence.log.root }
  return { backupOf, size, root, ...before }
}
