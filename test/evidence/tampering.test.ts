// Every way of tampering that we know, carried out on copies: seen, or said to be unseen without a witness and seen with one.
import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after as afterAll, before as beforeAll, describe, test } from 'node:test'
import { signerFromSeed, verifierKey, verifierOf } from '#evidence'
import { COSIGNATURE_V1, formatNote, signatureLine, signNote } from '../../src/evidence/checkpoint/note.ts'
import { newestCheckpoint, storeCosignature } from '../../src/evidence/log/checkpoints.ts'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { copyOf } from './copies.ts'
import type { Copy } from './copies.ts'
import { evidenceEstate } from './estate.ts'
import type { Estate } from './estate.ts'
import { TAMPER_CLASSES } from './tamper-classes.ts'

const witness = signerFromSeed('witness.test', Buffer.alloc(32, 2), COSIGNATURE_V1)
const witnessKeys = [verifierKey(verifierOf(witness))]
const MUTATIONS = process.env['REEVE_EXHAUSTIVE'] === undefined ? 60 : 10_000

describe('tampering', { skip: databaseUnavailable() }, () => {
  let estate: Estate
  let known: string
  const table: string[] = []
  beforeAll(async () => {
    estate = await evidenceEstate()
    known = await cosignEverything(estate)
    // nobody is connected to what is cloned
    await estate.db.database.close()
  })
  afterAll(async () => {
    console.log(table.join('\n'))
    await estate.close()
  })

  /** What an honest witness said of each checkpoint; returns what it remembers. */
  async function cosignEverything({ db, roll }: Estate): Promise<string> {
    const evidence = db.database.layer('evidence')
    const sizes = await evidence.transaction(
      async (tx) =>
        await tx.prepared<{ size: number }>('sizes', 'select size from evidence.checkpoint order by size', []),
    )
    let last = ''
    for (const { size } of sizes) {
      const checkpoint = await evidence.transaction(async (tx) => await newestCheckpoint(tx, { atMost: size }))
      if (checkpoint === undefined) throw new Error('it is listed')
      const signature = signNote(checkpoint.note.text, witness, Math.floor(Date.parse(roll.now()) / 1000))
      await storeCosignature(evidence, size, signature, roll.now())
      assert.ok(signatureLine(signature).startsWith('— witness.test'))
      last = formatNote(checkpoint.note)
    }
    return last
  }

  async function withCopy(work: (copy: Copy) => Promise<void>): Promise<void> {
    const copy = await copyOf(estate)
    try {
      await work(copy)
    } finally {
      await copy.close()
    }
  }

  test('nothing is found where nothing was touched', async () => {
    await withCopy(async (copy) => {
      assert.deepEqual(await copy.failed({ state: true, known: [known], witnessKeys }), [])
    })
  })

  for (const [number, { name, found, at, state = false, tamper }] of TAMPER_CLASSES.entries()) {
    test(`${number + 1}: ${name}`, async () => {
      await withCopy(async (copy) => {
        await tamper(copy)
        const alone = await copy.failed({ state })
        const said = alone.map(({ detail }) => detail).join('\n')
        if (found === undefined) {
          assert.equal(said, '', 'it is documented as unseen without a witness')
          const seen = await copy.failed({ known: [known], witnessKeys })
          assert.ok(seen.length > 0, 'and seen with one')
          table.push(`${number + 1}. ${name}: not without a witness; with one: ${seen[0]?.detail}`)
          return
        }
        assert.match(said, found)
        if (at !== undefined) assert.equal(Math.min(...alone.flatMap(({ range }) => range?.from ?? [])), at)
        table.push(`${number + 1}. ${name}: ${alone.find(({ detail }) => found.test(detail))?.detail ?? said}`)
      })
    })
  }

  test(`${MUTATIONS} random changes of a byte or a value: none is accepted`, async () => {
    await withCopy(async (copy) => {
      const seed = Number(process.env['REEVE_SEED'] ?? Math.trunc(Math.random() * 2 ** 31))
      console.log(`seed ${seed} (REEVE_SEED)`)
      const draw = random(seed)
      const files = (await readdir(copy.tiles, { recursive: true, withFileTypes: true })).filter((item) =>
        item.isFile(),
      )
      for (let count = 0; count < MUTATIONS; count++) {
        const [what, undo] =
          draw(2) === 0
            ? await changeFile(
                files.map((item) => join(item.parentPath, item.name)),
                draw,
              )
            : await changeValue(copy, draw)
        const failed = await copy.failed({ state: true, witnessKeys })
        assert.ok(failed.length > 0, `${what} was accepted (seed ${seed}, change ${count})`)
        await undo()
      }
      assert.deepEqual(await copy.failed({ state: true, witnessKeys }), [])
    })
  })
})

