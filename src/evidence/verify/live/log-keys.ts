// The keys of the log, oldest first: each next one is announced by an entry and signed by the one before it.
import { parseKey, parseNote, signedBy } from '../offline/formats.ts'
import type { Key, Note } from '../offline/formats.ts'
import type { LiveFindings } from './live-findings.ts'

export class LogKeys {
  readonly #findings: LiveFindings
  readonly #keys: Key[]

  /** `first` is where the chain begins. */
  constructor(findings: LiveFindings, first: string | undefined) {
    this.#findings = findings
    this.#keys = first === undefined ? [] : [parseKey(first)]
  }

  /** Whether the key that counts at this point of the log signed the note. */
  signed(note: Note): boolean {
    const key = this.#keys.at(-1)
    return key !== undefined && signedBy(note, key)
  }

  /** `text`: the note in an entry that announces a key. */
  take(seq: number, text: string): void {
    try {
      const note = parseNote(text)
      if (!this.signed(note)) throw new Error('the key before it did not sign it')
      this.#keys.push(parseKey(note.text.split('\n')[1] ?? ''))
      this.#findings.say('key rotation', 'passed', `entry ${seq} announces a key that the one before it signed`)
    } catch (error) {
      this.#findings.fail('key rotation', `entry ${seq} announces a key: ${(error as Error).message}`, seq)
    }
  }

  /** `known`: a key that is known from elsewhere. */
  hold(known: string | undefined): void {
    const [outcome, detail] =
      known === undefined
        ? (['cannot', 'no --log-key was given: the key is this server’s own word'] as const)
        : this.#keys.some(({ text }) => text === known.trim())
          ? (['passed', 'the log is signed by the key that you know'] as const)
          : (['failed', 'no key of this log is the one that you know'] as const)
    this.#findings.say('log key', outcome, detail)
  }
}
