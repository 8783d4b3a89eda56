// An audit bundle in the hands of someone who has Node, the bundle, and nothing of Reeve.
import assert from 'node:assert/strict'
import { appendFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { after as afterAll, before as beforeAll, describe, test } from 'node:test'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { COSIGNATURE_V1, formatNote, parseNote, signNote } from '../../src/evidence/checkpoint/note.ts'
import { signerFromSeed } from '#evidence'
import { unpackBundle } from '../../src/evidence/verify/unpack.ts'
import { BundleCopies, edit, refused, signAgain, verifyAlone } from './bundle-copies.ts'
import { evidenceEstate, keyText, logKey } from './estate.ts'
import type { Estate } from './estate.ts'

const KEY = ['--log-key', keyText(logKey())]
const witness = signerFromSeed('witness.example', Buffer.alloc(32, 9), COSIGNATURE_V1)

describe('an audit bundle', { skip: databaseUnavailable() }, () => {
  let estate: Estate
  let copies: BundleCopies
  beforeAll(async () => {
    estate = await evidenceEstate()
    copies = await BundleCopies.make()
    await estate.bundle('whole')
  })
  afterAll(async () => {
    await estate.close()
    await copies.close()
  })

  const copy = async (): Promise<string> => await copies.of(join(estate.folder, 'whole'))

  /** As a witness would, over the last checkpoint; and signed again, as whoever made the bundle. */
  async function cosigned(folder: string): Promise<void> {
    await edit(folder, 'log/checkpoints.notes', (text) => {
      const notes = text.split('\u0000')
      const last = parseNote(notes.pop() ?? '')
      const signatures = [...last.signatures, signNote(last.text, witness, 1_770_000_000)]
      return [...notes, formatNote({ text: last.text, signatures })].join('\u0000')
    })
    await signAgain(folder)
  }

  async function timeOf(seq: number): Promise<string> {
    const [row] = await estate.db.database
      .layer('evidence')
      .transaction(
        async (tx) =>
          await tx.prepared<{ at: string }>(
            'at',
            'select e.at from evidence.entry e join evidence.sequence s on s.entry_id = e.id where s.seq = $1',
            [seq],
          ),
      )
    return row?.at ?? assert.fail()
  }

  test('unzipped into an empty folder is verified with Node alone, and says that no witness key was given', async () => {
    await estate.bundle('sent.zip')
    const folder = join(copies.folder, 'unzipped')
    await mkdir(folder)
    await unpackBundle(join(estate.folder, 'sent.zip'), folder)
    const { code, text } = await verifyAlone(folder, KEY)
    assert.equal(code, 2, text)
    assert.match(text, /cannot +witnesses: no --witness-key/)
    assert.doesNotMatch(text, /^failed/m)
    assert.match(text, /passed +populations\/principals\.csv: 262 rows.*of 1 only the hash is shown/)
    assert.match(text, /passed +populations\/tokens\.csv: 1 rows/)
    assert.match(text, /stated +populations\/tokens\.csv: what `used_on` says/)
  })

  test('under the key of a witness that was given from elsewhere passes as a whole', async () => {
    const folder = await copy()
    await cosigned(folder)
    const { code, text } = await verifyAlone(folder, ['.', ...KEY, `--witness-key=${keyText(witness)}`])
    assert.equal(code, 0, text)
    assert.match(text, /passed +witnesses: witness\.example cosigned/)
  })

  test('of which one of two witnesses did not cosign, or whose witness is the log itself, is refused', async () => {
    const folder = await copy()
    await cosigned(folder)
    const other = signerFromSeed('other.example', Buffer.alloc(32, 8), COSIGNATURE_V1)
    const two = [keyText(witness), keyText(other)]
    assert.match((await refused(folder, { witnessKeys: two })) ?? '', /witnesses: other\.example did not cosign/)
    assert.match((await refused(folder, { witnessKeys: [keyText(logKey())] })) ?? '', /does not cosign/)
    const same = signerFromSeed('same.example', Buffer.alloc(32, 3), COSIGNATURE_V1)
    assert.match((await refused(folder, { witnessKeys: [keyText(same)] })) ?? '', /the log’s own/)
  })

  test('is verified by its program under any name; options that it does not know end with 2 and say what to do', async () => {
    const folder = await copy()
    const program = join(copies.folder, 'check.mjs')
    await writeFile(program, await readFile(join(folder, 'verify.mjs')))
    assert.match((await verifyAlone(folder, ['.', ...KEY], program)).text, /passed +entries/)
    for (const word of ['--known-checkpont=x', '--log-key', '--witness', 'another']) {
      const { code, text } = await verifyAlone(folder, ['.', word])
      assert.equal(code, 2, word)
      assert.match(text, /it cannot be verified: .*\nusage: /, word)
    }
    const { code, text } = await verifyAlone(folder, ['.', '--log-key', 'no key'])
    assert.equal(code, 2)
    assert.match(text, /not a verifier key/)
  })

  test('whose manifest is missing or of another shape is refused with a sentence', async () => {
    for (const [change, found] of [
      [undefined, /there is no manifest\.json/],
      ['{', /is no JSON/],
      ['[]', /is not of the format/],
      ['{"format":"reeve-audit-bundle/2"}', /not written in its one form/],
      [`${JSON.stringify({ format: 'reeve-audit-bundle/2', log: 1 }, undefined, 2)}\n`, /`log` of manifest\.json/],
    ] as const) {
      const folder = await copy()
      if (change === undefined) await rm(join(folder, 'manifest.json'))
      else await writeFile(join(folder, 'manifest.json'), change)
      const { code, text } = await verifyAlone(folder, KEY)
      assert.equal(code, 1, text)
      assert.match(text, found)
    }
  })

  test('shows no name of a person, and no cell that is a formula', async () => {
    const folder = await copy()
    for (const path of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!path.isFile()) continue
      const text = await readFile(join(path.parentPath, path.name), 'utf8')
      assert.doesNotMatch(text, /Ada Person|larkfield\.example/, path.name)
      if (path.name.endsWith('.csv')) assert.doesNotMatch(text, /(?:^|,)"?[=+@-]/m, path.name)
    }
    assert.match(await readFile(join(folder, 'populations/principals.csv'), 'utf8'), /"'=HYPERLINK/)
  })

  test('of a period proves its tables whole, and says no more of other entries than their heads', async () => {
    const from = await timeOf(77)
    const to = await timeOf(200)
    await estate.bundle('period', { period: { from: from as never, to: to as never } })
    const folder = join(estate.folder, 'period')
    const { code, text } = await verifyAlone(folder, KEY)
    assert.equal(code, 2, text)
    assert.doesNotMatch(text, /^failed|cannot +populations/m)
    assert.match(text, /passed +entries: \d+ entries without a gap.*of \d+ that are not of the period/)
    assert.match(text, new RegExp(`stated +period: from ${from} to ${to}: outside of it entries are heads alone`))
    const expecting = async (...words: string[]): Promise<string> =>
      /^(\w+) +period:.*$/m.exec((await verifyAlone(folder, ['.', ...KEY, ...words])).text)?.[1] ?? 'nothing'
    assert.equal(await expecting('--expect-from', from, '--expect-to', to), 'passed')
    assert.equal(await expecting('--expect-from', '2020-01-01', '--expect-to', to), 'failed')
    assert.equal(await expecting('--expect-from', from), 'failed', 'to the end')
    assert.match((await verifyAlone(folder, ['.', '--expect-to', '2026-02-31'])).text, /is no date/)
    const rows = Number(/passed +populations\/principals\.csv: (\d+) rows/.exec(text)?.[1])
    assert.ok(rows > 40 && rows < 262, `${rows} principals`)
    const entries = (await readFile(join(folder, 'log/entries.ndjson'), 'utf8')).trimEnd().split('\n')
    for (const line of entries) {
      const { leaf, salt } = JSON.parse(line) as { leaf: string; salt?: string }
      const { at, contentHash, type } = JSON.parse(leaf) as { at: string; contentHash?: string; type: string }
      if (type === 'principal.registered' || type === 'rows.changed') continue
      assert.equal(salt !== undefined, contentHash !== undefined && at >= from && at < to)
    }
  })

  test('of a period that is over is verified also where a record has changed since, and the key too', async () => {
    const to = new Date(Date.parse(estate.roll.now()) + 500).toISOString()
    const id = estate.first
    await estate.setPurpose(id)
    await estate.integrate()
    await estate.bundle('past', { period: { to: to as never } })
    const { text } = await verifyAlone(join(estate.folder, 'past'), KEY)
    assert.doesNotMatch(text, /^failed/m)
    assert.match(text, /passed +populations\/principals\.csv: 262 rows/)
    const row = async (bundle: string): Promise<string | undefined> =>
      (await readFile(join(estate.folder, bundle, 'populations/principals.csv'), 'utf8')).split(`\n${id},`)[1]
    assert.equal((await row('past'))?.slice(0, 2), (await row('whole'))?.slice(0, 2))
    await estate.bundle('now')
    assert.notEqual((await row('now'))?.slice(0, 2), (await row('whole'))?.slice(0, 2))
  })

  test('of some identities has their rows and all that names them, and nothing else but heads', async () => {
    await estate.bundle('some', { scope: [`principal=${estate.first}`] })
    const folder = join(estate.folder, 'some')
    const { text } = await verifyAlone(folder, KEY)
    assert.doesNotMatch(text, /^failed/m)
    assert.match(text, /passed +scope: principal prn_/)
    assert.match(text, /passed +populations\/principals\.csv: 1 rows/)
    assert.match(text, /passed +populations\/credentials\.csv: 30 rows/)
    assert.match(text, /passed +populations\/accounts\.csv: 1 rows/)
    const entries = await readFile(join(folder, 'log/entries.ndjson'), 'utf8')
    assert.doesNotMatch(entries, /ticket for svc-7/)
    const left = await copies.of(folder)
    await edit(left, 'populations/credentials.csv', (csv) => csv.replace(/cred_.*\n/, ''))
    await edit(left, 'records/credentials.ndjson', (records) => records.replace(/.*\n(?!.*"version":2)/, ''))
    await signAgain(left)
    assert.match((await refused(left)) ?? 'nothing', /populations\/credentials\.csv: /)
    await estate.bundle('aws', { scope: ['system=aws'] })
    const aws = await verifyAlone(join(estate.folder, 'aws'), KEY)
    assert.match(aws.text, /cannot +scope: system aws: that 1 of 262 identities are not of it is the exporter’s word/)
    assert.match(aws.text, /passed +populations\/principals\.csv: 261 rows/)
    const more = await copies.of(join(estate.folder, 'aws'))
    await signAgain(more, (manifest) => ({ ...manifest, scope: { system: ['gcp'] } }))
    assert.match((await refused(more)) ?? 'nothing', /is not of the scope/)
  })

  test('with another log key, another bundle’s checkpoint, or a log that was known longer is refused', async () => {
    const folder = await copy()
    assert.equal((await verifyAlone(folder, ['.', '--log-key', keyText(logKey(4))])).code, 1)
    const notes = (await readFile(join(folder, 'log/checkpoints.notes'), 'utf8')).split('\u0000')
    const known = join(copies.folder, 'known')
    await writeFile(known, notes[0] ?? '')
    const good = await verifyAlone(folder, ['.', ...KEY, '--known-checkpoint', known])
    assert.match(good.text, /passed +known checkpoint/)
    // as the guide says: the last one of all that a bundle has
    await writeFile(known, notes.join('\u0000'))
    const last = /^.*\n(\d+)\n/.exec(notes.at(-1) ?? '')?.[1] ?? ''
    const longest = await verifyAlone(folder, ['.', ...KEY, '--known-checkpoint', known])
    assert.match(longest.text, new RegExp(`passed +known checkpoint: the log still begins with the ${last} entries`))
    const [origin, size, , ...rest] = (notes[0] ?? '').split('\n')
    await writeFile(known, [origin, size, Buffer.alloc(32, 9).toString('base64'), ...rest].join('\n'))
    assert.match((await verifyAlone(folder, ['.', '--known-checkpoint', known])).text, /forked or rewritten/)
    await writeFile(known, [origin, '99999', Buffer.alloc(32, 9).toString('base64'), ...rest].join('\n'))
    assert.match((await verifyAlone(folder, ['.', '--known-checkpoint', known])).text, /tail was cut/)
  })

  test('with a byte changed in any of its files, a file more or a file less, is refused', async () => {
    const files = (await readdir(join(estate.folder, 'whole'), { recursive: true, withFileTypes: true })).filter(
      (item) => item.isFile(),
    )
    assert.ok(files.length >= 20)
    for (const item of files) {
      const path = join(item.parentPath, item.name).slice(join(estate.folder, 'whole').length + 1)
      if (path === 'verify.mjs') continue
      const folder = await copy()
      const bytes = await readFile(join(folder, path))
      const at = Math.floor(bytes.length / 2)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      await writeFile(join(folder, path), bytes.length === 0 ? 'x' : bytes)
      assert.ok(await refused(folder), path)
      await rm(join(folder, path))
      assert.ok(await refused(folder), path)
      await rm(folder, { recursive: true })
    }
    const folder = await copy()
    await appendFile(join(folder, 'more'), 'x')
    assert.equal((await verifyAlone(folder)).code, 1)
  })

  test('with a link, a pipe or a path that leaves it is refused, and nothing of the kind is read', async () => {
    const device = await copy()
    await rm(join(device, 'README.md'))
    await symlink('/dev/zero', join(device, 'README.md'))
    const pipe = await copy()
    await rm(join(pipe, 'log/entries.ndjson'))
    execFileSync('mkfifo', [join(pipe, 'log/entries.ndjson')])
    const linked = await copy()
    await rename(join(linked, 'records'), join(linked, '..', 'records-elsewhere'))
    await symlink(join(linked, '..', 'records-elsewhere'), join(linked, 'records'))
    for (const folder of [device, pipe, linked]) {
      const { code, text } = await verifyAlone(folder, KEY)
      assert.equal(code, 1, text)
      assert.match(text, /is not a plain file of the bundle/)
    }
    const outside = await copy()
    await signAgain(outside, (manifest) => ({
      ...manifest,
      files: { ...manifest.files, '../../../../etc/passwd': { sha256: '', bytes: 1 } },
    }))
    assert.match((await refused(outside)) ?? '', /etc\/passwd is no file of a bundle/)
  })
})
