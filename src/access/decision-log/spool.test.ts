import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { Spool } from './spool.ts'

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-spool-'))
  t.after(async () => rm(folder, { recursive: true, force: true }))
  return join(folder, 'spool')
}

test('what is read in parts is read once, in order, over segments, and segments that were taken are gone', async (t) => {
  const folder = await folderOf(t)
  const spool = await Spool.open(folder)
  const text = 'x'.repeat(4000)
  let asked = 0
  // three segments of 8 MiB
  for (let turn = 0; turn < 50; turn++) {
    await Promise.all(Array.from({ length: 100 }, async () => spool.append(`${(asked += 1)} ${text}`)))
  }
  let next = 1
  for (;;) {
    const lines = await spool.unsent(701)
    if (lines.length === 0) break
    assert.deepEqual(
      lines.map(({ seq }) => seq),
      lines.map((_, at) => next + at),
    )
    assert.ok(lines.every((line) => line.text === `${line.seq} ${text}`))
    // what was read and not taken comes again
    assert.deepEqual(await spool.unsent(2), lines.slice(0, 2))
    assert.deepEqual((await spool.unsent(701)).length, lines.length)
    next += lines.length
    await spool.taken(next - 1)
  }
  assert.equal(next, 5001)
  await assert.rejects(readFile(join(folder, '0000000000000001.log')), { code: 'ENOENT' })
  await spool.close()
})

test('a full spool refuses, and what it refused is missing in the numbers, whoever opens it next', async (t) => {
  const folder = await folderOf(t)
  const spool = await Spool.open(folder, 300)
  for (let line = 0; line < 3; line++) await spool.append('x'.repeat(60))
  const kept = (await spool.unsent(10)).length
  await assert.rejects(spool.append('x'.repeat(200)), { code: 'storage_full' })
  assert.equal((await spool.unsent(10)).length, kept)
  await spool.append('small')
  assert.deepEqual(
    (await spool.unsent(10)).map(({ seq }) => seq),
    [1, 2, 3, 5],
  )
  await assert.rejects(spool.append('x'.repeat(200)), { code: 'storage_full' })
  await spool.close()
  const next = await Spool.open(folder)
  await next.append('after')
  assert.ok(((await next.unsent(10)).at(-1)?.seq ?? 0) > 6, 'a number is left out for what was not written')
  await next.close()
})

test('after the machine lost its power a number is left out; after a stop and after a kill none is', async (t) => {
  const folder = await folderOf(t)
  const numbers = async (): Promise<number[]> => {
    const spool = await Spool.open(folder)
    await spool.append('one')
    const found = (await spool.unsent(10)).map(({ seq }) => seq)
    await spool.close()
    return found
  }
  assert.deepEqual(await numbers(), [1])
  assert.deepEqual(await numbers(), [1, 2])
  const killed = await Spool.open(folder)
  await killed.append('three')
  await leaveLock(folder)
  assert.deepEqual(await numbers(), [1, 2, 3, 4])
  await writeFile(join(folder, 'whole'), 'another boot')
  assert.deepEqual(await numbers(), [1, 2, 3, 4, 6])
  await killed.close()
})

/** As a process leaves it that was killed, and whose number another one has by now. */
const leaveLock = async (folder: string): Promise<void> =>
  writeFile(join(folder, 'lock'), JSON.stringify({ pid: process.pid, startMark: 'of another' }))

test('two do not use one spool: the second one is refused by name, until the first one has stopped', async (t) => {
  const folder = await folderOf(t)
  const first = await Spool.open(folder)
  const detail = new RegExp(`process ${process.pid} uses the spool \`${folder}\``)
  await assert.rejects(Spool.open(folder), { code: 'usage', detail })
  await first.append('one')
  await first.close()
  const second = await Spool.open(folder)
  assert.equal((await second.unsent(10)).length, 1)
  await second.close()
})

test('a folder that cannot be used is refused by name', async (t) => {
  const folder = await folderOf(t)
  await writeFile(folder, 'a file')
  await assert.rejects(Spool.open(folder), {
    code: 'usage',
    detail: new RegExp(`\`${folder}\` cannot be used \\(EEXIST\\)`),
  })
})