type Draw = (below: number) => number

/** Mulberry32: the same numbers for the same seed. */
function random(seed: number): Draw {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

type Changed = readonly [what: string, undo: () => Promise<unknown>]

async function changeFile(files: readonly string[], draw: Draw): Promise<Changed> {
  const file = files[draw(files.length)] ?? assert.fail('there are files')
  const before = await readFile(file)
  const after = Buffer.from(before)
  const at = draw(after.length)
  const kind = draw(4)
  if (kind === 0) await writeFile(file, after.subarray(0, at))
  else if (kind === 1) await writeFile(file, Buffer.concat([after, Buffer.of(draw(256))]))
  else {
    after[at] = (after[at] ?? 0) ^ (1 << draw(8))
    await writeFile(file, after)
  }
  return [`${file}, byte ${at}, kind ${kind}`, async () => await writeFile(file, before)]
}

/** Columns that say something: of the rest none is in a hash, and none is read as evidence. */
const VALUES: readonly (readonly [table: string, key: string, column: string, value: string])[] = [
  ...(
    [
      ['layer', "layer || 'x'"],
      ['type', "type || 'x'"],
      ['at', "at + interval '1 millisecond'"],
      ['actor', "actor || 'x'"],
      ['on_behalf_of', "coalesce(on_behalf_of, '') || 'x'"],
      ['subjects', "subjects || 'x'::text"],
      ['follows', "follows || 'x'::text"],
      ['content_hash', "sha256('x')"],
      ['salt', "sha256('x')"],
      ['reason', "coalesce(reason, '') || 'x'"],
      ['content', `coalesce(content, '{}') || '{"x": 1}'`],
      ['written_by', "'reeve_access'"],
      ['record_version', '7'],
      ['record_hash', "sha256('x')"],
    ] as const
  ).map(([column, value]) => ['evidence.entry', 'id', column, value] as const),
  ['evidence.sequence', 'seq', 'entry_id', "'evt_x'"],
  ['evidence.checkpoint', 'size', 'root', "sha256('x')"],
  ['evidence.checkpoint', 'size', 'note', "replace(note, '— ', '— x')"],
  ['evidence.cosignature', 'size', 'line', "regexp_replace(line, '....$', 'AAA=')"],
  ...['identity.principal', 'identity.credential', 'access.account', 'access.entitlement'].flatMap((name) => [
    [name, 'id', 'data', `data || '{"x": 1}'`] as const,
    [name, 'id', 'version', 'version + 1'] as const,
    [name, 'id', 'hash', "sha256('x')"] as const,
    [name, 'id', 'valid_from', "valid_from - interval '1 day'"] as const,
  ]),
  ...['identity.version', 'access.version'].flatMap((name) => [
    [name, 'record_id', 'data', `data || '{"x": 1}'`] as const,
    [name, 'record_id', 'hash', "sha256('x')"] as const,
    [name, 'record_id', 'actor', "actor || 'x'"] as const,
    [name, 'record_id', 'reason', "coalesce(reason, '') || 'x'"] as const,
    [name, 'record_id', 'entry_id', "'evt_x'"] as const,
    [name, 'record_id', 'recorded_at', "recorded_at - interval '1 day'"] as const,
  ]),
]

async function changeValue(copy: Copy, draw: Draw): Promise<Changed> {
  // a superuser takes away what the database would refuse
  await copy.query('alter table evidence.entry drop constraint if exists entry_layer')
  const [table, key, column, value] = VALUES[draw(VALUES.length)] ?? assert.fail('there are columns')
  const [{ count } = { count: '0' }] = await copy.query<{ count: string }>(
    `select count(*)::text as count from ${table}`,
  )
  const offset = draw(Number(count))
  await copy.query('drop table if exists before_change')
  await copy.query(`create temp table before_change as select * from ${table} order by ${key} offset ${offset} limit 1`)
  const same = `t.${key} = b.${key}${table.endsWith('.version') ? ' and t.version = b.version and t.valid_from = b.valid_from' : ''}`
  await copy.query(`update ${table} t set ${column} = ${qualified(value, column)} from before_change b where ${same}`)
  return [
    `${table}.${column}, row ${offset}`,
    async () => await copy.query(`update ${table} t set ${column} = b.${column} from before_change b where ${same}`),
  ]
}

const qualified = (value: string, column: string): string =>
  value.replaceAll(new RegExp(`\\b${column}\\b`, 'g'), `t.${column}`)
