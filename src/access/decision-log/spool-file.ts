// How a spool lies on the disk: segments of lines, each line with its number and a checksum; and whether what is there is all
// that ever was.
import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { randomBytes } from 'node:crypto'
import { takeLock } from '#db'
import { Fault } from '#kernel'

export interface SpoolLine {
  readonly seq: number
  /** JSON. */
  readonly text: string
}

/** A line, and where in which segment it ends. */
export interface PlacedLine extends SpoolLine {
  readonly segment: number
  readonly end: number
}

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

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0')

export const segmentFile = (folder: string, first: number): string =>
  join(folder, `${String(first).padStart(16, '0')}.log`)

export function framed(seq: number, text: string): string {
  const line = `${seq} ${text}`
  return `${checksum(line)} ${line}\n`
}

/**
 * A half line at the end is what a kill cut off: nobody was answered for it. Where more may be missing (the machine lost its
 * power, lines could not be written), a number is left out, so that whoever takes the lines sees it. Throws Fault('usage').
 */
export async function findSpool(folder: string): Promise<FoundSpool> {
  let release = (): void => undefined
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    release = takeLock(join(folder, 'lock'), (pid) => inUse(folder, pid))
    const { id, base } = await idOf(folder)
    const sent = Math.max(base, Number((await text(folder, 'sent')) || 0) || 0)
    const segments = (await readdir(folder)).flatMap((name) => SEGMENT.exec(name)?.[1] ?? []).map(Number)
    segments.sort((a, b) => a - b)
    const last = segments.at(-1)
    const lines = last === undefined ? [] : await everyLine(folder, last)
    const next = Math.max(sent + 1, last ?? 1, (lines.at(-1)?.seq ?? 0) + 1)
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

const inUse = (folder: string, pid: number): Fault =>
  new Fault('usage', `process ${pid} uses the spool \`${folder}\`: stop it first, or name another folder for this one`)

/** All that is whole and no more than so many, from a place in a segment on; `until` bounds it. */
export async function readLines(
  folder: string,
  segment: number,
  place: { readonly from: number; readonly until: number },
): Promise<{ readonly lines: PlacedLine[]; readonly end: number }> {
  const length = Math.min(place.until - place.from, CHUNK_BYTES)
  if (length <= 0) return { lines: [], end: place.from }
  const file = await open(segmentFile(folder, segment), 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, place.from)
    const lines: PlacedLine[] = []
    let at = 0
    for (let feed = buffer.indexOf(10); feed !== -1 && feed < bytesRead; feed = buffer.indexOf(10, at)) {
      const line = lineIn(buffer.toString('utf8', at, feed))
      at = feed + 1
      if (line !== undefined) lines.push({ ...line, segment, end: place.from + at })
    }
    // what has no end in a whole chunk, or at the end of the segment, is no line
    return { lines, end: at === 0 || bytesRead < length ? place.from + Math.max(bytesRead, 1) : place.from + at }
  } finally {
    await file.close()
  }
}

function lineIn(whole: string): SpoolLine | undefined {
  const line = whole.slice(9)
  const [, seq, rest] = /^(\d{1,15}) (.*)$/.exec(line) ?? []
  if (seq === undefined || rest === undefined || checksum(line) !== whole.slice(0, 8)) return undefined
  return { seq: Number(seq), text: rest }
}

async function everyLine(folder: string, segment: number): Promise<PlacedLine[]> {
  const { size } = await stat(segmentFile(folder, segment))
  const found: PlacedLine[] = []
  for (let from = 0; from < size;) {
    const { lines, end } = await readLines(folder, segment, { from, until: size })
    found.push(...lines)
    from = end
  }
  return found
}

/** As long as this stands, a kill loses nothing that was answered. */
export async function noteWhole(folder: string, how: 'open' | 'closed' = 'open'): Promise<void> {
  await replace(folder, 'whole', how === 'closed' ? CLOSED : await boot())
}

/** Something is missing from now on. Works on a full disk. */
export const noteMissing = async (folder: string): Promise<void> => rm(join(folder, 'whole'), { force: true })

export const noteSent = async (folder: string, seq: number): Promise<void> => replace(folder, 'sent', String(seq))

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

async function replace(folder: string, name: string, content: string): Promise<void> {
  await writeFile(join(folder, `${name}.tmp`), content, { mode: 0o600, flush: true })
  await rename(join(folder, `${name}.tmp`), join(folder, name))
}

/** Of the running kernel: what was written and not synced outlives its processes, and not it. */
const boot = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'unknown')).trim()
