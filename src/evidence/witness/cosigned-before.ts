// Which checkpoints of a log a witness cosigned before the newest one: what is offered again is told from what is new.
import { appendFile, mkdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import { parseNote } from '../checkpoint/note.ts'
import { nameOf } from './memory.ts'

export interface CosignedBefore {
  readonly size: number
  readonly root: Buffer
  /** When, in seconds since 1970. */
  readonly seconds: number
  readonly note: string
}

/** So many are known at least, and at most twice as many. */
const KEPT = 5000

const fileOf = (folder: string, origin: string): string => join(folder, 'cosigned', nameOf(origin))

/** Of one log. A hint and no memory: what is lost here makes a witness say more, and never cosign more. */
export class CosignedCheckpoints {
  readonly #file: string
  #stamp = ''
  #held = new Map<number, CosignedBefore>()
  #lines = 0

  constructor(folder: string, origin: string) {
    this.#file = fileOf(folder, origin)
  }

  /** Reads what another process wrote since: a restore that was accepted begins a new file. */
  async refresh(): Promise<void> {
    const stamp = await stampOf(this.#file)
    if (stamp === this.#stamp) return
    this.#held = new Map()
    const before = await linesIn(`${this.#file}.before`)
    const lines = await linesIn(this.#file)
    for (const line of [...before, ...lines]) this.#take(line)
    this.#lines = lines.length
    this.#stamp = stamp
  }

  of(size: number): CosignedBefore | undefined {
    return this.#held.get(size)
  }

  /** The first that was cosigned above this size. */
  firstAbove(size: number): CosignedBefore | undefined {
    for (const held of this.#held.values()) if (held.size > size) return held
    return undefined
  }

  get newest(): CosignedBefore | undefined {
    return [...this.#held.values()].at(-1)
  }

  async add(note: string, seconds: number): Promise<void> {
    await mkdir(join(this.#file, '..'), { recursive: true, mode: 0o700 })
    if (this.#lines >= KEPT) {
      await rename(this.#file, `${this.#file}.before`)
      this.#stamp = ''
      await this.refresh()
    }
    const line = JSON.stringify({ seconds, note })
    await appendFile(this.#file, `${line}\n`, { mode: 0o600 })
    this.#take(line)
    this.#lines += 1
    this.#stamp = await stampOf(this.#file)
  }

  /** A line that a crash cut is none. */
  #take(line: string): void {
    try {
      const { seconds, note } = JSON.parse(line) as { readonly seconds: number; readonly note: string }
      const { size, root } = parseCheckpoint(parseNote(note).text)
      this.#held.set(size, { size, root, seconds, note })
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error
    }
  }
}

/** A restore was accepted: what was cosigned before is kept, and says nothing of the log that goes on. */
export async function setCosignedAside(folder: string, origin: string, epoch: number): Promise<void> {
  const file = fileOf(folder, origin)
  for (const [from, to] of [
    [file, `${file}.epoch-${epoch - 1}`],
    [`${file}.before`, `${file}.epoch-${epoch - 1}.before`],
  ] as const)
    await rename(from, to).catch(absent)
}

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error
  return undefined
}

async function stampOf(file: string): Promise<string> {
  const found = await stat(file).catch(absent)
  return found === undefined ? '' : `${found.ino} ${found.size}`
}

async function linesIn(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(absent)
  return (text ?? '').split('\n').filter((line) => line !== '')
}
