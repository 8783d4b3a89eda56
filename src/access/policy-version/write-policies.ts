// From a text of policies to a version in force: proposed by one person, approved by another, activated, rolled back.
import { createHash } from 'node:crypto'
import { Fault, newId } from '#kernel'
import type { Act, Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { hashOfCompiled } from '../feed/change.ts'
import type { PolicyJson } from '../feed/change.ts'
import { keepSchema } from '../feed/policies-in-force.ts'
import type { AccessLayer } from '../observe/records.ts'
import { administer } from '../role/administration.ts'
import { readPoliciesToDecide, readPolicyText } from '../policy-writing/index.ts'
import type { TextProblem, WrittenPolicy } from '../policy-writing/index.ts'
import { getPolicyVersion } from './read-policies.ts'
import { POLICY_VERSION } from './records.ts'
import type { PolicyVersionRecord } from './records.ts'

export interface PolicyTextToPropose {
  readonly text: string
  /** In Cedar's own syntax. With it, policies must type-check. */
  readonly schema?: string
  readonly comment: string
  /** Natural persons behind the act; none of them approves it. */
  readonly behind: readonly string[]
}

export type Proposed =
  | { readonly version: Current<PolicyVersionRecord>; readonly problems?: never }
  /** With line and column; nothing was kept. */
  | { readonly problems: readonly TextProblem[]; readonly version?: never }

export async function proposePolicies(
  access: AccessLayer,
  act: Act,
  { text, schema, comment, behind }: PolicyTextToPropose,
): Promise<Proposed> {
  const read = await readPoliciesToDecide({ policies: text, ...(schema !== undefined && { schema }) })
  if (read.written === undefined) return { problems: read.problems }
  const { policies } = read.written
  const textHash = createHash('sha256')
    .update(JSON.stringify([text, schema ?? null]))
    .digest()
  const kept = keptOf(policies)
  const compiledHash = hashOfCompiled(kept)
  return await administer(access, act, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('policy version', 0))`)
    await tx.execute(sql`
      insert into access.policy_text (hash, text, schema, policies)
      values (${textHash}, ${text}, ${schema ?? null}, ${JSON.stringify(kept)}::jsonb) on conflict do nothing`)
    // the same text may have been proposed before
    const [stands] = await tx.query<{ policies: readonly PolicyJson[] }>(
      sql`select policies from access.policy_text where hash = ${textHash}`,
    )
    if (stands === undefined || hashOfCompiled(stands.policies) !== compiledHash) {
      throw new Fault('conflict', 'this very text was compiled otherwise before; change a comment in it and try again')
    }
    const [last] = await tx.query<{ number: number }>(
      sql`select coalesce(max(number), 0) as number from access.policy_version`,
    )
    const data: PolicyVersionRecord = {
      number: (last?.number ?? 0) + 1,
      state: 'proposed',
      textHash: textHash.toString('hex'),
      compiledHash,
      comment,
      proposedBy: act.actor.id,
      proposedBehind: behind,
      approvals: [],
    }
    const words = { type: 'policy.proposed', content: { number: data.number, policies: kept.length } }
    const [version] = await createWithEntries(tx, POLICY_VERSION, act, [{ id: newId('policy'), data, words }])
    if (version === undefined) throw new Error('one record makes one version')
    return { version }
  })
}

const keptOf = (policies: readonly WrittenPolicy[]): PolicyJson[] =>
  policies.map(({ id, json }) => ({ id, json: json as PolicyJson['json'] }))

export interface OfVersion {
  readonly number: number
}

/** Throws Fault('forbidden') where a natural person behind the act is one who proposed it. */
export async function approvePolicies(
  access: AccessLayer,
  act: Act,
  { number, behind }: OfVersion & { readonly behind: readonly string[] },
): Promise<Current<PolicyVersionRecord>> {
  return await administer(access, act, async (tx) => {
    const current = await lockVersion(tx, number)
    const { state, proposedBehind, approvals } = current.data
    if (state !== 'proposed') throw new Fault('conflict', `it is ${state}, not proposed`)
    if (behind.length === 0 || behind.some((person) => proposedBehind.includes(person)))
      throw new Fault('forbidden', 'who proposed policies does not approve them; ask somebody else')
    const approved = [...approvals, { by: act.actor.id, at: act.at }]
    return await change(tx, act, current, 'policy.approved', (data) => ({
      ...data,
      state: 'approved',
      approvals: approved,
    }))
  })
}

export async function refusePolicies(
  access: AccessLayer,
  act: Act,
  { number }: OfVersion,
): Promise<Current<PolicyVersionRecord>> {
  return await administer(access, act, async (tx) => {
    const current = await lockVersion(tx, number)
    const { state } = current.data
    if (state !== 'proposed' && state !== 'approved') throw new Fault('conflict', `it is ${state}`)
    return await change(tx, act, current, 'policy.refused', (data) => ({ ...data, state: 'refused' }))
  })
}

/** Puts an approved version in force, or one that was before (a roll back); what is in force till now is superseded. */
export async function activatePolicies(
  access: AccessLayer,
  act: Act,
  { number }: OfVersion,
): Promise<Current<PolicyVersionRecord>> {
  await assertReadAsApproved(access, number)
  return await administer(access, act, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('policy version', 0))`)
    const current = await lockVersion(tx, number)
    const { state } = current.data
    if (state === 'active') return current
    if (state !== 'approved' && state !== 'superseded') throw new Fault('conflict', `it is ${state}, not approved`)
    const before = await activeVersion(tx)
    if (before !== undefined) {
      await change(tx, act, before, 'policy.superseded', (data) => ({ ...data, state: 'superseded' }))
    }
    const type = state === 'superseded' ? 'policy.rolled_back' : 'policy.activated'
    return await change(tx, act, current, type, (data) => ({ ...data, state: 'active', activatedAt: act.at }))
  })
}

