// One violation for each control that is evaluable today: what happens to the estate so that this control, and no other, turns red.
import type { Client } from 'pg'
import { readCurrent } from '#db/history'
import type { RecordTable } from '#db/history'
import { listBreakGlass } from '#access/decisions'
import { appendEntry, changeWithEntries } from '#evidence/port'
import type { CredentialRecord, IdentityRequest, PrincipalRecord, VendorRecord } from '#identity/roll'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { newId } from '#kernel'
import { BREAK_GLASS } from '../../src/access/break-glass/records.ts'
import { grantInTest } from '../../src/access/grant/grant-in-test.ts'
import { GRANT } from '../../src/access/grant/records.ts'
import { note } from '../../src/access/role/administration.ts'
import { POLICY_VERSION } from '../../src/access/policy-version/records.ts'
import { CREDENTIAL, PRINCIPAL, REQUEST, VENDOR } from '../../src/identity/record/tables.ts'
import { PLAN } from '../../src/effect/records.ts'
import type { PlanRecord } from '../../src/effect/records.ts'
import { examined } from './effect-in-order.ts'
import { at } from './estate.ts'
import type { Named, Open } from './estate.ts'

interface Copy extends Open {
  readonly superuser: Client
}

/** As somebody with the layer's rights would write it: with its entry. The CHECKs of the table were dropped before. */
async function change<D>(
  copy: Copy,
  table: RecordTable,
  id: string,
  patch: (data: D) => D,
  db: LayerDatabase = copy.identity.db,
): Promise<void> {
  await db.transaction(async (tx) => {
    const current = (await readCurrent<D>(tx, table, [id], { lock: true })).get(id)
    if (current === undefined) throw new Error(`${id} is there`)
    await changeWithEntries<D>(tx, table, copy.act(), [{ current, patch, words: { type: 'test.violated' } }])
  })
}

const without =
  (...names: readonly string[]) =>
  <D extends object>(data: D): D =>
    Object.fromEntries(Object.entries(data).filter(([name]) => !names.includes(name))) as D

const principal =
  (name: keyof Named, patch: (data: PrincipalRecord, named: Named) => PrincipalRecord): Violation =>
  async (copy, named) => {
    await change<PrincipalRecord>(copy, PRINCIPAL, named[name], (data) => patch(data, named))
  }

const credential =
  (name: keyof Named, patch: (data: CredentialRecord) => CredentialRecord): Violation =>
  async (copy, named) => {
    await change(copy, CREDENTIAL, named[name], patch)
  }

type Violation = (copy: Copy, named: Named) => Promise<void>

