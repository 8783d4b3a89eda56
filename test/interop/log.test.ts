// The log as another implementation reads it: golang.org/x/mod/sumdb, from Debian's packages.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { newId } from '#kernel'
import type { Instant } from '#kernel'
import { appendEntries, Log, sequenceOnce, signerFromSeed, TileFolder, verifierKey, verifierOf } from '#evidence'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { parseCheckpoint } from '../../src/evidence/checkpoint/checkpoint.ts'
import { parseNote } from '../../src/evidence/checkpoint/note.ts'
import { parseBundle } from '../../src/evidence/tree/entry-bundle.ts'
import { leafHash } from '../../src/evidence/tree/hash.ts'
import { consistencyProof, inclusionProof } from '../../src/evidence/tree/proof.ts'

const run = promisify(execFile)
const GOPATH = '/usr/share/gocode'
const AT = '2026-11-28T00:00:00.000Z' as Instant
const signer = signerFromSeed('reeve.test/log', Buffer.alloc(32, 3))

function unavailable(): string | false {
  if (!existsSync(join(GOPATH, 'src/golang.org/x/mod/sumdb/tlog'))) return 'no golang-golang-x-mod-dev on this machine'
  if (!existsSync('/usr/bin/go')) return 'no golang-go on this machine'
  return databaseUnavailable()
}

