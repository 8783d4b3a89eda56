// Puts rows into the tables that a small estate leaves empty: by the operations that a server has, or as the role of the layer,
// whose triggers tell the log.
import { createConnection } from '#connections'
import { denySubject, reviewBreakGlass, listBreakGlass, writeDecisions } from '#access/decisions'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { newId } from '#kernel'
import type { Id, Instant } from '#kernel'
import { sql } from '#db'
import { readCurrent } from '#db/history'
import type { RecordTable } from '#db/history'
import * as roll from '#identity/roll'
import { grantInTest } from '../../src/access/grant/grant-in-test.ts'
import { POLICY_VERSION } from '../../src/access/policy-version/records.ts'
import { PLAN, RECEIPT, RESTRAINT, TARGET } from '../../src/effect/records.ts'
import { MATCH } from '../../src/identity/record/tables.ts'
import { WAY } from '../../src/access/observe/records.ts'
import { note } from '../../src/access/role/administration.ts'
import { person, personOf } from '../../src/identity/principal/roll-in-test.ts'
import type { Estate } from './estate.ts'

export async function fillEveryTable(estate: Estate): Promise<void> {
  await fillRoll(estate)
  await fillAccess(estate)
  await fillConnections(estate)
  await fillEffect(estate)
  await estate.integrate()
}

async function fillRoll({ roll: own, first }: Estate): Promise<void> {
  const { identity } = own
  await own.addTeam('payments')
  await roll.registerVendor(identity, own.act('ada'), { name: 'Parcel Ltd' })
  await roll.offerOwnership(identity, own.act('ben'), { id: first, to: person('ben'), why: 'he runs it' })
  await roll.requestIdentity(identity, own.act('ada'), {
    kind: 'workload',
    system: 'aws',
    name: 'invoices',
    owner: person('ada'),
    purpose: 'sends invoices',
    expiresAt: new Date(Date.parse(own.now()) + 90 * 86_400_000).toISOString() as Instant,
  })
  const [credential] = await Array.fromAsync(roll.everyCredential(identity))
  await roll.recordExposure(identity, own.act('ada'), {
    personId: personOf('ben'),
    credentialId: credential?.id as Id<'credential'>,
    how: 'saw',
    at: own.now(),
    source: 'test',
  })
  await identity.db.transaction(async (tx) => {
    const at = own.now()
    await tx.execute(
      sql`insert into identity.source (id, name, key_id, read_at) values ('cnn_test', 'test', 'hk', ${at})`,
    )
    await tx.execute(sql`insert into identity.presence (source_id, record_id, defines, rank, first_seen_at)
      values ('cnn_test', ${first}, true, 0, ${at})`)
    await tx.execute(sql`insert into identity.fingerprint (key_id, value, credential_id)
      values ('hk', sha256('a secret'), ${credential?.id ?? ''})`)
    await tx.execute(sql`insert into identity.exposure_watch (source, how, since, until)
      values ('cnn_test', 'saw', ${at}, ${at})`)
    await tx.execute(sql`insert into identity.feed_hold (source, person_ids, people, held_at)
      values ('cnn_test', '{psn_x}', 7, ${at})`)
    const data = { aId: first, bId: newId('principal'), state: 'proposed' }
    await createWithEntries(tx, MATCH, own.act('ada'), [
      { id: newId('match'), data, words: { type: 'match.proposed' } },
    ])
  })
}

