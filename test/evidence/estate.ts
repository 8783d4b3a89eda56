// A small real estate under a kept log: records of the roll and of access, changed by the operations that a server has.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accessPopulations, createToken } from '#access/records'
import type { Administration } from '#access/records'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import {
  ED25519,
  exportBundle,
  Log,
  parseScope,
  sequenceOnce,
  signerFromSeed,
  TileFolder,
  verifierKey,
  verifierOf,
} from '#evidence'
import type { BundleMade, NoteSigner, Period } from '#evidence'
import { effectPopulations } from '#effect'
import { newId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { readCurrent } from '#db/history'
import { recordCredential, recordRevocation, registerPrincipal, rollPopulations, setPurpose } from '#identity/roll'
import { testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { ACCOUNT, ENTITLEMENT } from '../../src/access/observe/records.ts'
import { decisionSource, rowSources } from '../../src/start/told-tables.ts'
import { person, personOf, rollInTest } from '../../src/identity/principal/roll-in-test.ts'
import type { RollInTest } from '../../src/identity/principal/roll-in-test.ts'
import { PRINCIPAL } from '../../src/identity/record/tables.ts'

export const ORIGIN = 'reeve.test/log'
export const logKey = (seed = 3): NoteSigner => signerFromSeed(ORIGIN, Buffer.alloc(32, seed), ED25519)
export const keyText = (signer: NoteSigner): string => verifierKey(verifierOf(signer))

export interface Estate {
  readonly db: TestDatabase
  readonly roll: RollInTest
  readonly folder: string
  readonly tiles: TileFolder
  /** Gives entries their places and signs. */
  integrate(signer?: NoteSigner): Promise<number>
  register(name: string): Promise<Id<'principal'>>
  /** Says what an identity is for, which makes a version of it. */
  setPurpose(id: string): Promise<void>
  /** The identity that has credentials, an account and a right. */
  readonly first: Id<'principal'>
  /** A bundle at a path below the estate's folder. */
  bundle(
    name: string,
    options?: { period?: Period; scope?: string[]; signer?: NoteSigner; key?: string; witnesses?: string[] },
  ): Promise<BundleMade>
  close(): Promise<void>
}

export async function evidenceEstate(): Promise<Estate> {
  let db: TestDatabase | undefined
  const roll = await rollInTest(async () => (db = await testDatabase()))
  if (db === undefined) throw new Error('the roll opened it')
  const opened = db
  const folder = await mkdtemp(join(tmpdir(), 'reeve-evidence-'))
  const tiles = new TileFolder(join(folder, 'log'))
  const evidence = opened.database.layer('evidence')
  const integrate = async (signer = logKey()): Promise<number> => {
    const log = await Log.open({ evidence, tiles, signer })
    while ((await sequenceOnce(evidence, roll.now())).sequenced > 0);
    return await log.integrate(roll.now())
  }
  const register = async (name: string): Promise<Id<'principal'>> => {
    const input = { kind: 'service_account', system: 'aws', name, externalId: name, owner: person('ada') } as const
    const made = await registerPrincipal(roll.identity, roll.act('ada', { reason: `ticket for ${name}` }), input)
    return made.id as Id<'principal'>
  }
  for (const feedId of ['ada', 'ben']) await roll.addPerson(feedId)
  const first = await register('=HYPERLINK("x"),"quoted"\nline\u2028end')
  const estate: Estate = {
    db: opened,
    first,
    roll,
    folder,
    tiles,
    integrate,
    register,
    async setPurpose(id) {
      const changed = { id: id as Id<'principal'>, purpose: 'to be changed' }
      await setPurpose(roll.identity, roll.act('ada', { reason: 'it was asked for' }), changed)
    },
    async bundle(name, { period = {}, scope = [], signer = logKey(), key = keyText(signer), witnesses = [] } = {}) {
      return await exportBundle({
        evidence,
        signer,
        key,
        witnesses,
        told: rowSources(opened.database),
        decisions: decisionSource(opened.database),
        populations: [
          ...rollPopulations(roll.identity),
          ...accessPopulations(opened.database.layer('access')),
          ...effectPopulations(opened.database.layer('effect')),
        ],
        period,
        scope: parseScope(scope),
        release: '0.0.0-test',
        clock: () => roll.now(),
        out: join(folder, name),
        waitMsMax: 0,
      })
    },
    async close() {
      await roll.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await fill(estate)
  return estate
}

async function fill(estate: Estate): Promise<void> {
  const { roll, db, first } = estate
  for (let at = 0; at < 40; at++) await estate.register(`svc-${at}`)
  await estate.integrate()
  await correctThePast(roll, first)
  for (let at = 0; at < 30; at++) await addCredential(roll, first, at)
  await addAccess(roll, db, first)
  await addToken(roll, db)
  await addHuman(roll)
  await estate.integrate()
  for (let at = 40; at < 260; at++) await estate.register(`svc-${at}`)
  await estate.integrate()
}

/** A version without an open stretch: the present stands on the one before it. */
async function correctThePast(roll: RollInTest, id: Id<'principal'>): Promise<void> {
  const from = roll.now()
  roll.pass(3)
  const act = roll.act('ben')
  await roll.identity.db.transaction(async (tx) => {
    const current = (await readCurrent<{ name: string }>(tx, PRINCIPAL, [id], { lock: true })).get(id)
    if (current === undefined) throw new Error('it was registered')
    await changeWithEntries(tx, PRINCIPAL, act, [
      {
        current,
        patch: (data) => ({ ...data, name: 'as it was called' }),
        words: { type: 'principal.corrected' },
        validFrom: from,
        validTo: new Date(Date.parse(from) + 3_600_000).toISOString() as Instant,
      },
    ])
  })
}

async function addCredential(roll: RollInTest, principalId: Id<'principal'>, at: number): Promise<void> {
  const made = await recordCredential(roll.identity, roll.act('ada'), {
    type: 'api_token',
    principalId,
    name: `key ${at}`,
    source: 'test',
  })
  if (at % 3 === 0)
    await recordRevocation(roll.identity, roll.act('ada'), {
      id: made.id,
      reason: 'of no more use',
    })
}

async function addAccess(roll: RollInTest, db: TestDatabase, principalId: Id<'principal'>): Promise<void> {
  const act: Act = roll.act('ada')
  await db.database.layer('access').transaction(async (tx) => {
    const account = { principalId, system: 'aws', externalId: 'a', source: 'src_test' }
    await createWithEntries(tx, ACCOUNT, act, [
      { id: newId('account'), data: account, words: { type: 'account.observed' } },
    ])
    const right = {
      principalId,
      system: 'aws',
      permission: 's3:*',
      effect: 'allow',
      actions: ['s3:*'],
      resources: ['arn:aws:s3:::payments', '-'],
      level: 'admin',
      path: [],
      provenance: { connector: 'aws', file: 'account.json' },
      source: 'src_test',
    }
    await createWithEntries(tx, ENTITLEMENT, act, [
      { id: newId('entitlement'), data: right, words: { type: 'entitlement.observed' } },
    ])
  })
}

async function addToken(roll: RollInTest, db: TestDatabase): Promise<void> {
  const administration: Administration = {
    db: db.database.layer('access'),
    clock: () => roll.now(),
    tokenKeys: () => [{ keyId: 'k', key: Buffer.alloc(32, 1) }],
    settings: { bothAdministrations: false, tokenDaysMax: 366 },
  }
  await createToken(administration, roll.act('ada'), {
    subject: { kind: 'person', personId: personOf('ada') },
    label: 'laptop',
    scopes: ['read'],
    expiresAt: new Date(Date.parse(roll.now()) + 86_400_000).toISOString() as Instant,
  })
}

async function addHuman(roll: RollInTest): Promise<void> {
  await registerPrincipal(roll.identity, roll.act('ada'), {
    kind: 'human',
    system: 'people',
    name: 'Ada Person',
    externalId: 'ada',
  })
}
