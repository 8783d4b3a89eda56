// The sample estate after a real sync, put in order by the operations that a server has, until every control is green.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { listBreakGlass, reviewBreakGlass } from '#access/decisions'
import { createToken } from '#access/records'
import type { Administration } from '#access/records'
import { CONNECTORS, readTree } from '#connectors'
import type { Database } from '#db'
import { ED25519, Log, sequenceOnce, signerFromSeed, TileFolder, verifierOf } from '#evidence'
import { assessControls } from '#governance'
import type { Assessment } from '#governance'
import * as roll from '#identity/roll'
import type { CurrentPrincipal, IdentityLayer, Party } from '#identity/roll'
import { newId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { sql } from '#db'
import { sync } from '#sync'
import { openDatabase } from '../../src/db/connect.ts'
import { grantInTest } from '../../src/access/grant/grant-in-test.ts'
import { note } from '../../src/access/role/administration.ts'
import { roleInTest } from '../../src/access/role/role-in-test.ts'
import { testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { LAYER_NAMES } from '../../src/db/layer.ts'
import type { Layer } from '../../src/db/layer.ts'
import type { Connection } from '../../src/db/connect.ts'
import { LAYER_ROLES, lockDown } from '../../src/db/roles.ts'
import { COSIGNATURE_V1, signNote } from '../../src/evidence/checkpoint/note.ts'
import { createWithEntries } from '#evidence/port'
import { GRANT } from '../../src/access/grant/records.ts'
import { POLICY_VERSION } from '../../src/access/policy-version/records.ts'
import { ACCESS_REQUEST } from '../../src/access/request/records.ts'
import { newestCheckpoint, storeCosignature } from '../../src/evidence/log/checkpoints.ts'
import { effectInOrder } from './effect-in-order.ts'
import type { EffectNamed } from './effect-in-order.ts'
import { controlReader } from '../../src/start/control-reader.ts'

const DAY = 86_400_000
const WITNESS = signerFromSeed('witness.test', Buffer.alloc(32, 4), COSIGNATURE_V1)
const NOW = Date.parse('2026-11-20T08:00:00.000Z')
export const at = (days: number): Instant => new Date(NOW + days * DAY).toISOString() as Instant

/** What the tests name: one of each kind that a violation is made of. */
export interface Named extends EffectNamed {
  readonly plain: Id<'principal'>
  readonly privileged: Id<'principal'>
  readonly waiting: Id<'principal'>
  readonly vendorOf: Id<'principal'>
  readonly excepted: Id<'principal'>
  readonly retired: Id<'principal'>
  readonly discovered: Id<'principal'>
  readonly credential: Id<'credential'>
  readonly leaked: Id<'credential'>
  readonly knownByLeaver: Id<'credential'>
  readonly retiredCredential: Id<'credential'>
  readonly request: string
  readonly grant: string
  readonly policies: string
  readonly vendor: Id<'vendor'>
  readonly leaver: Id<'person'>
  readonly holder: Id<'person'>
}

export interface Open {
  readonly database: Database
  readonly identity: IdentityLayer
  /** One second later each time. */
  readonly act: (person?: Id<'person'>) => Act
}

function opened(database: Database, hoursLater = 0): Open {
  let now = NOW + hoursLater * 3_600_000
  const clock = (): Instant => new Date(now).toISOString() as Instant
  return {
    database,
    identity: { db: database.layer('identity'), clock, settings: roll.IDENTITY_SETTINGS },
    act: (person) => {
      now += 1000
      const actor = person === undefined ? { id: 'reeve' } : { id: person, personId: person }
      return { actor, at: clock(), reason: 'put in order' }
    },
  }
}

export const assess = async ({ database, identity }: Open): Promise<Assessment> =>
  await assessControls(controlReader(database, identity, [verifierOf(WITNESS)]), { seed: 'test' })

export interface SampleEstate {
  readonly named: Named
  readonly assessment: Assessment
  /** A copy with pools of its own. */
  copy(): Promise<Open & { readonly superuser: Client; close(): Promise<void> }>
  close(): Promise<void>
}

export async function sampleEstate(): Promise<SampleEstate> {
  const base = await testDatabase()
  const open = opened(base.database)
  await syncSamples(open)
  const named = await putInOrder(open)
  await signLog(open)
  const assessment = await assess(open)
  // a database that is connected to cannot be copied
  await base.database.close()
  return {
    named,
    assessment,
    copy: async () => await copyOf(base),
    close: async () => {
      await dropDatabase(base, base.name)
    },
  }
}

async function syncSamples({ identity, database, act }: Open): Promise<void> {
  const key = { keyId: 'hk_test', key: Buffer.alloc(32, 5) }
  const read = await readTree('samples', { connectors: CONNECTORS, key })
  const access = { db: database.layer('access'), clock: identity.clock }
  const source = { id: 'cnn_sample', name: 'samples' }
  await sync({ identity, access, source, keyId: key.keyId, read: { ...read, partial: read.stats.partial }, act: act() })
}

async function everything<T>(items: AsyncIterable<T>): Promise<T[]> {
  return await Array.fromAsync(items)
}

async function putInOrder(open: Open): Promise<Named> {
  const { identity, act } = open
  const people = await everything(roll.everyPerson(identity))
  const personWith = (status: string, nth = 0): Id<'person'> =>
    people.filter(({ data }) => data.status === status)[nth]?.id as Id<'person'>
  const [ada, ben, leaver] = [personWith('active'), personWith('active', 1), personWith('leaver')]
  const owner: Party = { kind: 'person', id: ada }
  const backup: Party = { kind: 'person', id: ben }
  await answerFailures(open, owner)
  await sayWhenRotated(open)
  const principals = await everything(roll.everyPrincipal(identity))
  const spare = principals.filter(
    ({ data }) =>
      data.state === 'discovered' && data.kind === 'service_account' && data.owner === undefined && !data.orphanedAt,
  )
  const take = (tiers: readonly string[]): CurrentPrincipal => {
    const found = spare.findIndex(({ data }) => tiers.includes(data.tier.value))
    return spare.splice(found, 1)[0] as CurrentPrincipal
  }
  const activate = async ({ id }: CurrentPrincipal, privileged = false): Promise<Id<'principal'>> => {
    const input = { id }
    await roll.registerDiscovered(identity, act(ada), input)
    await roll.assignOwner(identity, act(ben), { id, owner })
    await roll.setPurpose(identity, act(ada), { id, purpose: 'it pays' })
    await roll.setNextReview(identity, act(ada), { id, nextReviewAt: at(90) })
    if (privileged) {
      await roll.addBackup(identity, act(ada), { id, backup })
      await roll.proveBinding(identity, act(ada), { id, proof: { how: 'assertion', reason: 'I made it', teamIds: [] } })
    }
    await roll.activatePrincipal(identity, act(ada), input)
    return id as Id<'principal'>
  }
  const waiting = take(['low', 'none']).id as Id<'principal'>
  await roll.registerDiscovered(identity, act(ada), { id: waiting })
  await roll.offerOwnership(identity, act(ben), { id: waiting, to: owner, why: 'she runs it' })
  const excepted = await activate(take(['low', 'none']))
  // an exception excuses what is missing; then the review is set, and the exception stays until somebody ends it
  await roll.quarantinePrincipal(identity, act(ada), { id: excepted, reason: 'it moves' })
  await roll.setNextReview(identity, act(ada), { id: excepted, nextReviewAt: null })
  await roll.recordException(identity, act(ada), { id: excepted, reason: 'it moves', until: at(30) })
  await roll.setNextReview(identity, act(ada), { id: excepted, nextReviewAt: at(90) })
  await roll.restorePrincipal(identity, act(ada), { id: excepted, reason: 'it moved' })
  const plain = await activate(take(['low', 'none']))
  const privileged = await activate(take(['high', 'admin']), true)
  const [vendorOf, retired] = [await activate(take(['low', 'none'])), await activate(take(['low', 'none']))]
  await administration(open, ada)
  return {
    ...(await rights(open, plain, ada, ben)),
    ...(await effectInOrder(open, { principalId: plain, asks: ada, decides: ben })),
    plain,
    privileged,
    waiting,
    excepted,
    discovered: take(['low', 'none']).id as Id<'principal'>,
    leaver,
    holder: ada,
    ...(await vendorAndRetired(open, ada, vendorOf, retired)),
    ...(await credentialsOf(open, ada, leaver, plain)),
    request: await requested(open, ada, ben, owner),
  }
}

/** What the planted causes of the samples turn red is rotated, revoked, or offered to somebody. */
async function answerFailures(open: Open, owner: Party): Promise<void> {
  const { identity, act } = open
  for (const { id, failing } of (await assess(open)).controls) {
    for (const row of failing) {
      if (id === 'no-orphan')
        await roll.offerOwnership(identity, act(), { id: row.id, to: owner, why: 'its owner left' })
      else if (id === 'credential-not-shared')
        await roll.recordRevocation(identity, act(), { id: row.id, reason: 'shared' })
      else await roll.recordRotation(identity, act(), { id: row.id })
    }
  }
}

/** What no source dates is undecided, and keeps a control from passing. */
async function sayWhenRotated({ identity, act }: Open): Promise<void> {
  for (const { id, data } of await everything(roll.everyCredential(identity)))
    if (data.state === 'live' && (data.lastRotatedAt ?? data.createdAtSource) === undefined)
      await roll.recordRotation(identity, act(), { id })
}

/** A right that one asked for and another approved, and a version of the policies by two. */
async function rights(
  { database, act }: Open,
  principalId: Id<'principal'>,
  asks: Id<'person'>,
  decides: Id<'person'>,
): Promise<Pick<Named, 'grant' | 'policies'>> {
  const [requestId, grant, policies] = [newId('access_request'), newId('grant'), newId('policy')]
  const what = { principalId, kind: 'standing', actions: ['storage:read'], resources: ['bucket:invoices'] } as const
  const needs = { approval: 'approver', approvals: 1, policyIds: [], policyVersion: policies } as const
  const asked = { ...what, purpose: 'it sends invoices', requestedBy: asks, interested: [asks], needs }
  await database.layer('access').transaction(async (tx) => {
    const ask = act(asks)
    const data = { ...asked, state: 'pending' } as const
    await createWithEntries(tx, ACCESS_REQUEST, ask, [{ id: requestId, data, words: { type: 'access_request.made' } }])
    const agree = act(decides)
    const approval = newId('approval')
    await tx.execute(sql`insert into access.approval (id, request_id, verdict, actor, behind, reason, at)
      values (${approval}, ${requestId}, 'approve', ${decides}, ${[decides]}::text[], 'needed', ${agree.at})`)
    await note(tx, agree, 'access_request.approved', [approval, requestId, principalId])
    const given = { ...what, from: agree.at, until: at(30), reason: 'needed', state: 'active', requestId } as const
    const granted = { ...given, approvedBy: [decides] }
    await createWithEntries(tx, GRANT, agree, [{ id: grant, data: granted, words: { type: 'grant.activated' } }])
    const version = {
      number: 2,
      state: 'active',
      textHash: 'a'.repeat(64),
      comment: 'a test',
      proposedBy: asks,
    } as const
    const approved = { ...version, proposedBehind: [asks], approvals: [{ by: decides, at: agree.at }] }
    await createWithEntries(tx, POLICY_VERSION, agree, [
      { id: policies, data: approved, words: { type: 'policy.activated' } },
    ])
  })
  return { grant, policies }
}

async function vendorAndRetired(
  { identity, act }: Open,
  ada: Id<'person'>,
  vendorOf: Id<'principal'>,
  retired: Id<'principal'>,
): Promise<Pick<Named, 'vendor' | 'vendorOf' | 'retired' | 'retiredCredential'>> {
  const vendor = (await roll.registerVendor(identity, act(ada), { name: 'Parcel Ltd' })).id as Id<'vendor'>
  await roll.setVendor(identity, act(ada), { id: vendorOf, vendorId: vendor })
  const made = await roll.recordCredential(identity, act(ada), {
    type: 'api_token',
    principalId: retired,
    name: 'old key',
    source: 'test',
  })
  const retiredCredential = made.id as Id<'credential'>
  await roll.recordRevocation(identity, act(ada), { id: retiredCredential, reason: 'of no more use' })
  await roll.quarantinePrincipal(identity, act(ada), { id: retired, reason: 'of no more use' })
  const { liveCredentials } = await roll.retirePrincipal(identity, act(ada), { id: retired, reason: 'of no more use' })
  for (const { id } of liveCredentials)
    await roll.recordRevocation(identity, act(ada), { id, reason: 'of no more use' })
  return { vendor, vendorOf, retired, retiredCredential }
}

async function credentialsOf(
  { identity, act }: Open,
  ada: Id<'person'>,
  leaver: Id<'person'>,
  principalId: Id<'principal'>,
): Promise<Pick<Named, 'credential' | 'leaked' | 'knownByLeaver'>> {
  const made = async (name: string): Promise<Id<'credential'>> => {
    const credential = { type: 'api_token', name, principalId, source: 'test' } as const
    const { id } = await roll.recordCredential(identity, act(ada), credential)
    await roll.recordRotation(identity, act(ada), { id })
    return id as Id<'credential'>
  }
  const [credential, leaked, knownByLeaver] = [await made('one'), await made('two'), await made('three')]
  await roll.recordLeak(identity, act(ada), { id: leaked, where: 'a ticket' })
  await roll.recordExposure(identity, act(ada), {
    personId: leaver,
    credentialId: knownByLeaver,
    how: 'saw',
    at: at(-300),
    source: 'test',
  } as never)
  return { credential, leaked, knownByLeaver }
}

async function requested(
  { identity, act }: Open,
  asks: Id<'person'>,
  decides: Id<'person'>,
  owner: Party,
): Promise<string> {
  const { id } = await roll.requestIdentity(identity, act(asks), {
    kind: 'workload',
    system: 'aws',
    name: 'invoices',
    owner,
    purpose: 'sends invoices',
    expiresAt: at(200),
  })
  await roll.decideIdentityRequest(identity, act(decides), { requestId: id, decision: 'approve', reason: 'needed' })
  return id
}

async function administration({ identity, database, act }: Open, personId: Id<'person'>): Promise<void> {
  const access: Administration = {
    db: database.layer('access'),
    clock: identity.clock,
    tokenKeys: () => [{ keyId: 'hk_t', key: Buffer.alloc(32, 1) }],
    settings: { bothAdministrations: false, tokenDaysMax: 366 },
  }
  await roleInTest(access.db, { ...act(), at: at(0) }, personId, 'identity-admin')
  const subject = { kind: 'person', personId } as const
  const taken = { kind: 'break_glass', actions: ['pg:*'], resources: ['pg://main/*'], until: at(1) } as const
  await grantInTest(access, act(personId), { principalId: newId('principal'), ...taken })
  const [use] = await listBreakGlass(access.db, 'open', { limit: 1 })
  const review = { id: use?.id ?? '', verdict: 'justified', reason: 'it was down', behind: [newId('person')] } as const
  await reviewBreakGlass(access, act(), review)
  await createToken(access, act(personId), { subject, label: 'laptop', scopes: ['read'], expiresAt: at(30) })
}

/** Everything has its place, is signed, and is cosigned. */
async function signLog({ database, identity }: Open): Promise<void> {
  const evidence = database.layer('evidence')
  const folder = await mkdtemp(join(tmpdir(), 'reeve-controls-'))
  try {
    while ((await sequenceOnce(evidence, identity.clock())).sequenced > 0);
    const signer = signerFromSeed('reeve.test/controls', Buffer.alloc(32, 3), ED25519)
    const log = await Log.open({ evidence, tiles: new TileFolder(folder), signer })
    const size = await log.integrate(identity.clock())
    const signed = await evidence.transaction(async (tx) => (await newestCheckpoint(tx))?.note)
    if (signed === undefined) throw new Error('it was signed')
    const seconds = Math.floor(Date.parse(identity.clock()) / 1000)
    await storeCosignature(evidence, size, signNote(signed.text, WITNESS, seconds), identity.clock())
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const named = (connection: Connection, database: string): Connection => ({ ...connection, database })

async function administer(base: TestDatabase, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client(named(base.superuser, 'postgres'))
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

async function dropDatabase(base: TestDatabase, name: string): Promise<void> {
  await administer(base, async (client) => await client.query(`drop database ${name} with (force)`))
}

let copies = 0

async function copyOf(base: TestDatabase): ReturnType<SampleEstate['copy']> {
  const name = `${base.name}_${(copies += 1)}`
  await administer(base, async (client) => {
    await client.query(
      `create database ${name} template ${base.name} owner ${base.owner.user ?? ''} strategy file_copy`,
    )
    await lockDown(client, name, LAYER_ROLES)
  })
  const connections = LAYER_NAMES.map((layer) => [layer, named(base.connectionFor(layer), name)] as const)
  const database = openDatabase(Object.fromEntries(connections) as Record<Layer, Connection>)
  const superuser = new Client(named(base.superuser, name))
  await superuser.connect()
  // past the triggers: a row that they told the log of would wait for its place, which is another violation
  await superuser.query('set session_replication_role = replica')
  return {
    ...opened(database, 1),
    superuser,
    async close() {
      await superuser.end()
      await database.close()
      await dropDatabase(base, name)
    },
  }
}
