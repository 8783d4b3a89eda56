// The keys that a log announced, as a receipt shows them: an auditor who kept any key of the log follows them to the one that
// signed. Each announcement is an entry under the receipt's own checkpoint, signed by the key before it.
import { above, announcedKey, LEAF, parseCheckpoint, parseNote, sha256, signedBy } from './formats.ts'
import type { Key, Note } from './formats.ts'
import { leafSaying } from './receipt-file.ts'
import type { ReceiptParts, ToldEntry } from './receipt-file.ts'
import type { Report } from './report.ts'

interface Announced {
  readonly key: Key
  readonly note: Note
}

/** Answers the keys that the log has had, as far as they are shown or known. */
export function checkReceiptKeys(
  report: Report,
  { checkpoint, announcements }: ReceiptParts,
  known: Key | undefined,
): readonly Key[] {
  const { origin } = parseCheckpoint(checkpoint.text)
  const chain: Announced[] = []
  for (const { entry, hashes } of announcements) {
    checkPlace(entry, hashes, checkpoint)
    const announced = announcedBy(entry, origin)
    const before = chain.at(-1)
    if (before !== undefined && !signedBy(announced.note, before.key))
      throw new Error(`entry ${entry.seq} announces a key that the old key did not sign`)
    chain.push(announced)
    report.say('key rotation', 'passed', `entry ${entry.seq} announces the key ${announced.key.id}`)
  }
  if (announcements.some(({ entry }, at) => entry.seq <= (announcements[at - 1]?.entry.seq ?? -1)))
    throw new Error('the keys do not stand in the order of the log')
  const signer = chain.at(-1)?.key ?? known
  if (known !== undefined && origin !== known.name) throw new Error('the checkpoint is of another log')
  if (signer !== undefined && !signedBy(checkpoint, signer))
    throw new Error(
      chain.length === 0
        ? 'the key that you know did not sign the checkpoint; where the log announced it later, have the receipt written anew'
        : `the checkpoint is not signed by ${signer.id}, the last key that is announced`,
    )
  const keys = chain.map(({ key }) => key)
  if (known === undefined) {
    report.say('log key', 'cannot', 'no --log-key was given: whose log it is cannot be said')
    return keys
  }
  const [first] = chain
  const isOfLog = first === undefined || signedBy(first.note, known) || keys.some(({ text }) => text === known.text)
  if (!isOfLog) throw new Error('the key that you know neither signed the checkpoint nor announced a key that did')
  const how = signer?.text === known.text ? '' : `, and follows from ${known.id}, which you know`
  report.say(
    'log key',
    'passed',
    `the checkpoint is signed by ${how === '' ? 'the key that you know, ' : ''}${signer?.id ?? ''}${how}`,
  )
  return [known, ...keys]
}

function announcedBy(entry: ToldEntry, origin: string): Announced {
  leafSaying('log.key_rotated', entry)
  const note = parseNote(String(entry.content['note']))
  return { key: announcedKey(entry.seq, note, origin), note }
}

/** RFC 9162, 2.1.3.2: from the leaf up to the root that the checkpoint has. */
export function checkPlace({ seq, leaf }: ToldEntry, hashes: readonly Buffer[], checkpoint: Note): string {
  const { size, root } = parseCheckpoint(checkpoint.text)
  if (!(Number.isSafeInteger(seq) && seq >= 0 && seq < size))
    throw new Error('the entry stands elsewhere than the proof says')
  let [at, last, hash] = [seq, size - 1, sha256(LEAF, leaf)]
  for (const other of hashes) {
    if (last === 0) throw new Error('the proof is longer than the tree is high')
    if (at % 2 === 1 || at === last) {
      hash = above(other, hash)
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)]
    } else hash = above(hash, other)
    ;[at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
  }
  if (last !== 0 || !hash.equals(root))
    throw new Error(`the log that was signed does not hold entry ${seq} as it stands here`)
  return `entry ${seq} of the ${size} that the checkpoint covers`
}
