import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import type { TestContext } from 'node:test'
import { Spool } from './spool.ts'

const run = promisify(execFile)

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
    await Promise.all(Array.from({ length: 100 }, async () => spool.append({ head: `${(asked += 1)} ${text}` })))
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

test('of what was written in one turn and taken in part, the rest comes again, from memory and from the disk', async (t) => {
  const folder = await folderOf(t)
  const spool = await Spool.open(folder)
  await Promise.all(['1', '2', '3', '4', '5'].map(async (text) => spool.append({ head: text })))
  await spool.append({ head: '6' })
  const texts = async (of: Spool, max = 10): Promise<string[]> =>
    (await of.unsent(max)).map(({ seq, text }) => `${seq}=${text}`)
  assert.deepEqual(await texts(spool, 3), ['1=1', '2=2', '3=3'])
  await spool.taken(3)
  assert.deepEqual(await texts(spool), ['4=4', '5=5', '6=6'])
  await spool.taken(4)
  await spool.close()
  const next = await Spool.open(folder)
  assert.deepEqual(await texts(next, 1), ['5=5'])
  await next.taken(5)
  assert.deepEqual(await texts(next), ['6=6'])
  assert.equal(next.last, 6)
  await next.close()
})

test('a spool that an earlier release wrote, each line by itself, is read and gone on with', async (t) => {
  const folder = await folderOf(t)
  await (await Spool.open(folder)).close()
  const old = (seq: number, text: string): string => {
    const line = `${seq} ${text}`
    return `${crc32(line).toString(16).padStart(8, '0')} ${line}\n`
  }
  await writeFile(join(folder, '0000000000000001.log'), `${old(1, '{"a":1}')}${old(2, '{"b":2}')}`)
  const spool = await Spool.open(folder)
  await Promise.all([spool.append({ head: '{"c":3}' }), spool.append({ head: '{"d":4}' })])
  const found = (await spool.unsent(10)).map(({ seq, text }) => `${seq} ${text}`)
  assert.deepEqual(found, ['1 {"a":1}', '2 {"b":2}', '3 {"c":3}', '4 {"d":4}'])
  await spool.close()
})

test('what is read from the middle of a segment on has the ends that were written before, and were sent from memory', async (t) => {
  const folder = await folderOf(t)
  const spool = await Spool.open(folder)
  const tails = ['"a"}', '"b"}'].map((text) => ({ text }))
  let count = 0
  const textOf = (seq: number): string => `{"n":${seq},"x":"${'x'.repeat(seq > 100 ? 4000 : 1)}","of":`
  const write = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 100)
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          const [tail, head] = [tails[count % 2] ?? assert.fail(), textOf((count += 1))]
          await spool.append({ head, tail })
        }),
      )
  }
  const take = async (max: number): Promise<number> => {
    const lines = await spool.unsent(max)
    for (const { seq, text } of lines)
      assert.ok(text === textOf(seq) + (tails[(seq - 1) % 2]?.text ?? ''), `line ${seq} reads ${text.slice(0, 80)}`)
    await spool.taken(lines.at(-1)?.seq ?? 0)
    return lines.length
  }
  await write(200)
  assert.equal(await take(150), 150)
  // more than is kept in memory
  await write(5000)
  assert.equal(await take(333), 333)
  await leaveLock(folder)
  const next = await Spool.open(folder)
  assert.equal((await next.unsent(1))[0]?.text.at(-3), 'a')
  await next.close()
  let taken = 483
  for (let more = await take(1000); more > 0; more = await take(1000)) taken += more
  assert.equal(taken, 5200)
  await spool.close()
})

