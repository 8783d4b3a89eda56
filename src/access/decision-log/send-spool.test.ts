import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as passed } from 'node:timers/promises'
import { Fault } from '#kernel'
import { recordedName } from './recorded-name.ts'
import { SpoolSender } from './send-spool.ts'
import type { SendLines, SendSpoolOptions } from './send-spool.ts'
import { Spool } from './spool.ts'
import type { SpoolLine } from './spool-line.ts'

/** Takes lines as a server does: by number, each once, and no body beyond a size. */
class TakingServer {
  readonly texts: string[] = []
  readonly missing: number[] = []
  readonly ids = new Set<string>()
  requests = 0
  losesAnswers = false
  /** So many ask what is known here before anything is taken, and then `second` comes after `first`. */
  inOrder = { asks: 0, first: '', second: '' }
  readonly #last = new Map<string, number>()
  readonly #bytesMax: number

  constructor(bytesMax = 1024 * 1024) {
    this.#bytesMax = bytesMax
  }

  readonly send: SendLines = async (source, lines) => {
    await Promise.resolve()
    await this.#turnOf(lines)
    this.requests++
    const body = JSON.stringify({ source, lines: lines.map(({ seq, text }) => ({ seq, text })) })
    if (Buffer.byteLength(body) > this.#bytesMax) throw new Fault('too_large', 'too large')
    this.ids.add(source)
    const before = this.#last.get(source) ?? 0
    const fresh = lines.filter(({ seq }) => seq > before)
    const lastSeq = fresh.at(-1)?.seq ?? before
    for (let seq = before + 1; seq <= lastSeq; seq++)
      if (!fresh.some((line) => line.seq === seq)) this.missing.push(seq)
    this.texts.push(...fresh.map(({ text }) => text))
    this.#last.set(source, lastSeq)
    if (this.losesAnswers && lines.length > 0) throw new Error('the connection was cut')
    return { taken: fresh.length, lastSeq }
  }

  async #turnOf(lines: readonly SpoolLine[]): Promise<void> {
    const { inOrder } = this
    if (lines.length === 0) inOrder.asks--
    else while (inOrder.asks > 0) await passed(5)
    while (lines[0]?.text === inOrder.second && !this.texts.includes(inOrder.first)) await passed(5)
  }
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-spool-'))
  t.after(async () => rm(folder, { recursive: true, force: true }))
  return join(folder, 'spool')
}

interface Opened {
  readonly spool: Spool
  readonly said: string[]
  readonly append: (...texts: readonly string[]) => Promise<void>
  readonly sendAll: () => Promise<void>
}

