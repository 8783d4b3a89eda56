import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderOf, reeve } from '../../test/scan/run-reeve.ts'
import { secretFrom } from './secret-file.ts'

test('a secret comes whole out of a pipe that gives it in pieces', async (t) => {
  const pipe = join(await folderOf(t, {}), 'pipe')
  assert.equal(spawnSync('mkfifo', ['-m', '600', pipe]).status, 0)
  const read = secretFrom(pipe)
  const wrote = spawnSync('sh', ['-c', `{ printf 'open '; sleep 0.3; printf 'sesame\\n'; } > ${pipe} &`], {
    stdio: 'ignore',
  })
  assert.equal(wrote.status, 0)
  assert.equal(await read, 'open sesame')
})

test('a text of Windows is read as what it says, and what is no text is named', async (t) => {
  const folder = await folderOf(t, {})
  const read = async (bytes: Buffer): Promise<string> => {
    const path = join(folder, 'secret')
    await writeFile(path, bytes, { mode: 0o600 })
    return await secretFrom(path)
  }
  for (const encoding of ['utf8', 'utf16le'] as const)
    assert.equal(await read(Buffer.from('\uFEFFöpen sesame\r\n', encoding)), 'öpen sesame')
  await assert.rejects(read(Buffer.from([0xff, 0x00, 0x80])), /is no text in UTF-8 or UTF-16/)
  await assert.rejects(read(Buffer.from('\uFEFF\r\n')), /is empty/)
})

test('a folder in its place is a mistake of who asks, and is named', async () => {
  const { code, stderr } = await reeve(['contain', '--secret-file', tmpdir(), '--dry-run'], {
    env: { REEVE_URL: 'http://127.0.0.1:9', REEVE_TOKEN: 'reeve_p_none' },
  })
  assert.equal(code, 2)
  assert.match(stderr, /^reeve: `\/\S+` cannot be read \(EISDIR\)$/m)
})