test('an end that was lost with its line takes no other with it, and those that have it are missing in the numbers', async (t) => {
  const folder = await folderOf(t)
  const spool = await Spool.open(folder)
  const [a, b] = [{ text: '"a"}' }, { text: '"b"}' }]
  for (const tail of [a, b, a, b]) await spool.append({ head: '{"of":', tail })
  await spool.close()
  const path = join(folder, '0000000000000001.log')
  const before = await readFile(path, 'utf8')
  await writeFile(path, before.replace('"a"', '"c"'))
  const next = await Spool.open(folder)
  const found = (await next.unsent(10)).map(({ seq, text }) => `${seq} ${text}`)
  assert.deepEqual(found, ['2 {"of":"b"}', '4 {"of":"b"}'])
  await next.close()
})

test('however many texts lost their end with another line, what comes after them is told', async (t) => {
  const folder = await folderOf(t)
  const spool = await Spool.open(folder)
  const tail = { text: '"a"}' }
  const append = async (of: Spool, head: string): Promise<void> => of.append({ head, tail })
  for (let at = 0; at < 10; at++) await append(spool, '{"of":')
  // of one turn the first is sent, and the others lost theirs
  await Promise.all(
    ['{"1":', '{"2":', '{"3":'].map(async (head, at) => spool.append({ head, ...(at > 0 && { tail }) })),
  )
  await spool.close()
  const path = join(folder, '0000000000000001.log')
  await writeFile(path, (await readFile(path, 'utf8')).replace('"a"', '"c"'))
  const next = await Spool.open(folder)
  await append(next, '{"after":')
  const told: string[] = []
  for (let [line] = await next.unsent(1); line !== undefined; [line] = await next.unsent(1)) {
    told.push(`${line.seq} ${line.text}`)
    await next.taken(line.seq)
  }
  assert.deepEqual(told, ['11 {"1":', '14 {"after":"a"}'])
  await next.close()
})

test('after a line that could not be written its ends are written once more', async (t) => {
  const folder = await folderOf(t)
  const spool = await Spool.open(folder, 100)
  const tail = { text: '"a"}' }
  await assert.rejects(spool.append({ head: 'x'.repeat(200), tail }), { code: 'storage_full' })
  await spool.append({ head: '{"of":', tail })
  await spool.append({ head: '{"of":', tail })
  await spool.close()
  const next = await Spool.open(folder)
  const found = (await next.unsent(10)).map(({ seq, text }) => `${seq} ${text}`)
  assert.deepEqual(found, ['2 {"of":"a"}', '3 {"of":"a"}'])
  await next.close()
})

test('a full spool refuses, and what it refused is missing in the numbers, whoever opens it next', async (t) => {
  const folder = await folderOf(t)
  const spool = await Spool.open(folder, 300)
  for (let line = 0; line < 3; line++) await spool.append({ head: 'x'.repeat(60) })
  const kept = (await spool.unsent(10)).length
  await assert.rejects(spool.append({ head: 'x'.repeat(200) }), { code: 'storage_full' })
  assert.equal((await spool.unsent(10)).length, kept)
  await spool.append({ head: 'small' })
  assert.deepEqual(
    (await spool.unsent(10)).map(({ seq }) => seq),
    [1, 2, 3, 5],
  )
  await assert.rejects(spool.append({ head: 'x'.repeat(200) }), { code: 'storage_full' })
  await spool.close()
  const next = await Spool.open(folder)
  await next.append({ head: 'after' })
  assert.ok(((await next.unsent(10)).at(-1)?.seq ?? 0) > 6, 'a number is left out for what was not written')
  await next.close()
})

