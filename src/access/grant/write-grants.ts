// Making and ending grants, and denials: each with its entry, in the caller's transaction or one of its own.
import { Fault, isId, newId } from '#kernel'
import type { Act } from '#kernel'
import { once, sql } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { isResourcePattern } from '../decide/index.ts'
import type { AccessLayer } from '../observe/records.ts'
import { administer } from '../role/administration.ts'
import { DENIAL, GRANT } from './records.ts'
import type { DenialRecord, GrantRecord } from './records.ts'

const PATTERNS_MAX = 100
const NAME_MAX = 500
const ACTION = /^(?:[^\s*]+|(?:[^\s*]+:)?\*)$/

/** A grant in force from `from` on. Throws Fault('unprocessable') for patterns that are none. */
export async function makeGrant(
  tx: Tx,
  act: Act,
  grant: Omit<GrantRecord, 'state' | 'ended'>,
): Promise<Current<GrantRecord>> {
  assertRight(grant)
  const data: GrantRecord = {
    ...grant,
    actions: [...new Set(grant.actions)].sort(),
    resources: [...new Set(grant.resources)].sort(),
    state: 'active',
  }
  const about = [grant.principalId, grant.requestId]
  const content = { kind: grant.kind, from: grant.from, ...(grant.until !== undefined && { until: grant.until }) }
  const [made] = await createWithEntries(tx, GRANT, act, [
    { id: newId('grant'), data, words: { type: 'grant.made', about, content } },
  ])
  if (made === undefined) throw new Error('one record makes one version')
  return made
}

/** What can be asked for: names as `kernel/names` spells them, or cut after a separator and followed by `*`. */
export function assertRight({
  actions,
  resources,
}: {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
}): void {
  for (const [what, names] of Object.entries({ actions, resources })) {
    if (names.length === 0 || names.length > PATTERNS_MAX)
      throw new Fault('unprocessable', `say 1 to ${PATTERNS_MAX} ${what}`)
    for (const name of names) {
      const sound = what === 'actions' ? ACTION.test(name) : isResourcePattern(name)
      if (name.length <= NAME_MAX && sound) continue
      throw new Fault(
        'unprocessable',
        `\`${name.slice(0, 100)}\` in ${what}: a name, or cut after \`:\`, \`/\` or \`.\` and followed by \`*\``,
      )
    }
  }
}

export interface GrantToEnd {
  readonly id: string
  readonly because: string
}

/** Over from now on, whatever its window. Ending what is over already throws Fault('conflict'). */
export async function endGrant(
  access: AccessLayer,
  act: Act,
  { id, because }: GrantToEnd,
): Promise<Current<GrantRecord>> {
  return await administer(access, act, async (tx) => {
    const current = await lockGrant(tx, id)
    if (current.data.ended !== undefined) throw new Fault('conflict', `it was ended on ${current.data.ended.at}`)
    const ended = { at: act.at, by: act.actor.id, because }
    const [made] = await changeWithEntries<GrantRecord>(tx, GRANT, act, [
      {
        current,
        patch: (data) => ({ ...data, state: 'ended', ended }),
        words: { type: 'grant.ended', about: [current.data.principalId], reason: because },
      },
    ])
    if (made === undefined) throw new Error('one change makes one version')
    return made
  })
}

async function lockGrant(tx: Tx, id: string): Promise<Current<GrantRecord>> {
  const current = isId('grant', id)
    ? (await readCurrent<GrantRecord>(tx, GRANT, [id], { lock: true })).get(id)
    : undefined
  if (current === undefined) throw new Fault('not_found', 'there is no such grant')
  return current
}

/** Denies a principal, credential, token or session everywhere at once, until it is lifted. */
export async function denySubject(
  { db }: AccessLayer,
  act: Act,
  { subjectId, reason }: { readonly subjectId: string; readonly reason: string },
): Promise<Current<DenialRecord>> {
  return await db.transaction(async (tx) => {
    const id = await once(tx, act.idempotency, act.at, async () => {
      if ((await standing(tx, subjectId)) !== undefined) throw new Fault('conflict', 'it is denied already')
      const data: DenialRecord = { subjectId, reason, by: act.actor.id }
      const words = { type: 'subject.denied', about: [subjectId], reason }
      const denialId = newId('denial')
      await createWithEntries(tx, DENIAL, act, [{ id: denialId, data, words }])
      return denialId
    })
    const made = (await readCurrent<DenialRecord>(tx, DENIAL, [id])).get(id)
    if (made === undefined) throw new Error('it was written above')
    return made
  })
}

export async function liftDenial(
  access: AccessLayer,
  act: Act,
  { subjectId, reason }: { readonly subjectId: string; readonly reason: string },
): Promise<Current<DenialRecord>> {
  return await administer(access, act, async (tx) => {
    const current = await standing(tx, subjectId)
    if (current === undefined) throw new Fault('not_found', 'nothing denies it')
    const words = { type: 'subject.denial_lifted', about: [subjectId], reason }
    const patch = (data: DenialRecord): DenialRecord => ({ ...data, liftedAt: act.at })
    const [made] = await changeWithEntries<DenialRecord>(tx, DENIAL, act, [{ current, patch, words }])
    if (made === undefined) throw new Error('one change makes one version')
    return made
  })
}

async function standing(tx: Tx, subjectId: string): Promise<Current<DenialRecord> | undefined> {
  const [row] = await tx.query<{ id: string }>(
    sql`select id from access.denial where subject_id = ${subjectId} and lifted_at is null`,
  )
  return row === undefined
    ? undefined
    : (await readCurrent<DenialRecord>(tx, DENIAL, [row.id], { lock: true })).get(row.id)
}
