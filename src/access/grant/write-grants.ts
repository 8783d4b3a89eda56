// Making grants and moving them on: each step with its entry, in the caller's transaction.
import { Fault, following, isId, newId } from '#kernel'
import type { Act } from '#kernel'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import type { EntryWords } from '#evidence/port'
import { isResourcePattern } from '../decide/index.ts'
import { fulfillerOf } from '../fulfil/fulfiller-of.ts'
import type { AccessLayer } from '../observe/records.ts'
import { GRANT } from './records.ts'
import type { GrantRecord } from './records.ts'

export type CurrentGrant = Current<GrantRecord>

const PATTERNS_MAX = 100
const NAME_MAX = 500
const ACTION = /^(?:[^\s*]+|(?:[^\s*]+:)?\*)$/

/**
 * A grant in force from `from` on; where its right lies at a target that is told, only once that has it. Throws
 * Fault('unprocessable') for patterns that are none.
 */
export async function makeGrant(
  { fulfillers = [], lookForTargets }: AccessLayer,
  tx: Tx,
  act: Act,
  grant: Omit<GrantRecord, 'state' | 'ended' | 'fulfilment'>,
): Promise<CurrentGrant> {
  assertRight(grant)
  await lookForTargets?.()
  const fulfiller = fulfillerOf(fulfillers, grant)
  const data: GrantRecord = {
    ...grant,
    actions: [...new Set(grant.actions)].sort(),
    resources: [...new Set(grant.resources)].sort(),
    ...(fulfiller === undefined
      ? { state: 'active' }
      : { state: 'approved', fulfilment: { by: fulfiller.name, attempts: 0, nextAt: grant.from } }),
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

/** Reads it and holds it. Throws Fault('not_found'). */
export async function lockGrant(tx: Tx, id: string): Promise<CurrentGrant> {
  const current = isId('grant', id)
    ? (await readCurrent<GrantRecord>(tx, GRANT, [id], { lock: true })).get(id)
    : undefined
  if (current === undefined) throw new Fault('not_found', 'there is no such grant')
  return current
}

/** One version more of a grant that was read under lock. PostgreSQL refuses what widens it, and steps that there are not. */
export async function moveGrant(
  tx: Tx,
  act: Act,
  current: CurrentGrant,
  words: EntryWords,
  patch: (data: GrantRecord) => GrantRecord,
): Promise<CurrentGrant> {
  const { principalId, requestId } = current.data
  const about = [principalId, requestId]
  const moved = { current, patch, words: { about, ...words } }
  const [made] = await changeWithEntries<GrantRecord>(tx, GRANT, following(act, requestId), [moved])
  if (made === undefined) throw new Error('one change makes one version')
  return made
}
