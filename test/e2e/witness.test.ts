// A witness beside a real server: a new key of the log is taken up as the guide says, and cosigning goes on.
import assert from 'node:assert/strict'
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runWitness } from '#evidence'
import {
  COSIGNATURE_V1,
  parseNote,
  parseVerifierKey,
  verifierKey,
  verifierOf,
  verifyNote,
} from '../../src/evidence/checkpoint/note.ts'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { reeve } from '../scan/run-reeve.ts'
import { cleanEnvironment, startServer, temporaryFolder } from './server-in-test.ts'

describe('a witness of a server', { skip: databaseUnavailable() }, () => {
  test('cosigns before and after a rotation of the log’s key, without a restart and without an alarm', async (t) => {
    const folder = await temporaryFolder(t)
    const dataDirectory = join(folder, 'data')
    const env = cleanEnvironment({ REEVE_DATA_DIR: dataDirectory })
    const printed = async (...words: string[]): Promise<string> => {
      const { code, stdout, stderr } = await reeve(words, { env })
      assert.equal(code, 0, stderr)
      return stdout.trim()
    }
    const first = await startServer({ dataDirectory })
    assert.equal(await first.stop(), 0)
    const oldKey = await printed('evidence', 'key')
    const none = await reeve(['evidence', 'key', '--pending'], { env })
    assert.notEqual(none.code, 0)
    assert.match(none.stderr, /no key is pending/)

    const raised: unknown[] = []
    const logKeyFile = join(folder, 'log.keys')
    await writeFile(logKeyFile, `${oldKey}\n`)
    const witness = await runWitness({
      name: 'witness.test',
      logKeys: [],
      logKeyFile,
      keyFile: join(folder, 'witness', 'key'),
      folder: join(folder, 'witness'),
      host: '127.0.0.1',
      port: 0,
      onMisbehaviour: (what) => raised.push(what),
      onFailure: (error) => raised.push(error),
    })
    t.after(async () => witness.stop())
    const config = join(folder, 'reeve.yaml')
    await writeFile(config, `server:\n  witnesses:\n    - url: ${witness.url}\n      key: ${witness.key}\n`)

    /** The published checkpoint, once it is signed by this key of the log and cosigned. */
    const cosignedUnder = async (key: string): Promise<number> => {
      const wanted = [key, witness.key].map(parseVerifierKey)
      for (let tries = 0; tries < 300; tries += 1) {
        const note = parseNote(await readFile(join(dataDirectory, 'log', 'checkpoint'), 'utf8'))
        if (wanted.every((verifier) => verifyNote(note, verifier) !== undefined))
          return Number(note.text.split('\n')[1])
        await sleep(200)
      }
      return assert.fail(await readFile(join(dataDirectory, 'log', 'checkpoint'), 'utf8'))
    }
    const started = { dataDirectory, env: { REEVE_CONFIG: config } }
    const second = await startServer(started)
    t.after(async () => second.kill())
    const before = await cosignedUnder(oldKey)
    await printed('keys', 'rotate', 'log')
    const newKey = await printed('evidence', 'key', '--pending')
    assert.notEqual(newKey, oldKey)
    await appendFile(logKeyFile, `${newKey}\n`)
    assert.equal(await second.stop(), 0)
    const third = await startServer(started)
    t.after(async () => third.kill())
    assert.ok((await cosignedUnder(newKey)) > before)
    assert.deepEqual(raised, [])
    assert.doesNotMatch(second.stderr() + third.stderr(), /ALARM|does not cosign/)
    assert.equal(await printed('evidence', 'key'), newKey)
    assert.equal(await third.stop(), 0)

    const entries = join(dataDirectory, 'log', 'tile', 'entries')
    const file = (await readdir(entries, { recursive: true, withFileTypes: true })).find((item) => item.isFile())
    const leaves = await readFile(join(file?.parentPath ?? '', file?.name ?? ''), 'utf8')
    const [, entry = ''] = /"id":"(evt_[0-9a-z]{26})"/.exec(leaves) ?? []
    const { proof, ...told } = JSON.parse(
      await printed('evidence', 'prove', entry, '--witness-key', witness.key, '--json'),
    ) as { proof: string; entry: string; index: number; witnesses: { name: string }[] }
    assert.equal(proof.trim(), await printed('evidence', 'prove', entry, '--witness-key', witness.key))
    assert.deepEqual([told.entry, told.index, told.witnesses.map(({ name }) => name)], [entry, 0, ['witness.test']])

    // the log itself is no witness of the log: neither by its key as it is, nor as if that cosigned, nor by an earlier one
    const raw = parseVerifierKey(newKey).publicKey
    const signer = {
      name: 'other.test',
      algorithm: COSIGNATURE_V1,
      publicKey: raw,
      sign: () => Buffer.alloc(0),
    } as const
    const posing = verifierKey(verifierOf(signer))
    for (const own of [newKey, oldKey, posing])
      for (const words of [['verify'], ['prove', entry], ['export', '--out', join(folder, 'bundle')]]) {
        const refused = await reeve(['evidence', ...words, '--witness-key', own], { env })
        assert.equal(refused.code, 2, refused.stdout)
        assert.match(refused.stderr, /is the log’s own: nobody is a witness of himself/)
      }
    await writeFile(config, `server:\n  witnesses:\n    - url: ${witness.url}\n      key: ${posing}\n`)
    await assert.rejects(startServer(started), /nobody is a witness of himself/)
  })
})
