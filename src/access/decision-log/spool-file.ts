// How a spool lies on the disk: segments of lines, and whether what is there is all that ever was.
import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { takeLock } from '#db'
import { Fault } from '#kernel'
import { lastIn, textsIn, turnIn } from './spool-line.ts'
import type { KnownTails, PlacedTurn, SpoolLine } from './spool-line.ts'

export interface FoundSpool {
  readonly id: string
  /** Of the numbers here: what was up to it belongs to an id before. */
  readonly base: number
  readonly sent: number
  /** By their first number. */
  readonly segments: number[]
  readonly next: number
  /** Gives the folder back. */
  readonly release: () => void
}

const SEGMENT = /^(\d{16})\.log$/
const CHUNK_BYTES = 2 * 1024 * 1024
const CLOSED = 'closed'

export const segmentFile = (folder: string, first: number): string =>
  join(folder, `${String(first).padStart(16, '0')}.log`)

/**
 * A half line at the end is what a kill cut off: nobody was answered for it. Where more may be missing (the machine lost its
 * power, lines could not be written), a number is left out, so that whoever takes the lines sees it, and as many as were in lines at
 * the end that are damaged. Throws Fault('usage').
 */
export async function findSpool(folder: string): Promise<FoundSpool> {
  let release = (): void => undefined
  try {
    await makeFolder(folder)
    release = takeLock(join(folder, 'lock'), (pid) => inUse(folder, pid))
    const { id, base } = await idOf(folder)
    const sent = Math.max(base, Number((await text(folder, 'sent')) || 0) || 0)
    const segments = (await readdir(folder)).flatMap((name) => SEGMENT.exec(name)?.[1] ?? []).map(Number)
    segments.sort((a, b) => a - b)
    const last = segments.at(-1)
    const { newest, lost } = last === undefined ? NO_TURN : await newestTurn(folder, last)
    const next = Math.max(sent + 1, (newest === undefined ? (last ?? 1) : lastIn(newest) + 1) + lost)
    const before = await text(folder, 'whole')
    const isWhole = next === 1 || before === CLOSED || before === (await boot())
    await noteWhole(folder)
    return { id, base, sent, segments, next: isWhole ? next : next + 1, release }
  } catch (cause) {
    release()
    if (cause instanceof Fault) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    const what = code === 'ENOSPC' ? 'make room on its disk' : 'name a folder that this user can write to'
    throw new Fault('usage', `the spool \`${folder}\` cannot be used (${code}): ${what}`, { cause })
  }
}

/** With those above it. Node's own way never ends where a file system says of a folder that is there that it is not, as /proc does. */
async function makeFolder(folder: string): Promise<void> {
  const made = async (): Promise<string | undefined> =>
    await mkdir(folder, { mode: 0o700 }).then(
      () => undefined,
      async (error: unknown) => {
        const code = error instanceof Error && 'code' in error ? String(error.code) : ''
        if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return undefined
        if (code === 'ENOENT' && dirname(folder) !== folder) return code
        throw error
      },
    )
  if ((await made()) === undefined) return
  await makeFolder(dirname(folder))
  if ((await made()) !== undefined)
    throw Object.assign(new Error(`no folder can be made at ${folder}`), { code: 'ENOENT' })
}

const inUse = (folder: string, pid: number): Fault =>
  new Fault('usage', `process ${pid} uses the spool \`${folder}\`: stop it first, or name another folder for this one`)

/**
 * All that is whole, a chunk at most, from a place in a segment on; `until` bounds it. `tails`: those that stand before the place;
 * those that are read come to them. `lost`: how many were in lines after the last of them that are none.
 */