export const VIOLATIONS: Readonly<Record<string, Violation>> = {
  'owner-accepted': principal('plain', (data) => without('owner')({ ...data, parties: [] })),
  'purpose-stated': principal('plain', without('purpose')),
  'end-set': principal('plain', without('nextReviewAt')),
  'backup-by-tier': principal('privileged', (data) => ({ ...data, backups: [] })),
  'binding-by-tier': principal('privileged', without('binding')),
  'no-orphan': async ({ superuser }, { waiting }) => {
    await superuser.query(`alter table identity.offer disable trigger all`)
    await superuser.query(`delete from identity.offer where principal_id = $1`, [waiting])
  },
  'end-kept': principal('plain', (data) => ({ ...data, nextReviewAt: at(-1) })),
  'outside-request-path': principal('discovered', (data) => ({
    ...data,
    provenance: { ...data.provenance, firstSeenAt: at(-31) },
  })),
  'leaver-owns-nothing': principal('plain', (data, { leaver }) => ({
    ...data,
    owner: { party: { kind: 'person', id: leaver }, from: 'stated', reason: 'a test' },
    parties: [`person:${leaver}`],
  })),
  'vendor-ended': async (copy, { vendor }) => {
    await change<VendorRecord>(copy, VENDOR, vendor, (data) => ({ ...data, state: 'offboarded' }))
  },
  'exceptions-dated': principal('excepted', (data) => ({
    ...data,
    exception: { reason: 'it moves', by: 'reeve', cause: 'stated', until: at(-1) },
  })),
  'request-four-eyes': async (copy, { request }) => {
    await change<IdentityRequest>(copy, REQUEST, request, (data) => ({
      ...data,
      decidedBehind: data.requestedBehind,
    }))
  },
  'rotation-kept': credential('credential', (data) => ({ ...data, lastRotatedAt: at(-4000) })),
  'leak-answered': credential('leaked', (data) => ({ ...data, leak: { at: at(-8), by: 'reeve', where: 'a ticket' } })),
  'leaver-secrets-changed': credential('knownByLeaver', (data) => ({
    ...data,
    lastRotatedAt: at(-200),
    rotateWithinDays: 365,
  })),
  'retired-without-credentials': credential('retiredCredential', (data) => ({
    ...without('revocation')(data),
    state: 'live',
  })),
  'credential-not-shared': async (copy, { credential: id, plain }) => {
    await change<CredentialRecord>(copy, CREDENTIAL, id, (data) => ({ ...data, alsoOf: [plain] }))
  },
  'administrations-apart': async (copy, { holder }) => {
    await copy.superuser.query(`drop index access.role_assignment_apart`)
    await assign(copy, holder, 'access-admin')
  },
  'roles-of-the-present': async (copy, { leaver }) => {
    await assign(copy, leaver, 'auditor')
  },
  'tokens-of-the-present': async (copy, { leaver }) => {
    await told(copy, `update access.token set person_id = $1`, [leaver])
  },
  'break-glass-reviewed': async (copy) => {
    const access = { db: copy.database.layer('access'), clock: copy.identity.clock }
    const taken = { kind: 'break_glass', actions: ['pg:*'], resources: ['pg://main/*'], until: at(1) } as const
    await grantInTest(access, copy.act(), { principalId: newId('principal'), ...taken })
    const [open] = await listBreakGlass(access.db, 'open', { limit: 1 })
    if (open === undefined) throw new Error('it was made above')
    await copy.superuser.query('alter table access.break_glass disable trigger break_glass_checked')
    await access.db.transaction(async (tx) => {
      const words = { type: 'test.violated' }
      const patch = (data: typeof open.data): typeof open.data => ({ ...data, at: at(-4) })
      await changeWithEntries(tx, BREAK_GLASS, copy.act(), [{ current: open, patch, words }])
    })
  },
  'change-has-entry': async ({ superuser }, { plain }) => {
    await superuser.query(
      `update identity.version set data = data || '{"name": "another"}' where record_id = $1 and version = (
         select max(version) from identity.version where record_id = $1)`,
      [plain],
    )
  },
  'row-has-entry': async ({ superuser }) => {
    await superuser.query(
      `update access.role_assignment set reason = 'another' where id = (select min(id) from access.role_assignment)`,
    )
  },
  'log-signed': async ({ superuser }) => {
    await superuser.query(`delete from evidence.sequence where seq = 0`)
    await superuser.query(`delete from evidence.watermark`)
  },
  'log-cosigned': async ({ superuser }) => {
    // what anybody can type into the table is no cosignature
    await superuser.query(`update evidence.cosignature set witness = 'fake.example'`)
  },
  'rights-approved': async (copy) => {
    await told(copy, `delete from access.approval`)
  },
  'rights-by-others': async (copy, { holder }) => {
    await told(copy, `update access.approval set behind = array[$1]`, [holder])
  },
  'no-standing-administration': async (copy, { grant }) => {
    await copy.superuser.query(`alter table access.access_grant disable trigger user`)
    const patch = (data: object): object => without('until')({ ...data, actions: ['storage:*'] })
    await change<object>(copy, GRANT, grant, patch, copy.database.layer('access'))
  },
  'policies-by-two': async (copy, { policies, holder }) => {
    const patch = (data: object): object => ({ ...data, approvals: [{ by: holder, at: at(0) }] })
    await change<object>(copy, POLICY_VERSION, policies, patch, copy.database.layer('access'))
  },
  'acts-have-receipts': async ({ superuser }, { revokedReceipt }) => {
    await superuser.query(`delete from effect.receipt where id = $1`, [revokedReceipt])
  },
  'revokes-by-two': async (copy, { revoked }) => {
    await copy.superuser.query('alter table effect.plan disable trigger user')
    const patch = (data: PlanRecord): PlanRecord => ({
      ...data,
      approval: { ...data.approval, behind: data.plannedBehind },
    })
    await change<PlanRecord>(copy, PLAN, revoked, patch, copy.database.layer('effect'))
  },
  'unproven-told': async ({ superuser }, { unprovenReceipt }) => {
    await superuser.query(`update effect.receipt set recorded_at = $1 where id = $2`, [at(-2), unprovenReceipt])
    await superuser.query(`update evidence.entry set type = 'alarm.given_up' where type = 'alarm.taken'`)
  },
  'unproven-closed': async (copy, { contained, unprovenReceipt }) => {
    await copy.superuser.query('alter table effect.plan disable trigger user')
    await copy.superuser.query(`update effect.receipt set recorded_at = $1 where id = $2`, [at(-8), unprovenReceipt])
    await copy.superuser.query(`update evidence.entry set at = $1 where type = 'alarm.taken'`, [at(-8)])
    const back = { state: 'unproven', receiptId: unprovenReceipt } as const
    const patch = (data: PlanRecord): PlanRecord => Object.assign({}, data, back)
    await change<PlanRecord>(copy, PLAN, contained, patch, copy.database.layer('effect'))
  },
  'grants-seen-ended': async (copy, { timedGrant }) => {
    await copy.superuser.query(`alter table access.access_grant disable trigger user`)
    const patch = (data: object): object => ({
      ...data,
      state: 'unproven',
      fulfilment: { by: 'target:main', decisionId: newId('decision'), attempts: 9 },
    })
    await change<object>(copy, GRANT, timedGrant, patch, copy.database.layer('access'))
  },
  'unproven-grants-told': async ({ superuser }, { timedGrant }) => {
    await superuser.query(`update evidence.entry set at = $1 where type = 'grant.unproven'`, [at(-2)])
    const untold = `update evidence.entry set type = 'alarm.given_up' where type = 'alarm.taken' and subjects[1] = $1`
    await superuser.query(untold, [timedGrant])
  },
  'administrators-fit': async (copy, { target }) => {
    await copy.database.layer('effect').transaction(async (tx) => {
      await appendEntry(tx, examined(target, copy.act(), 1))
    })
  },
  'stops-with-reason': async ({ superuser }) => {
    await superuser.query(`update evidence.entry set reason = null where type = 'restraint.set'`)
  },
}

async function assign(copy: Copy, subject: string, role: string): Promise<void> {
  const id = newId('role')
  await copy.database.layer('access').transaction(async (tx) => {
    // first: what the log is told of the row is dated as the act beside it
    await note(tx, copy.act(), 'role.assigned', [id, subject])
    await tx.execute(sql`insert into access.role_assignment (id, subject_id, role, assigned_at, assigned_by, reason)
      values (${id}, ${subject}, ${role}, ${at(0)}, 'nobody', 'a test')`)
  })
}

/** Not past the triggers: the log is told of it, as of the time of the act beside it. */
async function told(copy: Copy, text: string, values: readonly string[] = []): Promise<void> {
  const { superuser } = copy
  await superuser.query('begin; set local session_replication_role = origin')
  await superuser.query(
    `insert into evidence.entry (id, layer, type, at, actor, subjects, written_by)
     values ($1, 'access', 'test.violated', $2, 'reeve', '{}', 'reeve_access')`,
    [newId('entry'), copy.act().at],
  )
  await superuser.query(text, [...values])
  await superuser.query('commit')
}
