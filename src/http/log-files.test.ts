// The log over HTTP, read by the offline verifier's own formats, which share no code with what serves it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { newId } from '#kernel'
import type { Instant } from '#kernel'
import type { Database } from '#db'
import { appendEntries, Log, sequenceOnce, signerFromSeed, TileFolder, verifierKey, verifierOf } from '#evidence'
import { apiInTest } from '../../test/http/api.ts'
import type { Answer, ApiInTest } from '../../test/http/api.ts'
import { databaseUnavailable } from '../db/database-in-test.ts'
import {
  LEAF,
  MerkleStack,
  NODE,
  parseCheckpoint,
  parseKey,
  parseNote,
  sha256,
  signedBy,
} from '../evidence/verify/offline/formats.ts'

const AT = '2026-03-01T00:00:00.000Z' as Instant
const signer = signerFromSeed('reeve.test/log', Buffer.alloc(32, 3))

describe('the log over HTTP', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  let folder: string
  let tiles: TileFolder
  let database: Database
  let otto: string
  let nobody: string
  const evidence = () => database.layer('evidence')
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'reeve-log-'))
    tiles = new TileFolder(folder)
    api = await apiInTest({}, (opened) => {
      database = opened
      return { tiles }
    })
    otto = await api.somebody('otto', ['auditor'])
    nobody = await api.somebody('nobody')
    await database.layer('usage').transaction(async (tx) => {
      const entries = Array.from({ length: 700 }, () => ({
        id: newId('entry'),
        layer: 'usage',
        type: 'test.noted',
        at: AT,
        actor: 'reeve',
        subjects: [],
      }))
      await appendEntries(tx, entries)
    })
    while ((await sequenceOnce(evidence(), AT)).sequenced > 0);
    const log = await Log.open({ evidence: evidence(), tiles, signer })
    await log.integrate(AT)
  })
  after(async () => {
    await api.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const bytes = async (
    path: string,
    token = otto,
  ): Promise<{ status: number; headers: Answer['headers']; raw: Buffer }> => {
    const answer = await api.server.inject({
      method: 'GET',
      url: path,
      headers: { host: '127.0.0.1', authorization: `Bearer ${token}` },
    })
    return { status: answer.statusCode, headers: answer.headers, raw: answer.rawPayload }
  }

  test('checkpoint, bundles and tiles give the signed root to another implementation', async () => {
    const published = await bytes('/v1/log/checkpoint')
    assert.equal(published.headers['content-type'], 'text/plain; charset=utf-8')
    assert.equal(published.headers['cache-control'], 'no-store')
    const note = parseNote(published.raw.toString())
    assert.ok(signedBy(note, parseKey(verifierKey(verifierOf(signer)))))
    const { size, root } = parseCheckpoint(note.text)
    assert.ok(size >= 700)
    const tree = new MerkleStack()
    for (let index = 0; index * 256 < size; index += 1) {
      const width = Math.min(256, size - index * 256)
      const path = `${String(index).padStart(3, '0')}${width === 256 ? '' : `.p/${width}`}`
      const bundle = await bytes(`/v1/log/tile/entries/${path}`)
      const hashes = await bytes(`/v1/log/tile/0/${path}`)
      for (const { status, headers } of [bundle, hashes]) {
        assert.equal(status, 200)
        assert.equal(headers['content-type'], 'application/octet-stream')
        assert.equal(/immutable/.test(String(headers['cache-control'])), width === 256)
        assert.match(String(headers['cache-control']), /^private/)
      }
      const leaves: Buffer[] = []
      for (let at = 0; at < bundle.raw.length; at += 2 + bundle.raw.readUInt16BE(at))
        leaves.push(sha256(LEAF, bundle.raw.subarray(at + 2, at + 2 + bundle.raw.readUInt16BE(at))))
      assert.deepEqual(Buffer.concat(leaves), hashes.raw)
      for (const leaf of leaves) tree.push(leaf)
    }
    assert.ok(tree.root().equals(root))
  })

  test('the proof of an entry leads to the root of its checkpoint', async () => {
    const { items } = (await api.ask('GET', '/v1/entries?limit=3', { token: otto })).body as { items: { id: string }[] }
    const { status, headers, raw } = await bytes(`/v1/entries/${items[2]?.id}/proof`)
    assert.equal(status, 200)
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8')
    const [head = '', ...rest] = raw.toString().split('\n\n')
    const [format, index, ...proof] = head.split('\n')
    assert.equal(format, 'c2sp.org/tlog-proof@v1')
    assert.equal(index, 'index 2')
    const { root, size } = parseCheckpoint(parseNote(rest.join('\n\n')).text)
    const bundle = await bytes('/v1/log/tile/entries/000')
    let at = 0
    for (let skip = 0; skip < 2; skip += 1) at += 2 + bundle.raw.readUInt16BE(at)
    let hash = sha256(LEAF, bundle.raw.subarray(at + 2, at + 2 + bundle.raw.readUInt16BE(at)))
    // leaf 2 of a larger tree: its sibling and everything above stand on the right, but for the pair before it
    for (const [height, line] of proof.entries()) {
      const other = Buffer.from(line, 'base64')
      hash = height === 1 ? sha256(NODE, other, hash) : sha256(NODE, hash, other)
    }
    assert.equal(proof.length, Math.ceil(Math.log2(size)))
    assert.ok(hash.equals(root))
  })

  test('is for auditors and administrators alone, and a try of anyone else is in the log', async () => {
    for (const path of ['/v1/log/checkpoint', '/v1/log/tile/0/000', `/v1/entries/${newId('entry')}/proof`]) {
      assert.equal((await api.ask('GET', path)).status, 401, path)
      assert.equal((await bytes(path, nobody)).status, 403, path)
    }
    const refused = (await api.entries()).filter(({ type }) => type === 'act.refused')
    assert.deepEqual(
      refused.map(({ content }) => content['operation']),
      ['getLogCheckpoint', 'getLogTile', 'getEntryProof'],
    )
  })

  test('no path but that of a tile is looked for, and what is not there is 404', async () => {
    for (const path of [
      '0/999',
      '0/000.p/0',
      '0/000.p/256',
      '0/0000',
      '64/000',
      '0/x000/000',
      '0/..%2f..%2fcheckpoint',
      '0/000%00',
      '',
    ])
      assert.equal((await bytes(`/v1/log/tile/${path}`)).status, 404, path)
    assert.equal((await bytes(`/v1/entries/${newId('entry')}/proof`)).status, 404)
    assert.equal((await bytes('/v1/entries/evt_none/proof')).status, 400)
  })
})
