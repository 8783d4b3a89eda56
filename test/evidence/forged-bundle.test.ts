// A bundle made by whoever has something to hide: he has the key of the log, and signs everything again.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFile, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after as afterAll, before as beforeAll, describe, test } from 'node:test'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { signNote, formatNote, COSIGNATURE_V1, parseNote } from '../../src/evidence/checkpoint/note.ts'
import { POPULATION_TABLES } from '../../src/evidence/verify/offline/population-tables.ts'
import { verifyBundle } from '../../src/evidence/verify/offline/verify-bundle.ts'
import { accessPopulations } from '#access/records'
import { sql } from '#db'
import { effectPopulations } from '#effect'
import { signerFromSeed } from '#evidence'
import type { PopulationSource } from '#evidence'
import { rollPopulations } from '#identity/roll'
import { BundleCopies, edit, refused, signAgain, signManifest } from './bundle-copies.ts'
import type { Manifest } from './bundle-copies.ts'
import { evidenceEstate, keyText, logKey } from './estate.ts'
import type { Estate } from './estate.ts'
import { fillEveryTable } from './every-table.ts'

/** Of each row only the first cells: what is left when the rest is withheld. */
const blank = (csv: string, row: RegExp): string =>
  csv.replace(row, (line) => {
    const [id, version, hash, ...cells] = line.split(',')
    return [id, version, hash, ...cells.map(() => '')].join(',')
  })

interface Lie {
  readonly what: string
  readonly found: RegExp
  readonly edits?: Readonly<Record<string, (text: string) => string>>
  readonly drops?: readonly string[]
  readonly says?: (manifest: Manifest) => Manifest
}

const CREDENTIALS = 'populations/credentials.csv'
const ENTRIES = 'log/entries.ndjson'

