// Which keys may sign for which log: told at the start, and read anew from a file, so that a rotation needs no restart.
import { readFile, stat } from 'node:fs/promises'
import { Fault } from '#kernel'
import { parseVerifierKey } from '../checkpoint/note.ts'
import type { NoteVerifier } from '../checkpoint/note.ts'

const FILE_BYTES_MAX = 1_000_000

/** Verifier keys of logs, several of one origin after a rotation. */
export class LogKeys {
  readonly #told: readonly NoteVerifier[]
  readonly #file: string | undefined
  readonly #onFailure: (error: unknown) => void
  #read: readonly NoteVerifier[] = []
  #stamp = ''

  private constructor(told: readonly NoteVerifier[], file: string | undefined, onFailure: (error: unknown) => void) {
    this.#told = told
    this.#file = file
    this.#onFailure = onFailure
  }

  /** Throws Fault('usage') for a key that is none, for a file that cannot be read, and where nothing is watched. */
  static async open(given: {
    readonly keys: readonly string[]
    readonly file?: string
    readonly onFailure: (error: unknown) => void
  }): Promise<LogKeys> {
    const made = new LogKeys(given.keys.map(keyOf), given.file, given.onFailure)
    await made.#refresh()
    if (made.origins().length === 0) throw new Fault('usage', 'say which log it watches, with `--log-key`')
    return made
  }

  origins(): string[] {
    return [...new Set([...this.#told, ...this.#read].map(({ name }) => name))]
  }

  /** A file that became unreadable leaves what was read of it before. */
  async of(origin: string): Promise<readonly NoteVerifier[] | undefined> {
    await this.#refresh().catch(this.#onFailure)
    const found = [...this.#told, ...this.#read].filter(({ name }) => name === origin)
    return found.length === 0 ? undefined : found
  }

  async #refresh(): Promise<void> {
    if (this.#file === undefined) return
    const { mtimeMs, size, ino } = await stat(this.#file).catch((cause: unknown) => {
      throw new Fault('usage', `the log keys in \`${this.#file ?? ''}\` cannot be read`, { cause })
    })
    const stamp = `${ino} ${mtimeMs} ${size}`
    if (stamp === this.#stamp) return
    // also where it is wrong: it is said once, and read again when it is another
    this.#stamp = stamp
    if (size > FILE_BYTES_MAX) throw new Fault('usage', `\`${this.#file}\` is too large for a list of log keys`)
    const lines = (await readFile(this.#file, 'utf8')).split('\n').map((line) => line.trim())
    this.#read = lines.filter((line) => line !== '' && !line.startsWith('#')).map(keyOf)
  }
}

function keyOf(text: string): NoteVerifier {
  try {
    return parseVerifierKey(text)
  } catch (cause) {
    throw new Fault('usage', '`--log-key` is a verifier key: `reeve evidence key` prints it', { cause })
  }
}