describe('golang.org/x/mod/sumdb', { skip: unavailable() }, () => {
  let db: TestDatabase
  let folder: string
  let checker: string
  let good: string
  const roots: { size: number; root: Buffer }[] = []

  before(async () => {
    db = await testDatabase()
    folder = await mkdtemp(join(tmpdir(), 'reeve-interop-'))
    checker = join(folder, 'check-log')
    await run('/usr/bin/go', ['build', '-o', checker, join(import.meta.dirname, 'check-log.go')], {
      env: { ...process.env, GO111MODULE: 'off', GOPATH, GOCACHE: join(folder, 'cache'), GOFLAGS: '' },
    })
    good = join(folder, 'good')
    const log = await Log.open({ evidence: db.database.layer('evidence'), tiles: new TileFolder(good), signer })
    for (const count of [1, 6, 249, 1, 300, 66_000]) {
      await append(count)
      await log.integrate(AT)
      roots.push(parseCheckpoint(parseNote(await readFile(join(good, 'checkpoint'), 'utf8')).text))
    }
    await writeFile(join(folder, 'proofs.json'), JSON.stringify(await claims(new TileFolder(good))))
  })
  after(async () => {
    await db.close()
    await rm(folder, { recursive: true })
  })

  async function append(count: number): Promise<void> {
    await db.database.layer('usage').transaction(async (tx) => {
      const entry = (at: number) => ({
        id: newId('entry'),
        layer: 'usage',
        type: 'test.noted',
        at: AT,
        actor: 'reeve',
        subjects: [],
        content: { at },
      })
      await appendEntries(
        tx,
        Array.from({ length: count }, (_, at) => entry(at)),
      )
    })
    while ((await sequenceOnce(db.database.layer('evidence'), AT)).sequenced > 0);
  }

  async function claims(tiles: TileFolder): Promise<{ Inclusion: object[]; Consistency: object[] }> {
    const read = async (name: Parameters<TileFolder['read']>[0]): Promise<Buffer> => await tiles.read(name)
    const last = roots.at(-1) ?? assert.fail()
    const base64 = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('base64'))
    const Inclusion: object[] = []
    for (const index of [0, 1, 255, 256, 555, 65_535, 65_536, last.size - 1]) {
      const bundle = await tiles.read({
        level: 'entries',
        index: Math.floor(index / 256),
        width: Math.min(256, last.size - Math.floor(index / 256) * 256),
      })
      const leaf = leafHash(parseBundle(bundle)[index % 256] ?? assert.fail())
      Inclusion.push({
        Index: index,
        Size: last.size,
        Root: last.root.toString('base64'),
        Leaf: leaf.toString('base64'),
        Proof: base64(await inclusionProof(read, index, last.size)),
      })
    }
    const Consistency: object[] = []
    for (const older of roots) {
      Consistency.push({
        Older: older.size,
        OlderRoot: older.root.toString('base64'),
        Size: last.size,
        Root: last.root.toString('base64'),
        Proof: base64(await consistencyProof(read, older.size, last.size)),
      })
    }
    return { Inclusion, Consistency }
  }

  const check = async (
    log: string,
    proofs = join(folder, 'proofs.json'),
    key = verifierKey(verifierOf(signer)),
  ): Promise<string> =>
    await run(checker, [log, key, proofs]).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => `refused: ${error.stdout}`,
    )

  test('accepts checkpoint, tiles, entry bundles, inclusion and consistency proofs', async () => {
    assert.equal(await check(good), `accepted: ${roots.at(-1)?.size} entries, 8 inclusion and 6 consistency proofs\n`)
  })

  async function tampered(change: (log: string, proofs: string) => Promise<void>): Promise<string> {
    const log = await mkdtemp(join(folder, 'bad-'))
    await cp(good, log, { recursive: true })
    const proofs = join(log, 'proofs.json')
    await cp(join(folder, 'proofs.json'), proofs)
    await change(log, proofs)
    const answer = await check(log, proofs)
    await rm(log, { recursive: true })
    return answer
  }

  const flip = async (file: string, at: number): Promise<void> => {
    const bytes = await readFile(file)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await writeFile(file, bytes)
  }
  const editProofs = async (
    file: string,
    edit: (claims: { Inclusion: { Proof: string[]; Index: number }[]; Consistency: { Proof: string[] }[] }) => void,
  ): Promise<void> => {
    const value = JSON.parse(await readFile(file, 'utf8')) as Parameters<typeof edit>[0]
    edit(value)
    await writeFile(file, JSON.stringify(value))
  }

  const TAMPERED: Record<string, (log: string, proofs: string) => Promise<void>> = {
    'a changed entry': async (log) => await flip(join(log, 'tile/entries/001'), 20),
    'a changed leaf hash': async (log) => await flip(join(log, 'tile/0/003'), 33),
    'a changed tile of the level above': async (log) => await flip(join(log, 'tile/1/000'), 64),
    'a missing tile': async (log) => await rm(join(log, 'tile/0/002')),
    'a changed size': async (log) =>
      await writeFile(
        join(log, 'checkpoint'),
        (await readFile(join(log, 'checkpoint'), 'utf8')).replace(/\n\d+\n/, '\n66000\n'),
      ),
    'a changed signature': async (log) =>
      await writeFile(
        join(log, 'checkpoint'),
        (await readFile(join(log, 'checkpoint'), 'utf8')).replace(
          /(.)(..)=\n$/,
          (_, a: string, b: string) => `${a === 'A' ? 'B' : 'A'}${b}=\n`,
        ),
      ),
    'an inclusion proof without its last hash': async (_, proofs) =>
      await editProofs(proofs, ({ Inclusion }) => Inclusion[3]?.Proof.pop()),
    'an inclusion proof of another place': async (_, proofs) =>
      await editProofs(proofs, ({ Inclusion }) => {
        const first = Inclusion[0]
        if (first !== undefined) first.Index = 1
      }),
    'a consistency proof with two hashes swapped': async (_, proofs) =>
      await editProofs(proofs, ({ Consistency }) => Consistency[4]?.Proof.reverse()),
  }
  for (const [what, change] of Object.entries(TAMPERED)) {
    test(`refuses ${what}`, async () => {
      assert.match(await tampered(change), /^refused: /)
    })
  }

  test('refuses a checkpoint of another key of the same name', async () => {
    const other = verifierKey(verifierOf(signerFromSeed('reeve.test/log', Buffer.alloc(32, 4))))
    assert.match(await check(good, undefined, other), /^refused: checkpoint/)
  })
})
