import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { Fault, systemClock } from '#kernel'
import { openKeys } from '#keys'
import { backUp } from './back-up.ts'
import { evidenceKeys, verifyEvidence } from './evidence-desk.ts'
import { localKeys } from './local-keys.ts'

async function newFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-'))
  t.after(async () => rm(folder, { recursive: true }))
  return folder
}

const WORK: Readonly<Record<string, (dataDirectory: string, out: string) => Promise<unknown>>> = {
  backup: async (dataDirectory, path) => backUp({ environment: {}, dataDirectory, release: '1', path, withKeys: true }),
  'evidence keys': async (dataDirectory) => evidenceKeys({ environment: {}, dataDirectory, release: '1' }),
  'evidence verify': async (dataDirectory) =>
    verifyEvidence({ environment: {}, dataDirectory, release: '1', state: true, witnessKeys: [] }),
  'keys list': async (dataDirectory) => localKeys({ environment: {}, dataDirectory }),
  'keys replace-lost': async (dataDirectory) =>
    localKeys({ environment: {}, dataDirectory, acceptLoss: ['fingerprint'] }),
}

const refusal =
  (dataDirectory: string) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Fault, String(error))
    assert.equal(error.code, 'usage', 'which is exit code 2')
    assert.ok(error.detail.includes(`\`${dataDirectory}\``), error.detail)
    assert.match(error.detail, /--data-dir or REEVE_DATA_DIR/)
    return true
  }

describe('a command beside the server makes no roll', () => {
  for (const [name, work] of Object.entries(WORK)) {
    test(`${name} refuses a directory that no server was started on, names it, and leaves it as it is`, async (t) => {
      const folder = await newFolder(t)
      const out = join(folder, 'out.reeve-backup')
      const misspelt = join(folder, 'misspelt')
      await assert.rejects(work(misspelt, out), refusal(misspelt))
      const empty = join(folder, 'empty')
      await mkdir(join(empty, 'keys'), { recursive: true, mode: 0o700 })
      await assert.rejects(work(empty, out), refusal(empty))
      assert.deepEqual(await readdir(folder, { recursive: true }), ['empty', 'empty/keys'])
    })
  }

  test('keys alone are no roll to back up', async (t) => {
    const folder = await newFolder(t)
    await openKeys(join(folder, 'keys'), systemClock)
    await assert.rejects(WORK['backup']?.(folder, join(folder, 'out')) ?? assert.fail(), refusal(folder))
    assert.deepEqual(await readdir(folder), ['keys'])
  })
})