const LIES: readonly Lie[] = [
  {
    what: 'a cell',
    edits: { [CREDENTIALS]: (text) => text.replace(',revoked,', ',live,') },
    found: /`state` is not what it says/,
  },
  {
    what: 'a row left out',
    edits: { [CREDENTIALS]: (text) => text.replace(/cred_.*\n/, '') },
    found: /records of no row|left out/,
  },
  {
    what: 'a row left out with its record',
    edits: {
      'populations/principals.csv': (text) => text.replace(/\nprn_[^\n]*\n(?=prn_)/, '\n'),
      'records/principals.ndjson': (text) => text.replace(/(?<=^|\n)[^\n]*"version":1\}\n/, ''),
    },
    found: /records of the log are left out|is wrong|are wrong/,
  },
  {
    what: 'a record left out',
    edits: { 'records/credentials.ndjson': (text) => text.replace(/.*\n/, '') },
    found: /cells without their record|its record is another/,
  },
  {
    what: 'a record edited',
    edits: { 'records/credentials.ndjson': (text) => text.replace('"name":"key 0"', '"name":"key 1"') },
    found: /record is another/,
  },
  {
    what: 'a member of a record twice',
    edits: { 'records/credentials.ndjson': (text) => text.replace('"name":"key 0"', '"name":"key 9","name":"key 0"') },
    found: /not canonical JSON/,
  },
  {
    what: 'what became of a plan',
    edits: { 'populations/receipts.csv': (text) => text.replace(',verified,', ',undone,') },
    found: /`outcome` is not what it says/,
  },
  {
    what: 'who planned it, where nobody approved',
    edits: { 'populations/plans.csv': (text) => text.replace(/,psn_\w+,psn_\w+,false,/, ',psn_x,psn_x,false,') },
    found: /`planned_by` is not what it says/,
  },
  {
    what: 'a receipt left out with its record',
    edits: {
      'populations/receipts.csv': (text) => text.replace(/rcp_.*\n/, ''),
      'records/receipts.ndjson': () => '',
    },
    found: /1 records of the log are left out/,
  },
  {
    what: 'a token left out',
    edits: {
      'populations/tokens.csv': (text) => text.replace(/tok_.*\n/, ''),
      'records/tokens.ndjson': (text) => text.replace(/.*\n/, ''),
    },
    found: /1 records of the log are left out/,
  },
  {
    what: 'a token more',
    edits: { 'populations/tokens.csv': (text) => `${text}tok_zzz,,,,,,,,\n` },
    found: /tok_zzz has no entry/,
  },
  {
    what: 'an older version of a record',
    edits: { [CREDENTIALS]: (text) => text.replace(/^(cred_[^,]*),2,/m, '$1,1,') },
    found: /is not what the log says/,
  },
  {
    what: 'all rows withheld',
    edits: { [CREDENTIALS]: (text) => blank(text, /^cred_.*$/gm), 'records/credentials.ndjson': () => '' },
    found: /is withheld, and it is no person/,
  },
  {
    what: 'one identity withheld that is no person',
    edits: {
      'populations/principals.csv': (text) => blank(text, /^prn_.*,svc-7,.*$/m),
      'records/principals.ndjson': (text) => text.replace(/^.*"name":"svc-7",.*\n/m, ''),
    },
    found: /is withheld, and it is no person/,
  },
  {
    what: 'a column more',
    edits: { [CREDENTIALS]: (text) => text.replaceAll(/$(?=\n)/gm, ',').replace(/,(?=\n)/, ',approved_by') },
    found: /its columns have to be/,
  },
  {
    what: 'a column before the true one of the same name',
    edits: {
      [CREDENTIALS]: (text) => text.replaceAll(/^([^,]*,[^,]*,[^,]*),/gm, '$1,,').replace('hash,,', 'hash,revoked_at,'),
    },
    found: /its columns have to be/,
  },
  {
    what: 'a table left out',
    drops: [CREDENTIALS, 'records/credentials.ndjson'],
    found: /populations\/credentials\.csv is missing/,
  },
  {
    what: 'a table with columns, prefix and records of the manifest’s own',
    edits: { [CREDENTIALS]: (text) => text.replaceAll(',live,', ',revoked,') },
    says: (manifest) => ({
      ...manifest,
      populations: { [CREDENTIALS]: { prefix: 'cred_0', columns: {}, madeBy: ['credential.recorded'] } },
      range: { from: 0, to: 0, size: 0, populations: 0 },
    }),
    found: /`state` is not what it says/,
  },
  {
    what: 'a table that no bundle has',
    edits: { 'README.md': (text) => `${text} ` },
    says: (manifest) => ({
      ...manifest,
      files: { ...manifest.files, 'populations/more.csv': { sha256: '', bytes: 0 } },
    }),
    found: /populations\/more\.csv is no file of a bundle/,
  },
  {
    what: 'an entry edited',
    edits: { [ENTRIES]: (text) => text.replace('svc-7', 'svc-8') },
    found: /content of entry \d+ was changed/,
  },
  {
    what: 'an entry left out',
    edits: { [ENTRIES]: (text) => text.replace(/^.*"seq":9\}\n|^.*"seq":9,.*\n/m, '') },
    found: /entry 9 is missing/,
  },
  {
    what: 'the entries cut off',
    edits: { [ENTRIES]: (text) => text.replace(/[^\n]*\n$/, '') },
    found: /the entries end at/,
  },
  {
    what: 'a shorter log, and the whole log as its period',
    says: (manifest) => ({ ...manifest, log: { ...(manifest['log'] as object), size: 10 } }),
    edits: { [ENTRIES]: (text) => `${text.split('\n').slice(0, 10).join('\n')}\n` },
    found: /no signed checkpoint covers all entries|a size that the entries do not reach/,
  },
  {
    what: 'all contents as if they were pruned',
    edits: {
      [ENTRIES]: (text) =>
        text
          .split('\n')
          .map((line) => (line === '' ? '' : headOf(line)))
          .join('\n'),
    },
    found: /content: \d+ entries of .*no act in the log took it away/,
  },
  {
    what: 'a salt left out',
    edits: { [ENTRIES]: (text) => text.replace(/,"salt":"[^"]*"/, '') },
    found: /no salt/,
  },
  {
    what: 'a reason twice in a line',
    edits: {
      [ENTRIES]: (text) => text.replace('"reason":"ticket for svc-7"', '"reason":"no","reason":"ticket for svc-7"'),
    },
    found: /not written in its one form/,
  },
  {
    what: 'a member more in a line',
    edits: { [ENTRIES]: (text) => text.replace('{"content"', '{"approvedBy":"psn_x","content"') },
    found: /not written in its one form/,
  },
  {
    what: 'a narrower period, to hide what entries say',
    edits: {
      [ENTRIES]: (text) =>
        text
          .split('\n')
          .map((line) => (line === '' ? '' : headOf(line)))
          .join('\n'),
    },
    says: (manifest) => ({ ...manifest, period: { from: '2026-03-01T08:02:00.000Z' } }),
    found: /no act in the log took it away|counted/,
  },
  {
    what: 'a period that never was',
    says: (manifest) => ({ ...manifest, period: { to: '2019-01-01T00:00:00.000Z' } }),
    edits: { 'README.md': (text) => `${text} ` },
    found: /has no entry in the log|counted/,
  },
  {
    what: 'a formula where the exporter’s word stands',
    edits: {
      'populations/tokens.csv': (text) => text.replace(/,([^,\n]*)\n$/, ',"=HYPERLINK(""http://x.example"")"\n'),
    },
    found: /begins as a formula/,
  },
  {
    what: 'a version that is written as a formula is read',
    edits: { 'populations/principals.csv': (text) => text.replace(/^(prn_[^,]*),1,/m, '$1,"1 ",') },
    found: /is not written as a number is/,
  },
  {
    what: 'a cell that goes on behind its quotes',
    edits: { 'populations/principals.csv': (text) => text.replace(/^(prn_[^,]*),1,/m, '$1,"1"0,') },
    found: /not quoted as RFC 4180/,
  },
  {
    what: 'the last checkpoint left out',
    edits: { 'log/checkpoints.notes': (text) => text.split('\u0000').slice(0, -1).join('\u0000') },
    found: /no signed checkpoint covers/,
  },
]

