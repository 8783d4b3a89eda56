// Erasing what is kept of a person who has left: nothing of them stays in the database, and every check still passes.
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { erasePerson, sequenceOnce } from '#evidence'
import { sql } from '#db'
import { registerPrincipal } from '#identity/roll'
import { Fault, newId } from '#kernel'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { personOf } from '../../src/identity/principal/roll-in-test.ts'
import { BundleCopies, refused, verifyAlone } from './bundle-copies.ts'
import { copyOf } from './copies.ts'
import type { Copy } from './copies.ts'
import { evidenceEstate, keyText, logKey } from './estate.ts'
import type { Estate } from './estate.ts'
import { fillEveryTable } from './every-table.ts'
import { note } from '../../src/access/role/administration.ts'

const isFault = (code: string) => (error: unknown) => error instanceof Fault && error.code === code

const NAME = 'maren.oduya'

describe('what is kept of a person', { skip: databaseUnavailable() }, () => {
  let estate: Estate
  let copy: Copy
  const person = personOf(NAME)
  const act = (): Parameters<typeof erasePerson>[1] => ({ ...estate.roll.act('ada', { reason: 'request 4711' }) })
  before(async () => {
    estate = await evidenceEstate()
    const { roll } = estate
    await roll.addPerson(NAME)
    await registerPrincipal(roll.identity, roll.act('ada', { reason: `asked for by ${NAME}` }), {
      kind: 'service_account',
      system: 'aws',
      name: 'nightly',
      externalId: 'nightly',
    })
    await roll.identity.db.transaction(
      async (tx) =>
        await tx.execute(sql`insert into identity.ref (ref, record_id) values (${`people:${NAME}`}, ${person})`),
    )
    await roll.setStatus(NAME, 'leaver')
    await estate.integrate()
    await estate.db.database.close()
    copy = await copyOf(estate)
  })
  after(async () => {
    await copy.close()
    await estate.close()
  })

  async function kept(text: string): Promise<string[]> {
    const tables = await copy.query<{ name: string }>(`
      select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname in ('identity', 'access', 'connections', 'effect', 'evidence')`)
    const found: string[] = []
    for (const { name } of tables) {
      const rows = await copy.query(`select from ${name} t where position($1 in to_jsonb(t)::text) > 0`, [text])
      if (rows.length > 0) found.push(name)
    }
    return found
  }

  const TABLES = ['evidence.entry', 'evidence.row_change', 'identity.person', 'identity.ref', 'identity.version']

  test('a dry run counts and takes nothing, and who has not left is not erased', async () => {
    assert.deepEqual((await kept(NAME)).sort(), TABLES)
    const counted = await erasePerson(copy.evidence, act(), { person, dry: true })
    assert.deepEqual(counted, { entries: 1, versions: 2, identifiers: 1 })
    assert.deepEqual((await kept(NAME)).sort(), TABLES)
    await assert.rejects(
      erasePerson(copy.evidence, act(), { person: personOf('ada'), dry: true }),
      isFault('forbidden'),
    )
    await assert.rejects(erasePerson(copy.evidence, act(), { person: 'psn_x', dry: false }), isFault('invalid'))
  })

  test('erased, nothing of them is in the database, the log verifies, and every record is accounted for', async () => {
    await erasePerson(copy.evidence, act(), { person, dry: false })
    assert.deepEqual(await kept(NAME), [])
    while ((await sequenceOnce(copy.evidence, estate.roll.now())).sequenced > 0);
    assert.deepEqual(await copy.failed({ state: true }), [])
    const again = await erasePerson(copy.evidence, act(), { person, dry: true })
    assert.deepEqual(again, { entries: 0, versions: 0, identifiers: 0 })
  })

  test('what the entry does not name is still named when it loses its salt or its reason', async () => {
    await copy.query(`update identity.version set salt = null where record_id = $1`, [personOf('ada')])
    await copy.query(`update evidence.entry set salt = null, reason = null, content = null
      where id = (select id from evidence.entry where type = 'principal.registered' and salt is not null limit 1)`)
    const said = (await copy.failed({ state: true })).map(({ detail }) => detail).join('\n')
    assert.match(said, new RegExp(`${personOf('ada')} version 1 was changed`))
    assert.match(said, /the content of `principal\.registered` is gone from \d+ on, and no entry behind it says/)
  })
})

describe('a bundle that is made after somebody was erased', { skip: databaseUnavailable() }, () => {
  const person = personOf(NAME)

  /** What they did and were while they were there: roles, approvals, entries with reasons. */
  async function livedThrough({ roll, db }: Estate): Promise<void> {
    await roll.addPerson(NAME)
    await registerPrincipal(roll.identity, roll.act(NAME, { reason: `as ${NAME} said` }), {
      kind: 'service_account',
      system: 'aws',
      name: 'nightly',
      externalId: 'nightly',
    })
    await db.database.layer('access').transaction(async (tx) => {
      const [request] = await tx.query<{ id: string }>(sql`select id from access.access_request limit 1`)
      const [approval, role] = [newId('approval'), newId('role')]
      await tx.execute(sql`insert into access.approval (id, request_id, verdict, actor, behind, reason, at)
        values (${approval}, ${request?.id ?? ''}, 'approve', ${person}, ${[person]}::text[], ${`so ${NAME}`}, ${roll.now()})`)
      await note(tx, roll.act(NAME), 'access_request.approved', [approval, request?.id ?? ''])
      await tx.execute(sql`insert into access.role_assignment (id, subject_id, role, assigned_at, assigned_by, reason)
        values (${role}, ${person}, 'auditor', ${roll.now()}, 'bootstrap', ${`so ${NAME}`})`)
      await note(tx, roll.act('ada'), 'role.assigned', [role, person])
    })
    await roll.setStatus(NAME, 'leaver')
  }

  test('is verified, says what was erased, and holds nothing of them', async () => {
    const estate = await evidenceEstate()
    const copies = await BundleCopies.make()
    try {
      await fillEveryTable(estate)
      await livedThrough(estate)
      await estate.integrate()
      const evidence = estate.db.database.layer('evidence')
      const act = estate.roll.act('ada', { reason: 'request 4711' })
      const { entries } = await erasePerson(evidence, act, { person, dry: false })
      assert.ok(entries > 0)
      await estate.integrate()
      const { out } = await estate.bundle('erased')
      assert.equal(await refused(out), undefined)
      const { text } = await verifyAlone(out, ['.', '--log-key', keyText(logKey())])
      assert.doesNotMatch(text, /^failed/m)
      assert.match(text, new RegExp(`passed +content: .* of ${entries} erased, each by an act in the log`))
      assert.match(text, /passed +populations\/approvals\.csv: 2 rows/)
      for (const item of await readdir(out, { recursive: true, withFileTypes: true }))
        if (item.isFile())
          assert.ok(
            !(await readFile(join(item.parentPath, item.name), 'utf8')).includes(NAME),
            `${item.name} has the name`,
          )
      await estate.db.database.close()
      const copy = await copyOf(estate)
      assert.deepEqual(await copy.failed({ state: true }), [])
      await copy.close()
    } finally {
      await copies.close()
      await estate.close()
    }
  })
})
