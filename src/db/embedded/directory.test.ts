import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { socketFolder } from './directory.ts'

test('a data directory and a TMPDIR that are both too long for a socket: it is in a short folder', async (t) => {
  const { TMPDIR } = process.env
  const made = await mkdtemp(join(tmpdir(), 'reeve-'))
  t.after(async () => {
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
    await rm(made, { recursive: true })
  })
  const long = join(made, 'a-folder-with-a-long-name-'.repeat(4))
  await mkdir(long)
  process.env['TMPDIR'] = long
  const folder = await socketFolder(long, undefined)
  t.after(async () => rm(folder, { recursive: true }))
  assert.ok(Buffer.byteLength(join(folder, '.s.PGSQL.5432')) <= 103, folder)
  assert.equal(await socketFolder(long, undefined), folder, 'the same again')
})