/** In force, one that this release reads otherwise than the one under which it was approved would decide nothing. */
async function assertReadAsApproved({ db }: AccessLayer, number: number): Promise<void> {
  const { text, schema, data } = await getPolicyVersion(db, number)
  const { compiledHash } = data
  if (compiledHash === undefined) return
  const { written } = await readPolicyText({ policies: text, ...(schema !== undefined && { schema }) })
  if (schema !== undefined && written !== undefined) keepSchema(schema, written.schema)
  if (written !== undefined && hashOfCompiled(keptOf(written.policies)) === compiledHash) return
  throw new Fault(
    'conflict',
    'this release reads its text otherwise than the one under which it was approved: propose it again, with a comment in it changed',
  )
}

async function change(
  tx: Tx,
  act: Act,
  current: Current<PolicyVersionRecord>,
  type: string,
  patch: (data: PolicyVersionRecord) => PolicyVersionRecord,
): Promise<Current<PolicyVersionRecord>> {
  const words = { type, content: { number: current.data.number } }
  const [made] = await changeWithEntries(tx, POLICY_VERSION, act, [{ current, patch, words }])
  if (made === undefined) throw new Error('one change makes one version')
  return made
}

async function lockVersion(tx: Tx, number: number): Promise<Current<PolicyVersionRecord>> {
  const [row] = await tx.query<{ id: Id<'policy'> }>(sql`select id from access.policy_version where number = ${number}`)
  const found = row === undefined ? undefined : await locked(tx, row.id)
  if (found === undefined) throw new Fault('not_found', 'there is no version of this number')
  return found
}

async function activeVersion(tx: Tx): Promise<Current<PolicyVersionRecord> | undefined> {
  const [row] = await tx.query<{ id: string }>(sql`select id from access.policy_version where state = 'active'`)
  return row === undefined ? undefined : await locked(tx, row.id)
}

const locked = async (tx: Tx, id: string): Promise<Current<PolicyVersionRecord> | undefined> =>
  (await readCurrent<PolicyVersionRecord>(tx, POLICY_VERSION, [id], { lock: true })).get(id)
