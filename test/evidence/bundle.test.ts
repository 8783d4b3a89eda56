// An audit bundle in the hands of someone who has Node, the bundle, and nothing of Reeve.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterAll, before as beforeAll, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { formatNote, signNote } from '../../src/evidence/checkpoint/note.ts'
import { verifyBundle } from '../../src/evidence/verify/offline/verify-bundle.ts'
import { evidenceEstate, keyText, logKey, ORIGIN } from './estate.ts'
import type { Estate } from './estate.ts'

const run = promisify(execFile)

interface Ran {
  readonly code: number
  readonly text: string
}

describe('an audit bundle', { skip: databaseUnavailable() }, () => {
  let estate: Estate
  let elsewhere: string
  beforeAll(async () => {
    estate = await evidenceEstate()
    elsewhere = await mkdtemp(join(tmpdir(), 'reeve-auditor-'))
    await estate.bundle('whole')
  })
  afterAll(async () => {
    await estate.close()
    await rm(elsewhere, { recursive: true, force: true })
  })

  /** In an environment that knows nothing of where Reeve is. */
  async function verify(folder: string, ...words: string[]): Promise<Ran> {
    try {
      const { stdout } = await run(process.execPath, ['verify.mjs', '.', ...words], { cwd: folder, env: {} })
      return { code: 0, text: stdout }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { code, text: stdout + stderr }
    }
  }

  /** By the sources of the same verifier, in this process. */
  async function refused(folder: string): Promise<string | undefined> {
    try {
      const findings = await verifyBundle(folder, { logKey: keyText(logKey()) })
      const failed = findings.filter(({ outcome }) => outcome === 'failed')
      return failed.length === 0 ? undefined : failed.map(({ check, detail }) => `${check}: ${detail}`).join('\n')
    } catch (error) {
      return String(error)
    }
  }

  /** What an exporter who lies can do: everything, with the key of the log. */
  async function signAgain(folder: string): Promise<void> {
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
      files: Record<string, { sha256: string; bytes: number; rows?: number }>
    }
    for (const [path, file] of Object.entries(manifest.files)) {
      const bytes = await readFile(join(folder, path))
      file.sha256 = createHash('sha256').update(bytes).digest('hex')
      file.bytes = bytes.length
      if (path.endsWith('.csv') && path !== 'populations/principals.csv')
        file.rows = bytes.toString().split('\n').length - 2
    }
    await signManifest(folder, manifest)
  }

  async function signManifest(folder: string, manifest: object): Promise<void> {
    const text = JSON.stringify(manifest)
    await writeFile(join(folder, 'manifest.json'), text)
    const note = `reeve audit bundle\n${ORIGIN}\n${createHash('sha256').update(text).digest('hex')}\n`
    await writeFile(join(folder, 'manifest.note'), formatNote({ text: note, signatures: [signNote(note, logKey())] }))
  }

  async function edit(folder: string, path: string, change: (text: string) => string): Promise<void> {
    const before = await readFile(join(folder, path), 'utf8')
    const after = change(before)
    assert.notEqual(after, before)
    await writeFile(join(folder, path), after)
  }

  async function copy(): Promise<string> {
    const folder = await mkdtemp(join(elsewhere, 'copy-'))
    await cp(join(estate.folder, 'whole'), folder, { recursive: true })
    return folder
  }

  test('is verified in an empty folder with Node alone, and says that no witness cosigned it', async () => {
    const { code, text } = await verify(await copy(), '--log-key', keyText(logKey()))
    assert.equal(code, 2, text)
    assert.match(text, /cannot +witnesses/)
    assert.doesNotMatch(text, /^failed/m)
    assert.match(text, /passed +populations\/principals\.csv: 262 rows.*of 1 only the hash is shown/)
    assert.match(text, /passed +populations\/tokens\.csv: 1 rows/)
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

  test('of a period is verified too; rows that were made before it are said to be undecided', async () => {
    const at = (
      await estate.db.database
        .layer('evidence')
        .transaction(
          async (tx) =>
            await tx.prepared<{ at: string }>(
              'at',
              'select e.at from evidence.entry e join evidence.sequence s on s.entry_id = e.id where s.seq = 77',
              [],
            ),
        )
    )[0]?.at
    await estate.bundle('period', { period: { from: at as never } })
    const { code, text } = await verify(join(estate.folder, 'period'), '--log-key', keyText(logKey()))
    assert.equal(code, 2, text)
    assert.match(text, /passed +entries: \d+ entries from 77/)
    assert.doesNotMatch(text, /^failed/m)
    assert.match(text, /cannot +populations\/principals\.csv: \d+ of 262 rows were made before/)
  })

  test('with another log key, another bundle’s checkpoint, or a log that was known longer is refused', async () => {
    const folder = await copy()
    assert.equal((await verify(folder, '--log-key', keyText(logKey(4)))).code, 1)
    const notes = (await readFile(join(folder, 'log/checkpoints.notes'), 'utf8')).split('\u0000')
    const known = join(elsewhere, 'known')
    await writeFile(known, notes[0] ?? '')
    const good = await verify(folder, '--log-key', keyText(logKey()), '--known-checkpoint', known)
    assert.match(good.text, /passed +known checkpoint/)
    const [origin, size, , ...rest] = (notes[0] ?? '').split('\n')
    await writeFile(known, [origin, size, Buffer.alloc(32, 9).toString('base64'), ...rest].join('\n'))
    assert.match((await verify(folder, '--known-checkpoint', known)).text, /forked or rewritten/)
    await writeFile(known, [origin, '99999', Buffer.alloc(32, 9).toString('base64'), ...rest].join('\n'))
    assert.match((await verify(folder, '--known-checkpoint', known)).text, /tail was cut/)
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
    assert.equal((await verify(folder)).code, 1)
  })

  const LIES: readonly (readonly [what: string, path: string, change: (text: string) => string, found: RegExp])[] = [
    [
      'a cell',
      'populations/credentials.csv',
      (text) => text.replace(',revoked,', ',live,'),
      /`state` is not what it says/,
    ],
    [
      'a row left out',
      'populations/credentials.csv',
      (text) => text.replace(/cred_.*\n/, ''),
      /records of no row|left out/,
    ],
    [
      'a record left out',
      'records/credentials.ndjson',
      (text) => text.replace(/.*\n/, ''),
      /cells without their record/,
    ],
    [
      'a record edited',
      'records/credentials.ndjson',
      (text) => text.replace('"name":"key 0"', '"name":"key 1"'),
      /record is another/,
    ],
    [
      'a token left out',
      'populations/tokens.csv',
      (text) => text.replace(/tok_.*\n/, ''),
      /1 records of the log are left out/,
    ],
    ['a token more', 'populations/tokens.csv', (text) => `${text}tok_zzz,,,,,,,,\n`, /1 rows have no entry/],
    [
      'an older version of a record',
      'populations/credentials.csv',
      (text) => text.replace(/^(cred_[^,]*),2,/m, '$1,1,'),
      /wrong/,
    ],
    [
      'an entry edited',
      'log/entries.ndjson',
      (text) => text.replace('svc-7', 'svc-8'),
      /content of entry \d+ was changed/,
    ],
    ['an entry left out', 'log/entries.ndjson', (text) => text.replace(/\{"seq":9,.*\n/, ''), /entry 9 is missing/],
    [
      'an entry’s content as if pruned',
      'log/entries.ndjson',
      (text) => text.replace(/(\{"seq":9,"leaf":"(?:[^"\\]|\\.)*"),"salt":"[^"]*"/, '$1'),
      /no salt/,
    ],
    [
      'the last checkpoint left out',
      'log/checkpoints.notes',
      (text) => text.split('\u0000').slice(0, -1).join('\u0000'),
      /no signed checkpoint covers/,
    ],
  ]
  for (const [what, path, change, found] of LIES) {
    test(`signed by a lying exporter is refused: ${what}`, async () => {
      const folder = await copy()
      await edit(folder, path, change)
      await signAgain(folder)
      assert.match((await refused(folder)) ?? 'nothing was refused', found)
    })
  }

  test('signed by a key that the log never announced is refused, also where the bundle names it', async () => {
    const folder = await copy()
    await edit(folder, 'manifest.json', (text) => text.replace(keyText(logKey()), keyText(logKey(4))))
    const manifest = await readFile(join(folder, 'manifest.json'))
    const note = `reeve audit bundle\n${ORIGIN}\n${createHash('sha256').update(manifest).digest('hex')}\n`
    await writeFile(join(folder, 'manifest.note'), formatNote({ text: note, signatures: [signNote(note, logKey(4))] }))
    assert.match((await refused(folder)) ?? '', /log key: no key of this log/)
  })

  test('as one zip file is the same folder', async () => {
    await estate.bundle('whole.zip')
    const bytes = await readFile(join(estate.folder, 'whole.zip'))
    assert.equal(bytes.readUInt32LE(0), 0x04034b50)
  })
})