async function opened(folder: string, server: TakingServer, options: Partial<SendSpoolOptions> = {}): Promise<Opened> {
  const spool = await Spool.open(folder)
  const said: string[] = []
  const sender = new SpoolSender(spool, { send: server.send, say: (event) => void said.push(event), ...options })
  const append = async (...texts: readonly string[]): Promise<void> =>
    void (await Promise.all(texts.map(async (text) => spool.append({ head: text }))))
  return { spool, said, append, sendAll: async () => sender.sendAll() }
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `decision ${from + at}`)
const asideOf = async (folder: string): Promise<string[]> =>
  (await readFile(join(folder, 'aside.log'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text)

test('a thousand decisions over names of control characters arrive, no batch larger than a server reads', async (t) => {
  const folder = await folderOf(t)
  const server = new TakingServer()
  const name = recordedName('\u0001'.repeat(300))
  const { spool, append, sendAll } = await opened(folder, server, { bytesMax: 768 * 1024 })
  const lines = numbered(1, 1000).map((id) => JSON.stringify({ id, action: name, resource: name }))
  await append(...lines)
  await sendAll()
  assert.deepEqual(server.texts, lines)
  assert.ok(server.requests < 10, `${server.requests} requests`)
  await spool.close()
})

test('what finds no room aside is not said to be there', async (t) => {
  const folder = await folderOf(t)
  const { said, append, sendAll } = await opened(folder, new TakingServer(2000))
  await writeFile(join(folder, 'aside.log'), '')
  await truncate(join(folder, 'aside.log'), 64 * 1024 * 1024)
  await append('x'.repeat(3000))
  await assert.rejects(sendAll(), {
    detail: /^1 decisions were not sent and 1 of them are nowhere: `aside\.log` is full/,
  })
  assert.match(said.join('\n'), /nowhere/)
})

test('what is too large for the server goes in halves; one that is too large alone is kept aside, said, and holds up no other', async (t) => {
  const folder = await folderOf(t)
  const server = new TakingServer(2000)
  const { spool, said, append, sendAll } = await opened(folder, server)
  await append(...numbered(1, 100), 'x'.repeat(3000), ...numbered(101, 200))
  await assert.rejects(sendAll(), {
    code: 'evidence_unavailable',
    detail: /^1 decisions were not sent and are in `aside.log`/,
  })
  assert.deepEqual(server.texts, numbered(1, 200))
  assert.deepEqual(server.missing, [101])
  assert.deepEqual(await asideOf(folder), ['x'.repeat(3000)])
  assert.match(said.join('\n'), /too large for the server/)
  await append('later')
  await sendAll()
  assert.equal(server.texts.at(-1), 'later')
  await spool.close()
})

test('a spool that was put back from an older copy goes on under another number: what it decides from then on is counted', async (t) => {
  const folder = await folderOf(t)
  const server = new TakingServer()
  const first = await opened(folder, server)
  await first.append(...numbered(1, 10))
  await first.sendAll()
  await first.append('decision 11')
  await first.spool.close()
  await cp(folder, `${folder}-copy`, { recursive: true })
  const second = await opened(folder, server)
  await second.append(...numbered(12, 20))
  await second.sendAll()
  await second.spool.close()
  assert.deepEqual(server.texts, numbered(1, 20))

  const copy = await opened(`${folder}-copy`, server)
  await copy.append(...numbered(21, 40))
  await assert.rejects(copy.sendAll(), { code: 'evidence_unavailable' })
  assert.deepEqual(server.texts, numbered(1, 40))
  assert.deepEqual(server.missing, [])
  assert.equal(server.ids.size, 2)
  assert.match(copy.said.join('\n'), /20 of this spool are known there and 11 here: it was put back from a copy/)
  assert.deepEqual(await asideOf(`${folder}-copy`), ['decision 11'])
  await copy.spool.close()
  const again = await opened(`${folder}-copy`, server)
  await again.append('decision 41')
  await again.sendAll()
  assert.deepEqual([server.texts.at(-1), server.ids.size, server.missing], ['decision 41', 2, []])
  await again.spool.close()
})

test('where two send under one number, what was not counted is said and kept, and from then on nothing is lost', async (t) => {
  const folder = await folderOf(t)
  const server = new TakingServer()
  const first = await opened(folder, server)
  await first.append('a 1')
  await first.sendAll()
  await first.spool.close()
  await cp(folder, `${folder}-copy`, { recursive: true })
  const [a, b] = [await opened(folder, server), await opened(`${folder}-copy`, server)]
  await Promise.all([a.append('a 2'), b.append('b 2')])
  server.inOrder = { asks: 2, first: 'a 2', second: 'b 2' }
  const [, second] = await Promise.allSettled([a.sendAll(), b.sendAll()])
  assert.equal(second.status, 'rejected')
  await Promise.all([a.append('a 3'), b.append('b 3')])
  await Promise.all([a.sendAll(), b.sendAll()])
  assert.deepEqual(server.texts.toSorted(), ['a 1', 'a 2', 'a 3', 'b 3'])
  assert.deepEqual(await asideOf(`${folder}-copy`), ['b 2'])
  assert.deepEqual([a.said, b.said.length], [[], 1])
  await Promise.all([a.spool.close(), b.spool.close()])
})

test('where an answer is lost it is asked what arrived, and nothing is taken for somebody else’s', async (t) => {
  const folder = await folderOf(t)
  const server = new TakingServer()
  const { spool, said, append, sendAll } = await opened(folder, server)
  server.losesAnswers = true
  await append(...numbered(1, 3))
  await assert.rejects(sendAll(), /cut/)
  await append('decision 4')
  server.losesAnswers = false
  await sendAll()
  assert.deepEqual([server.texts, server.ids.size, said], [numbered(1, 4), 1, []])
  await spool.close()
})

test('a sending that goes on under another number ends, however much is decided meanwhile', async (t) => {
  const folder = await folderOf(t)
  const server = new TakingServer()
  const before = await opened(folder, server)
  await before.append(...numbered(1, 100))
  await before.sendAll()
  await before.spool.close()
  await cp(folder, `${folder}-copy`, { recursive: true })
  const other = await opened(folder, server)
  await other.append('decision 101')
  await other.sendAll()
  await other.spool.close()
  const spool = await Spool.open(`${folder}-copy`)
  let requests = 0
  const sender = new SpoolSender(spool, {
    batchMax: 1,
    say: () => undefined,
    send: async (id, lines) => {
      requests++
      await spool.append({ head: 'meanwhile' })
      return await server.send(id, lines)
    },
  })
  await spool.append({ head: 'decision 102' })
  await sender.sendAll()
  assert.ok(server.ids.size === 2 && server.texts.includes('decision 102'))
  assert.ok(requests < 10, `${requests} requests`)
  await spool.close()
})
