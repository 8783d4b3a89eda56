// Witnesses, by the keys that the auditor has from them. Whom the bundle calls a witness does not count.
import { parseKey, signedBy } from './formats.ts'
import type { Key, Note } from './formats.ts'
import type { Report } from './report.ts'

/** C2SP: a timestamped Ed25519 cosignature. */
const COSIGNATURE = 4

/** Every witness whose key was given has to have cosigned the checkpoint that everything hangs under. */
export function checkWitnesses(report: Report, given: readonly string[], log: readonly Key[], last: Note): void {
  if (given.length === 0) {
    const detail = 'no --witness-key was given: a log rewritten as a whole with its stolen key would not be seen'
    report.say('witnesses', 'cannot', detail)
    return
  }
  const size = last.text.split('\n')[1] ?? ''
  for (const text of given) {
    try {
      const key = parseKey(text)
      if (key.algorithm !== COSIGNATURE) throw new Error(`the key of ${key.name} does not cosign: it is no witness’s`)
      if (log.some(({ bytes }) => bytes.equals(key.bytes)))
        throw new Error(`the key of ${key.name} is the log’s own: nobody is a witness of himself`)
      if (!signedBy(last, key)) throw new Error(`${key.name} did not cosign the checkpoint of ${size}`)
      report.say('witnesses', 'passed', `${key.name} cosigned the checkpoint of ${size}`)
    } catch (error) {
      report.say('witnesses', 'failed', error instanceof Error ? error.message : String(error))
    }
  }
}

/** When the first of the witnesses whose keys were given cosigned it: everything under it was there by then. */
export function cosignedAtMs(note: Note, given: readonly Key[]): number | undefined {
  const times = given.flatMap((key) =>
    note.signatures
      .filter((own) => key.algorithm === COSIGNATURE && signedBy({ ...note, signatures: [own] }, key))
      .map(({ bytes }) => Number(bytes.readBigUInt64BE(0)) * 1000),
  )
  return times.length === 0 ? undefined : Math.min(...times)
}