/** Of each table without versions one value, and another in its place. */
const ROW_LIES = [
  { table: 'tokens', column: 'scopes', from: 'read', to: 'write' },
  { table: 'role-assignments', column: 'role', from: 'auditor', to: 'approver' },
  { table: 'approvals', column: 'verdict', from: 'approve', to: 'deny' },
  { table: 'exposures', column: 'how', from: 'saw', to: 'held' },
] as const

/** What stands in the bundle where an entry is not to be told. */
function headOf(line: string): string {
  // the log cannot be followed without these, and the verifier asks for them whatever the period
  if (line.includes('rows.changed')) return line
  const { leaf, seq } = JSON.parse(line) as { leaf: string; seq: number }
  return JSON.stringify({ leaf, seq })
}

describe('a bundle of a lying exporter', { skip: databaseUnavailable() }, () => {
  let estate: Estate
  let copies: BundleCopies
  beforeAll(async () => {
    estate = await evidenceEstate()
    copies = await BundleCopies.make()
    await fillEveryTable(estate)
    await estate.bundle('whole')
  })
  afterAll(async () => {
    await estate.close()
    await copies.close()
  })
  const copy = async (): Promise<string> => await copies.of(join(estate.folder, 'whole'))

  for (const { what, found, edits = {}, drops = [], says } of LIES) {
    test(`is refused: ${what}`, async () => {
      const folder = await copy()
      for (const [path, change] of Object.entries(edits)) await edit(folder, path, change)
      for (const path of drops) await rm(join(folder, path))
      await signAgain(folder, says)
      assert.match((await refused(folder)) ?? 'nothing was refused', found)
    })
  }

  for (const { table, column, from, to } of ROW_LIES) {
    const [csv, records] = [`populations/${table}.csv`, `records/${table}.ndjson`]
    /** As in the row that the hash is of, within a JSON text within a JSON text. */
    const inRow = (text: string): string => text.replace(`\\"${from}\\"`, `\\"${to}\\"`)

    test(`is refused: a cell of ${table}, which have no versions`, async () => {
      const folder = await copy()
      await edit(folder, csv, (text) => text.replace(`,${from}`, `,${to}`))
      await signAgain(folder)
      assert.match((await refused(folder)) ?? '', new RegExp(`\`${column}\` is not what it says`))
    })

    test(`is refused: a cell of ${table}, and what the log was told of the row`, async () => {
      const folder = await copy()
      await edit(folder, csv, (text) => text.replace(`,${from}`, `,${to}`))
      await edit(folder, records, inRow)
      await signAgain(folder)
      assert.match((await refused(folder)) ?? '', /is not what the log was told of it/)
    })

    test(`is refused: a cell of ${table}, what the log was told of the row, and its hash`, async () => {
      const folder = await copy()
      await edit(folder, csv, (text) => text.replace(`,${from}`, `,${to}`))
      const hashOf = async (): Promise<string> => {
        const line =
          (await readFile(join(folder, records), 'utf8')).split('\n').find((one) => one.includes('said')) ?? ''
        const { salt, said } = JSON.parse(line) as { salt: string; said: string }
        return createHash('sha256').update(Buffer.from(salt, 'hex')).update(said).digest('hex')
      }
      const before = await hashOf()
      await edit(folder, records, inRow)
      const after = await hashOf()
      await edit(folder, 'log/rows.ndjson', (text) => text.replaceAll(before, after))
      await signAgain(folder)
      assert.match((await refused(folder)) ?? '', /log\/rows\.ndjson has other hashes of rows than entry evt_/)
    })

    test(`is refused: what the log was told of ${table} left out`, async () => {
      const folder = await copy()
      await edit(folder, records, (text) => text.replace(/[^\n]*\n/, ''))
      await signAgain(folder)
      assert.match((await refused(folder)) ?? '', /cells without their row|not those/)
    })
  }

  test('is refused: a role as it was before it was ended', async () => {
    const { db, roll } = estate
    await db.database.layer('access').transaction(async (tx) => {
      await tx.execute(sql`update access.role_assignment set ended_at = ${roll.now()}, ended_by = 'psn_x'`)
    })
    await estate.integrate()
    const { out } = await estate.bundle('ended')
    assert.equal(await refused(out), undefined)
    const [folder, before] = [await copies.of(out), await copy()]
    for (const path of ['populations/role-assignments.csv', 'records/role-assignments.ndjson'])
      await copyFile(join(before, path), join(folder, path))
    await signAgain(folder)
    assert.match((await refused(folder)) ?? '', /rol_.* is not what the log was told of it/)
    await edit(folder, 'log/rows.ndjson', (text) => text.replace(/[^\n]*\n$/, ''))
    await signAgain(folder)
    assert.match((await refused(folder)) ?? '', /other hashes of rows than entry/)
  })

  test('is refused where its key was never announced, also where the bundle names it', async () => {
    const folder = await copy()
    const manifest = await readFile(join(folder, 'manifest.json'), 'utf8')
    await signManifest(folder, manifest.replace(keyText(logKey()), keyText(logKey(4))), logKey(4))
    assert.match((await refused(folder)) ?? '', /log key: no key of this log/)
  })

  test('does not pass by a witness of its own invention', async () => {
    const folder = await copy()
    const invented = signerFromSeed('invented.example', Buffer.alloc(32, 77), COSIGNATURE_V1)
    await edit(folder, 'log/checkpoints.notes', (text) => {
      const notes = text.split('\u0000')
      const last = parseNote(notes.pop() ?? '')
      const signatures = [...last.signatures, signNote(last.text, invented, 1_770_000_000)]
      return [...notes, formatNote({ text: last.text, signatures })].join('\u0000')
    })
    await signAgain(folder, (manifest) => ({ ...manifest, witnesses: [keyText(invented)] }))
    const findings = await verifyBundle(folder, { logKey: keyText(logKey()) })
    assert.equal(findings.find(({ check }) => check === 'witnesses')?.outcome, 'cannot')
  })

  test('cannot say what a table is: the verifier knows all tables as the layers have them', () => {
    const access = accessPopulations(estate.db.database.layer('access'))
    const effect = effectPopulations(estate.db.database.layer('effect'))
    const sources: PopulationSource[] = [...rollPopulations(estate.roll.identity), ...access, ...effect]
    const pinned = sources.map((source) => {
      const { name, prefix, columns, identities } = source
      const table = POPULATION_TABLES[name]
      const stated = table?.stated === undefined ? {} : { stated: table.stated }
      const told = 'table' in source ? { told: { ...table?.told, table: source.table }, ...stated } : {}
      const madeBy = 'madeBy' in source ? { madeBy: source.madeBy, ...told } : {}
      const withheld = 'withheld' in source ? { withheld: name === 'people' ? 'all' : 'humans' } : {}
      return [name, { prefix, columns, ...madeBy, ...withheld, ...(identities === undefined ? {} : { identities }) }]
    })
    assert.deepEqual(Object.fromEntries(pinned), POPULATION_TABLES)
  })
})
