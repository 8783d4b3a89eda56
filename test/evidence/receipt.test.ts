// One receipt in a file of its own, verified by code that shares nothing with the log.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  announceKey,
  Log,
  proveRecord,
  sequenceOnce,
  signerFromSeed,
  TileFolder,
  verifierKey,
  verifierOf,
} from '#evidence'
import type { RecordProof } from '#evidence'
import { getReceipt } from '#effect'
import { canonicalJson } from '#kernel'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { layerInTest, passOver, planFor, targetNamed } from '../../src/effect/effect-in-test.ts'
import { TargetInTest } from '../../src/effect/target-in-test.ts'
import { formatNote, signNote } from '../../src/evidence/checkpoint/note.ts'
import { verifierFile } from '../../src/evidence/export/verifier-file.ts'
import { verifyReceipt } from '../../src/evidence/verify/offline/verify-receipt.ts'

const SECRET = 'open sesame'
const signer = signerFromSeed('reeve.test/log', Buffer.alloc(32, 3))
const another = signerFromSeed('reeve.test/log', Buffer.alloc(32, 4))
const logKey = verifierKey(verifierOf(signer))

describe('a receipt is verified offline', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let folder: string
  const proofs: RecordProof[] = []
  before(async () => {
    base = await testDatabase()
    folder = mkdtempSync(join(tmpdir(), 'reeve-receipt-'))
    const target = new TargetInTest()
    const layer = layerInTest(base, target.adapter)
    await targetNamed(layer, 'main')
    const evidence = base.database.layer('evidence')
    const tiles = new TileFolder(join(folder, 'log'))
    const ids: string[] = []
    for (const account of ['app', 'other']) {
      target.accounts.set(account, { mayLogIn: true, sessions: 1, password: SECRET })
      const { id } = await planFor(layer, { account, credential: { secret: SECRET } })
      await passOver(base, layer)
      ids.push((await getReceipt(layer, id)).id)
    }
    const at = new Date().toISOString() as Instant
    while ((await sequenceOnce(evidence, at)).sequenced > 0);
    await (await Log.open({ evidence, tiles, signer })).integrate(at)
    for (const id of ids) proofs.push(await proveRecord(evidence, tiles, id))
  })
  after(async () => {
    await base?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const fileOf = (proof: unknown): Buffer => Buffer.from(`${canonicalJson(proof as never)}\n`)
  const first = (): RecordProof => proofs[0] as RecordProof
  const outcomes = async (bytes: Uint8Array, key = logKey): Promise<string> =>
    (await verifyReceipt(bytes, { logKey: key })).map(({ check, outcome }) => `${outcome} ${check}`).join(', ')
  const refused = async (proof: unknown, key = logKey): Promise<boolean> =>
    (await outcomes(fileOf(proof), key)).includes('failed')

  test('as it is, under the key that is known; without a key or a witness that is said', async () => {
    assert.equal(
      await outcomes(fileOf(first())),
      'passed file, passed entry, passed log, passed log key, cannot witnesses',
    )
    const [, entry] = await verifyReceipt(fileOf(first()))
    assert.match(entry?.detail ?? '', /^rcp_\w+: verified: contain app at main/)
    const keyless = (await verifyReceipt(fileOf(first()))).find(({ check }) => check === 'log key')
    assert.equal(keyless?.outcome, 'cannot')
    assert.ok(!fileOf(first()).includes(SECRET))
  })

  test('not with a byte flipped, anywhere', async () => {
    const bytes = fileOf(first())
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [0x01, 0x04, 0x20]) {
        const flipped = Buffer.from(bytes)
        flipped[at] = (flipped[at] ?? 0) ^ bit
        const said = await outcomes(flipped)
        assert.ok(said.includes('failed'), `byte ${at} (${flipped.subarray(at - 10, at + 10).toString()}): ${said}`)
      }
    }
  })

  test('not with the words, the place or the salt of another, or a member more', async () => {
    const [one, two] = proofs as [RecordProof, RecordProof]
    const { salt: _salt, ...saltless } = one.entry
    assert.ok(await refused({ ...one, entry: { ...one.entry, content: two.entry.content } }))
    assert.ok(await refused({ ...one, entry: { ...one.entry, content: two.entry.content, salt: two.entry.salt } }))
    assert.ok(await refused({ ...one, entry: { ...two.entry, leaf: one.entry.leaf } }))
    assert.ok(await refused({ ...one, proof: two.proof }))
    assert.ok(await refused({ ...one, entry: saltless }))
    assert.ok(await refused({ ...one, receipt: two.entry.content }))
    assert.ok(await refused({ ...one, entry: { ...one.entry, reason: 'nobody said so' } }))
    assert.ok(!(await refused(two)))
  })

  test('not under the checkpoint of another log, or one that another key signed', async () => {
    const [, checkpoint = ''] = /\n\n([^]+)$/.exec(first().proof) ?? []
    assert.ok(checkpoint.startsWith('reeve.test/log\n'))
    assert.ok(await refused(first(), verifierKey(verifierOf(another))))
    const elsewhere = signerFromSeed('other.test/log', Buffer.alloc(32, 3))
    assert.ok(await refused(first(), verifierKey(verifierOf(elsewhere))))
    const unsigned = first().proof.replace(/\n— [^]+$/, '\n')
    assert.ok(await refused({ ...first(), proof: unsigned }))
  })

  describe('after two rotations of the log’s key', () => {
    const signers = [signer, another, signerFromSeed('reeve.test/log', Buffer.alloc(32, 5))] as const
    const keys = signers.map((one) => verifierKey(verifierOf(one)))
    /** The same receipt: before, between and after them. */
    const files: RecordProof[] = []
    before(async () => {
      files.push(first())
      const parts = { evidence: base.database.layer('evidence'), tiles: new TileFolder(join(folder, 'log')) }
      for (const [at, next] of [
        [0, signers[1]],
        [1, signers[2]],
      ] as const) {
        await announceKey({ ...parts, signer: signers[at] }, next, () => new Date().toISOString() as Instant)
        while ((await sequenceOnce(parts.evidence, new Date().toISOString() as Instant)).sequenced > 0);
        await (await Log.open({ ...parts, signer: next })).integrate(new Date().toISOString() as Instant)
        files.push(await proveRecord(parts.evidence, parts.tiles, idOf(first())))
      }
    })
    const idOf = ({ entry }: RecordProof): string => (JSON.parse(entry.leaf) as { record: { id: string } }).record.id
    const last = (): RecordProof & Required<Pick<RecordProof, 'keys'>> => {
      const { keys: announced = assert.fail('it shows the keys'), ...file } = files[2] ?? assert.fail('there are three')
      return { ...file, keys: announced }
    }

    test('whoever kept any key up to the one that signed follows it; a later key asks for the receipt anew', async () => {
      for (const [made, file] of files.entries())
        for (const [kept, key] of keys.entries()) {
          const said = await outcomes(fileOf(file), key)
          assert.equal(!said.includes('failed'), kept <= made, `file ${made}, key ${kept}: ${said}`)
        }
      assert.deepEqual(
        files.map((file) => file.keys?.length),
        [undefined, 1, 2],
      )
      const [, , , , chain] = await verifyReceipt(fileOf(last()), { logKey })
      const follows = (await verifyReceipt(fileOf(last()), { logKey })).find(({ check }) => check === 'log key')
      assert.equal(chain?.check, 'key rotation')
      assert.match(
        follows?.detail ?? '',
        /^the checkpoint is signed by [0-9a-f]{8}, and follows from [0-9a-f]{8}, which you/,
      )
      const early = (await verifyReceipt(fileOf(first()), { logKey: keys[2] ?? '' })).at(-2)
      assert.match(early?.detail ?? '', /have the receipt written anew/)
    })

    test('not under a key that the log never had, or by a chain that another made', async () => {
      const stranger = signerFromSeed('reeve.test/log', Buffer.alloc(32, 6))
      assert.ok(await refused(last(), verifierKey(verifierOf(stranger))))
      const [one, two] = last().keys
      assert.ok(one !== undefined && two !== undefined)
      assert.ok(await refused({ ...last(), keys: [two, one] }), 'reordered')
      assert.ok(await refused({ ...last(), keys: [one, one, two] }), 'twice')
      assert.ok(await refused({ ...last(), keys: [one] }), 'without the one that signed')
      assert.ok(await refused({ ...last(), keys: [] }), 'none, said aloud')
      assert.ok(await refused({ ...last(), keys: [two] }), 'the first key is not followed over a gap')
      assert.ok(!(await refused({ ...last(), keys: [two] }, keys[1])), 'who kept the second needs no more')
      const { keys: _keys, ...bare } = last()
      assert.ok(await refused(bare), 'without its keys the first one says nothing')
      const text = `reeve log key\n${verifierKey(verifierOf(stranger))}\n`
      const note = formatNote({ text, signatures: [signNote(text, stranger)] })
      const forged = { ...one, entry: { ...one.entry, content: { note } } }
      assert.ok(await refused({ ...last(), keys: [forged] }))
      assert.ok(await refused({ ...last(), keys: [{ ...one, proof: two.proof }, two] }))
    })

    test('not with a byte flipped, anywhere', async () => {
      const bytes = fileOf(last())
      for (let at = 0; at < bytes.length; at++) {
        const flipped = Buffer.from(bytes)
        flipped[at] = (flipped[at] ?? 0) ^ 0x04
        // by turns under the first key and the newest
        const key = keys[at % 2 === 0 ? 0 : 2]
        assert.ok(
          (await outcomes(flipped, key)).includes('failed'),
          `byte ${at}: ${flipped.subarray(at - 10, at + 10).toString()}`,
        )
      }
    })
  })

  test('by the one file that stands in every bundle, with nothing but Node', () => {
    const [verifier, receipt] = [join(folder, 'verify.mjs'), join(folder, 'receipt.json')]
    writeFileSync(verifier, verifierFile())
    writeFileSync(receipt, fileOf(first()))
    const { status, stdout } = spawnSync(process.execPath, [verifier, receipt, '--log-key', logKey], {
      encoding: 'utf8',
    })
    assert.equal(status, 2, 'no witness was named')
    assert.match(stdout, /passed {2}entry: rcp_\w+: verified: contain app at main/)
    writeFileSync(receipt, fileOf({ ...first(), proof: (proofs[1] as RecordProof).proof }))
    assert.throws(() => execFileSync(process.execPath, [verifier, receipt, '--log-key', logKey], { stdio: 'pipe' }), {
      status: 1,
    })
  })
})
