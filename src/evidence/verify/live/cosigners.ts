// What witnesses said of the checkpoints. SECURITY: only one whose key was given counts, and only as far as it went: behind
// that a log can be rewritten unseen.
import { parseKey, parseNote, signedBy } from '../offline/formats.ts'
import type { Key, Note } from '../offline/formats.ts'
import type { CheckpointRow } from './checkpoint-rows.ts'
import type { LiveFindings } from './live-findings.ts'

/** A cosignature comes within a second; a witness that is away for longer is said. */
const UNCOSIGNED_MS = 15 * 60_000
const STRANGERS_MAX = 10

/** How far it cosigned, when last, and since when it did not. */
interface Standing {
  readonly size: number
  readonly atMs: number
  readonly since?: number
}

const NOTHING: Standing = { size: 0, atMs: 0 }

export class Cosigners {
  readonly #keys: readonly Key[]
  readonly #standing = new Map<string, Standing>()
  readonly #strangers = new Map<string, number>()

  constructor(keys: readonly string[]) {
    this.#keys = keys.map(parseKey)
    for (const { text } of this.#keys) this.#standing.set(text, NOTHING)
  }

  /** An entry comes, and whoever cosigned all before it has not cosigned this one. `at` is asked only when it is needed. */
  entry(at: () => number): void {
    for (const [text, standing] of this.#standing)
      if (standing.since === undefined) this.#standing.set(text, { ...standing, since: at() })
  }

  /** When it was first cosigned. Throws where a cosignature of one whose key was given is not good. */
  take({ note, lines, size }: CheckpointRow, at: string): number | undefined {
    let first: number | undefined
    for (const line of lines) {
      const cosigned = parseNote(`${note}${line}`)
      const own = cosigned.signatures.at(-1)
      const key = this.#keys.find(({ id }) => id === own?.id)
      if (key === undefined) {
        this.#strange(/^— (\S+) /.exec(line)?.[1] ?? '')
        continue
      }
      if (!signedBy({ ...cosigned, signatures: cosigned.signatures.slice(-1) }, key))
        throw new Error(`${at} carries a cosignature of ${key.name} that is not good`)
      const atMs = Number(own?.bytes.readBigUInt64BE(0) ?? 0n) * 1000
      first = Math.min(atMs, first ?? atMs)
      this.#standing.set(key.text, { size, atMs: Math.max(atMs, this.#standing.get(key.text)?.atMs ?? 0) })
    }
    return first
  }

  /** Of a note that is not in the database. Throws as `take` does. */
  checkNote(note: Note): void {
    for (const key of this.#keys)
      if (note.signatures.some(({ id }) => id === key.id) && !signedBy(note, key))
        throw new Error(`it carries a cosignature of ${key.name} that is not good`)
  }

  sayAll(findings: LiveFindings, end: number, nowMs: number): void {
    const named = [...this.#strangers].map(([name, count]) => `${count} by ${name}`)
    const strangers =
      named.length === 0 ? '' : `; cosignatures that count for nothing, of keys not given: ${named.join(', ')}`
    for (const { name, text } of this.#keys) {
      const { size, atMs, since } = this.#standing.get(text) ?? NOTHING
      const at = atMs === 0 ? '' : `, last at ${new Date(atMs).toISOString()}`
      const waiting = end > size ? `; the ${end - size} entries since wait for it` : ''
      const from = since === undefined ? 'then' : new Date(since).toISOString()
      if (size > 0 && (since === undefined || nowMs - since <= UNCOSIGNED_MS))
        findings.say('witnesses', 'passed', `${name} cosigned the log of ${size} entries${at}${waiting}${strangers}`)
      else
        findings.say(
          'witnesses',
          'cannot',
          `${name} cosigned ${size} of ${end} entries${at}: the ${end - size} since ${from} could be rewritten with the stolen key of the log${strangers}`,
        )
    }
    if (this.#keys.length === 0)
      findings.say(
        'witnesses',
        'cannot',
        `no key of a witness was given: a log rewritten with its stolen key would not be seen${strangers}`,
      )
  }

  #strange(name: string): void {
    if (this.#strangers.size < STRANGERS_MAX || this.#strangers.has(name))
      this.#strangers.set(name, (this.#strangers.get(name) ?? 0) + 1)
  }
}
