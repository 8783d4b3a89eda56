import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { ENTRY_TYPES, entrySchemas, listEntries, sequenceOnce } from '#evidence'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { ENDPOINTS } from '../../src/http/routes/index.ts'
import { sampleEstate } from '../controls/estate.ts'
import { ROUTE_CASES } from '../http/route-cases.ts'
import { worldInTest } from '../http/world.ts'

type Evidence = Parameters<typeof listEntries>[0]

const PUBLISHED = 'docs/schemas/entries.schema.json'
const NOUNS = [...new Set(Object.keys(ENTRY_TYPES).map((type) => type.split('.')[0]))].join('|')

/** Spelled like types: tables, files, members of what is sent. */
const TABLES_AND_FILES =
  /^(?:subject\.properties|identity\.(?:ref|fingerprint|presence|match|principal|credential|person|exposure|exposure_watch|feed_hold|source|idempotency|challenge)|server\.lock)$/

const schemas = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false })
schemas.addSchema(entrySchemas(), 'entries')

/** What the published schema says against each entry, or that its type is in no table. */
async function refused(evidence: Evidence): Promise<string[]> {
  const found: string[] = []
  let seen = 0
  while ((await sequenceOnce(evidence, '2026-11-21T00:00:00.000Z' as never)).sequenced > 0);
  for (let after = -1; ;) {
    const entries = await listEntries(evidence, { after, limit: 1000 })
    for (const entry of entries) {
      seen += 1
      const validate = schemas.getSchema(`entries#/$defs/${entry.type}`)
      if (validate === undefined) found.push(`${entry.type} is not in the table`)
      else if (validate(entry) !== true)
        found.push(`${entry.type}: ${schemas.errorsText(validate.errors)} in ${JSON.stringify(entry.content)}`)
    }
    const last = entries.at(-1)
    if (last === undefined) break
    after = last.seq
  }
  assert.ok(seen > 100, `only ${seen} entries were seen`)
  return [...new Set(found)]
}

describe('the types of entries', () => {
  test('the published schema is that of the table', () => {
    const stated = `${JSON.stringify(entrySchemas(), null, 2)}\n`
    if (process.env['UPDATE'] === '1') writeFileSync(PUBLISHED, stated)
    assert.equal(readFileSync(PUBLISHED, 'utf8'), stated, 'run this test with UPDATE=1 to write it')
  })

  test('no code names a type that is not in the table', () => {
    const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'src'], {
      encoding: 'utf8',
    })
      .split('\n')
      .filter((path) => path.endsWith('.ts') && !/(?:\.test|-in-test)\.ts$|src\/client\//.test(path))
    const unknown = files.flatMap((path) =>
      [
        ...readFileSync(path, 'utf8').matchAll(
          new RegExp(`(?:(?<!\\.)'(?=(?:${NOUNS})\\.)|\\btype: ')([a-z_]+\\.[a-z_]+)'`, 'g'),
        ),
      ]
        .map(([, type = '']) => type)
        .filter((type) => !Object.hasOwn(ENTRY_TYPES, type) && !TABLES_AND_FILES.test(type))
        .map((type) => `${path}: ${type}`),
    )
    assert.deepEqual(unknown, [])
  })

  test('each is past tense, with a dot, and says what happened', () => {
    for (const [type, { says }] of Object.entries(ENTRY_TYPES)) {
      assert.match(type, /^[a-z_]+\.[a-z_]+$/)
      assert.ok(says.length > 10, type)
    }
  })
})

describe('real entries', { skip: databaseUnavailable() }, () => {
  test('of every endpoint are as their schemas say', async (t) => {
    const world = await worldInTest()
    t.after(() => world.close())
    for (const { operationId, path, method } of ENDPOINTS) {
      const right = ROUTE_CASES[operationId]
      if (right === undefined) continue
      const { path: names = {}, query = '', ...asked } = await right.ask(world)
      const token = right.by === 'bootstrap' ? world.bootstrap : world.tokens[right.by ?? 'ada']
      const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? 'absent'))
      await world.api.ask(method, `${url}${query}`, { ...asked, token })
    }
    assert.deepEqual(await refused(world.api.doors.evidence), [])
  })

  test('of a sync of the sample estate, and of putting it in order, are as their schemas say', async (t) => {
    const estate = await sampleEstate()
    t.after(() => estate.close())
    const copy = await estate.copy()
    try {
      assert.deepEqual(await refused(copy.database.layer('evidence')), [])
    } finally {
      await copy.close()
    }
  })
})