export async function readTurns(
  folder: string,
  segment: number,
  place: { readonly from: number; readonly until: number; readonly tails: KnownTails },
): Promise<{ readonly turns: PlacedTurn[]; readonly end: number; readonly lost: number }> {
  const length = Math.min(place.until - place.from, CHUNK_BYTES)
  if (length <= 0) return { turns: [], end: place.from, lost: 0 }
  const file = await open(segmentFile(folder, segment), 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, place.from)
    const turns: PlacedTurn[] = []
    let [at, lost] = [0, 0]
    for (let feed = buffer.indexOf(10); feed !== -1 && feed < bytesRead; feed = buffer.indexOf(10, at)) {
      const line = buffer.toString('utf8', at, feed)
      const turn = turnIn(line, place.tails)
      lost = turn === undefined ? lost + textsIn(line) : 0
      if (turn !== undefined) turns.push({ ...turn, segment, from: place.from + at, end: place.from + feed + 1 })
      at = feed + 1
    }
    // what has no end in a whole chunk, or at the end of the segment, is no line
    return { turns, end: at === 0 || bytesRead < length ? place.from + Math.max(bytesRead, 1) : place.from + at, lost }
  } finally {
    await file.close()
  }
}

interface Newest {
  readonly newest: PlacedTurn | undefined
  /** How many were in lines after it that are none. */
  readonly lost: number
}

const NO_TURN: Newest = { newest: undefined, lost: 0 }

async function newestTurn(folder: string, segment: number): Promise<Newest> {
  const { size } = await stat(segmentFile(folder, segment))
  const tails: KnownTails = new Map()
  let { newest, lost } = NO_TURN
  for (let from = 0; from < size;) {
    const read = await readTurns(folder, segment, { from, until: size, tails })
    lost = read.turns.length === 0 ? lost + read.lost : read.lost
    newest = read.turns.at(-1) ?? newest
    from = read.end
  }
  return { newest, lost }
}

/** As long as this stands, a kill loses nothing that was answered. */
export async function noteWhole(folder: string, how: 'open' | 'closed' = 'open'): Promise<void> {
  await replace(folder, 'whole', how === 'closed' ? CLOSED : await boot())
}

/** Something is missing from now on. Works on a full disk. */
export const noteMissing = async (folder: string): Promise<void> => rm(join(folder, 'whole'), { force: true })

/** Not synced: what is lost of it is sent once more. */
export const noteSent = async (folder: string, seq: number): Promise<void> =>
  replace(folder, 'sent', String(seq), { flush: false })

async function idOf(folder: string): Promise<{ readonly id: string; readonly base: number }> {
  const [, id, base = 0] = /^(spl_[0-9a-f]{32})(?: (\d{1,15}))?$/.exec(await text(folder, 'id')) ?? []
  return id === undefined ? await renewId(folder, 0) : { id, base: Number(base) }
}

/** Under which the numbers after `base` count from 1 on. */
export async function renewId(folder: string, base: number): Promise<{ readonly id: string; readonly base: number }> {
  const id = `spl_${randomBytes(16).toString('hex')}`
  await replace(folder, 'id', base === 0 ? id : `${id} ${base}`)
  return { id, base }
}

const ASIDE_BYTES_MAX = 64 * 1024 * 1024

/** Kept for a person: nothing reads it again. False: there is no room for them, and they are not kept. */
export async function keepAside(folder: string, source: string, lines: readonly SpoolLine[]): Promise<boolean> {
  const path = join(folder, 'aside.log')
  const before = await stat(path).catch(() => undefined)
  const whole = lines.map(({ seq, text: line }) => `${JSON.stringify({ source, seq, text: line })}\n`).join('')
  if ((before?.size ?? 0) + whole.length > ASIDE_BYTES_MAX) return false
  return await appendFile(path, whole, { mode: 0o600, flush: true }).then(
    () => true,
    () => false,
  )
}

const text = async (folder: string, name: string): Promise<string> =>
  await readFile(join(folder, name), 'utf8').catch(() => '')

async function replace(folder: string, name: string, content: string, { flush } = { flush: true }): Promise<void> {
  await writeFile(join(folder, `${name}.tmp`), content, { mode: 0o600, flush })
  await rename(join(folder, `${name}.tmp`), join(folder, name))
}

/** Of the running kernel: what was written and not synced outlives its processes, and not it. */
const boot = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'unknown')).trim()