test('a disk that is full of what waits is free again once that was taken, and decisions are written on', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-full-'))
  t.after(async () => {
    await run('umount', [folder]).catch(() => undefined)
    await rm(folder, { recursive: true, force: true })
  })
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder]).then(
    () => true,
    () => false,
  )
  if (!mounted) return t.skip('this user cannot mount a small disk')
  const spool = await Spool.open(join(folder, 'spool'))
  let written = 0
  const fill = async (): Promise<void> => {
    for (let tries = 0; tries < 100; tries++) {
      await spool.append({ head: 'x'.repeat(3000) }).then(
        () => (written += 1),
        () => undefined,
      )
    }
  }
  await fill()
  assert.ok(written > 10 && written < 50, String(written))
  const waiting = await spool.unsent(1000)
  assert.equal(waiting.length, written)
  await spool.taken(waiting.at(-1)?.seq ?? 0)
  await spool.append({ head: 'after' })
  const [after, ...more] = await spool.unsent(1000)
  assert.deepEqual([after?.text, more.length], ['after', 0])
  assert.ok((after?.seq ?? 0) > 100, 'what was not written is missing in the numbers')
  // and again, with what was taken in the segment that is being written
  await spool.taken(after?.seq ?? 0)
  await fill()
  await spool.taken((await spool.unsent(1000)).at(-1)?.seq ?? 0)
  await spool.append({ head: 'at last' })
  assert.equal((await spool.unsent(1000)).at(-1)?.text, 'at last')
  const numbers = (await spool.unsent(1000)).at(-1)?.seq ?? 0
  await spool.close()
  const next = await Spool.open(join(folder, 'spool'))
  await next.append({ head: 'opened' })
  assert.ok(((await next.unsent(1000)).at(-1)?.seq ?? 0) > numbers)
  await next.close()
  await writeFile(join(folder, 'other'), 'x'.repeat(131_072)).catch(() => undefined)
  await assert.rejects(Spool.open(join(folder, 'spool')), { code: 'usage', message: /ENOSPC.*: make room on its disk/ })
})

test('after the machine lost its power a number is left out; after a stop and after a kill none is', async (t) => {
  const folder = await folderOf(t)
  const numbers = async (): Promise<number[]> => {
    const spool = await Spool.open(folder)
    await spool.append({ head: 'one' })
    const found = (await spool.unsent(10)).map(({ seq }) => seq)
    await spool.close()
    return found
  }
  assert.deepEqual(await numbers(), [1])
  assert.deepEqual(await numbers(), [1, 2])
  const killed = await Spool.open(folder)
  await killed.append({ head: 'three' })
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
  await first.append({ head: 'one' })
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

test('what was decided in one turn comes back from the disk, however much it is and whatever letters it has', async (t) => {
  const name = JSON.stringify('\u0001'.repeat(200))
  // one request asks as many questions
  const large = Array.from({ length: 1000 }, (_, at) => `{"id":${at},"action":${name},"resource":${name}}`)
  const odd = ['\u2028', '\u2029', '\r', '\t', '\u0085', '\ud83d'].map((letter) => JSON.stringify({ letter }))
  for (const texts of [large, odd, [...odd, ...large, ...odd]]) {
    const folder = await folderOf(t)
    const killed = await Spool.open(folder)
    await Promise.all(texts.map(async (text) => killed.append({ head: text })))
    await leaveLock(folder)
    const spool = await Spool.open(folder)
    await spool.append({ head: '"last"' })
    const lines = await spool.unsent(10_000)
    // compared as one text: a difference would be shown for minutes
    assert.ok(lines.map(({ text }) => text).join('\n') === [...texts, '"last"'].join('\n'), `${lines.length} came back`)
    assert.ok(lines.every(({ seq }, at) => seq === at + 1))
    await spool.close()
    await killed.close()
  }
})

test(
  'a folder that the file system never has is refused, and not tried for ever',
  { skip: process.platform === 'linux' ? false : 'needs /proc', timeout: 10_000 },
  async () => {
    await assert.rejects(Spool.open('/proc/reeve-spool/decisions'), {
      code: 'usage',
      detail: /^the spool `\/proc\/reeve-spool\/decisions` cannot be used \(ENOENT\)/,
    })
  },
)

test('a folder is made with those above it', async (t) => {
  const folder = join(await folderOf(t), 'above', 'below')
  await (await Spool.open(folder)).close()
  assert.ok((await stat(folder)).isDirectory())
})
