// The facts of a source in parts that can be worked out apart. A small source is one part; a large one waits on disk.
import { mkdtemp, open, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Fact } from '#kernel'
import { boundedId } from '#identity/roll'
import { IdSet } from './id-set.ts'
import { EVERYWHERE, Links, linksOf } from './links.ts'
import { NamesOfSystems } from './names-of-systems.ts'

/** Up to so many facts are simply kept. */
const PART_FACTS = 4000
const PARTS_MAX = 128
const WRITE_CHARACTERS = 256 * 1024

export interface Parts {
  readonly count: number
  readonly facts: number
  /** Kept in every part; people among them. */
  readonly everywhere: readonly Fact[]
  /** Whether the read has this account of a system, wherever. */
  has(system: string, externalId: string): boolean
  readonly names: NamesOfSystems
  part(number: number): Promise<Fact[]>
  close(): Promise<void>
}

const accountKey = (system: string, externalId: string): string => `${system} ${boundedId(externalId)}`

/** Reads the source to its end. SECURITY: facts hold no secret; what waits on disk is only its owner's to read all the same. */
export async function partsOf(facts: Iterable<Fact> | AsyncIterable<Fact>, partFacts = PART_FACTS): Promise<Parts> {
  const links = new Links()
  const accounts = new IdSet()
  const names = new NamesOfSystems()
  const everywhere: Fact[] = []
  let kept: Fact[] = []
  const keys: number[] = []
  const spool = new Spool()
  try {
    for await (const fact of facts) {
      if (linksOf(fact) === EVERYWHERE) {
        everywhere.push(fact)
        continue
      }
      keys.push(links.add(fact))
      if (fact.type === 'principal' || fact.type === 'account') accounts.add(accountKey(fact.system, fact.externalId))
      if (fact.type === 'principal') names.add(fact)
      kept.push(fact)
      if (kept.length < partFacts) continue
      await spool.write('all', kept)
      kept = []
    }
    const has = (system: string, externalId: string): boolean => accounts.has(accountKey(system, externalId))
    const base = { facts: keys.length + everywhere.length, everywhere, names, has, close: () => spool.close() }
    if (keys.length < partFacts) return { ...base, count: 1, part: () => Promise.resolve(kept) }
    await spool.write('all', kept)
    kept = []
    const count = Math.min(PARTS_MAX, Math.ceil(keys.length / partFacts))
    await spool.divide(keys, links.settle(), count)
    return { ...base, count, part: (number) => spool.read(String(number)) }
  } catch (error) {
    await spool.close()
    throw error
  }
}

/** Two separators that JSON leaves as they are would end a line. */
const lineOf = (fact: Fact): string =>
  JSON.stringify(fact)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`)

/**
 * A file for each part, a fact on each line in the order of reading. The files have no name any more once they are open,
 * so that even a process that is killed leaves nothing behind.
 */
class Spool {
  readonly #files = new Map<string, FileHandle>()

  async write(name: string, facts: readonly Fact[]): Promise<void> {
    let text = ''
    for (const fact of facts) {
      text += `${lineOf(fact)}\n`
      if (text.length < WRITE_CHARACTERS) continue
      await this.#append(name, text)
      text = ''
    }
    await this.#append(name, text)
  }

  /** Each root goes to a part as a whole; lines are moved without being parsed. */
  async divide(keys: readonly number[], rootOf: (key: number) => number, count: number): Promise<void> {
    const partOf = assign(keys, rootOf, count)
    const texts = Array.from({ length: count }, () => '')
    let at = 0
    for await (const line of this.#lines('all')) {
      const part = partOf.get(rootOf(keys[at++] ?? 0)) ?? 0
      texts[part] += `${line}\n`
      if ((texts[part]?.length ?? 0) < WRITE_CHARACTERS) continue
      await this.#append(String(part), texts[part] ?? '')
      texts[part] = ''
    }
    for (const [part, text] of texts.entries()) await this.#append(String(part), text)
  }

  async read(name: string): Promise<Fact[]> {
    const facts: Fact[] = []
    for await (const line of this.#lines(name)) facts.push(JSON.parse(line) as Fact)
    return facts
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close()
    this.#files.clear()
  }

  /** Once: what was read is not kept. */
  async *#lines(name: string): AsyncGenerator<string> {
    const file = this.#files.get(name)
    if (file === undefined) return
    yield* createInterface({ input: file.createReadStream({ start: 0, autoClose: false }), crlfDelay: Infinity })
    this.#files.delete(name)
    await file.close()
  }

  async #append(name: string, text: string): Promise<void> {
    if (text === '') return
    let file = this.#files.get(name)
    if (file === undefined) {
      const folder = await mkdtemp(join(tmpdir(), 'reeve-sync-'))
      try {
        file = await open(join(folder, 'facts'), 'wx+', 0o600)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
      this.#files.set(name, file)
    }
    await file.appendFile(text)
  }
}

/** The largest first, each to the part with the least: one that is larger than all others has a part for itself. */
function assign(keys: readonly number[], rootOf: (key: number) => number, count: number): Map<number, number> {
  const sizes = new Map<number, number>()
  for (const key of keys) sizes.set(rootOf(key), (sizes.get(rootOf(key)) ?? 0) + 1)
  const limit = Math.ceil(keys.length / count)
  const partOf = new Map<number, number>()
  let part = 0
  let filled = 0
  for (const [root, size] of [...sizes].sort((a, b) => b[1] - a[1])) {
    if (filled > 0 && filled + size > limit && part < count - 1) {
      part += 1
      filled = 0
    }
    partOf.set(root, part)
    filled += size
  }
  return partOf
}