async function fillAccess({ roll: own, db, first }: Estate): Promise<void> {
  const { identity } = own
  const access = { db: db.database.layer('access'), clock: identity.clock }
  const until = new Date(Date.parse(own.now()) + 3_600_000).toISOString() as Instant
  const right = { principalId: first, actions: ['pg:*'], resources: ['pg://main/*'], until }
  await grantInTest(access, own.act('ada'), { ...right, kind: 'just_in_time' })
  await grantInTest(access, own.act('ada'), { ...right, kind: 'break_glass' })
  const [use] = await listBreakGlass(access.db, 'open', { limit: 1 })
  const review = { id: use?.id ?? '', verdict: 'justified', reason: 'it was down', behind: [personOf('ben')] } as const
  await reviewBreakGlass(access, own.act('ben'), review)
  await denySubject(access, own.act('ada'), { subjectId: first, reason: 'it leaked' })
  const line = {
    id: newId('decision'),
    at: Date.parse(own.now()),
    principalId: first,
    action: 'pg:SELECT',
    resource: 'pg://main/a',
  }
  const text = JSON.stringify({ ...line, allowed: false, reason: 'no_grant', highRisk: false })
  await writeDecisions(access, own.act('ada'), { source: 'spl_test', lines: [{ seq: 1, text }] })
  await access.db.transaction(async (tx) => {
    const textHash = 'a'.repeat(64)
    await tx.execute(sql`insert into access.policy_text (hash, text, policies)
      values (decode(${textHash}, 'hex'), 'permit (principal, action, resource);', '[]')`)
    const version = { number: 1, state: 'active', textHash, comment: 'a test', proposedBy: personOf('ada') } as const
    const data = { ...version, proposedBehind: [personOf('ada')], approvals: [{ by: personOf('ben'), at: own.now() }] }
    await createWithEntries(tx, POLICY_VERSION, own.act('ada'), [
      { id: newId('policy'), data, words: { type: 'policy.activated' } },
    ])
    const [request] = await tx.query<{ id: string }>(sql`select id from access.access_request limit 1`)
    const [approval, assignment] = [newId('approval'), newId('role')]
    await tx.execute(sql`insert into access.approval (id, request_id, verdict, actor, behind, reason, at)
      values (${approval}, ${request?.id ?? ''}, 'approve', ${personOf('ben')}, ${[personOf('ben')]}::text[], 'ok', ${own.now()})`)
    await note(tx, own.act('ben'), 'access_request.approved', [approval, request?.id ?? '', first])
    await tx.execute(sql`insert into access.role_assignment (id, subject_id, role, assigned_at, assigned_by, reason)
      values (${assignment}, ${personOf('ada')}, 'auditor', ${own.now()}, 'bootstrap', 'a test')`)
    await note(tx, own.act('ada'), 'role.assigned', [assignment, personOf('ada')])
    const way = { principalId: first, kind: 'acts_as', how: 'test' }
    await createWithEntries(tx, WAY, own.act('ada'), [{ id: newId('way'), data: way, words: { type: 'way.observed' } }])
    await tx.execute(sql`insert into access.presence (source_id, record_id, first_seen_at)
      select 'cnn_test', id, ${own.now()} from access.account`)
  })
}

async function fillConnections({ roll: own, db, folder }: Estate): Promise<void> {
  const { identity } = own
  const layer = {
    db: db.database.layer('connections'),
    clock: identity.clock,
    places: { importRoots: [folder], dataDirectory: `${folder}-data` },
  }
  const { id } = await createConnection(layer, own.act('ada'), {
    name: 'here',
    type: 'files',
    settings: { path: folder },
  })
  await layer.db.transaction(async (tx) => {
    await tx.execute(sql`insert into connections.run (id, connection_id, state, asked_by, queued_at)
      values (${newId('run')}, ${id}, 'queued', ${personOf('ada')}, ${own.now()})`)
  })
}

/** Records alone: how they come to be has tests of its own. */
async function fillEffect({ roll: own, db, first }: Estate): Promise<void> {
  await db.database.layer('effect').transaction(async (tx) => {
    const made = async (table: RecordTable, id: string, data: object): Promise<unknown> =>
      await createWithEntries(tx, table, own.act('ada'), [{ id, data, words: { type: `${table.table}.made` } }])
    const [target, plan, receiptId] = [newId('target'), newId('plan'), newId('receipt')]
    await made(TARGET, target, { settings: { name: 'shop' }, state: 'enabled' })
    const planned = {
      operation: 'contain',
      targetId: target,
      account: 'app',
      about: [first],
      madeAt: own.now(),
      plannedBy: personOf('ada'),
      plannedBehind: [personOf('ada')],
      approval: { needed: false },
    }
    await made(PLAN, newId('plan'), { ...planned, account: 'other', about: [], state: 'proposed' })
    await made(PLAN, plan, { ...planned, state: 'running' })
    const receipt = { planId: plan, account: 'app', about: [first], outcome: 'verified', reasons: [], steps: [] }
    const words = { type: 'receipt.made', about: [plan, first], content: { receipt } }
    await createWithEntries(tx, RECEIPT, own.act('ada'), [{ id: receiptId, data: receipt, words }])
    const current = (await readCurrent<{ state: string }>(tx, PLAN, [plan], { lock: true })).get(plan)
    if (current === undefined) throw new Error('the plan was made')
    const ends = { type: 'plan.verified', about: [first], content: { receipt: receiptId } }
    const patch = (data: { state: string }): { state: string } =>
      Object.assign({}, data, { state: 'verified', receiptId })
    await changeWithEntries(tx, PLAN, own.act('ada'), [{ current, patch, words: ends }])
    await made(RESTRAINT, newId('restraint'), { observeOnly: false, at: own.now() })
  })
}
