// The keys of witnesses as somebody gave them: a key of the log itself makes nobody a witness.
import { ED25519, parseVerifierKey } from '#evidence'
import type { NoteVerifier } from '#evidence'
import { Fault } from '#kernel'

/** `logKeys`: every key that the log is or was signed with. Throws Fault('usage') for what is no key of a witness. */
export function witnessKeys(given: readonly string[], logKeys: readonly string[]): NoteVerifier[] {
  const own = logKeys.map(parseVerifierKey)
  return given.map((text) => {
    const key = parsed(text)
    if (own.some(({ publicKey }) => publicKey.equals(key.publicKey)))
      throw new Fault('usage', `the key of ${key.name} is the log’s own: nobody is a witness of himself`)
    if (key.algorithm === ED25519)
      throw new Fault('usage', `the key of ${key.name} does not cosign: give the one that \`reeve witness\` printed`)
    return key
  })
}

function parsed(text: string): NoteVerifier {
  try {
    return parseVerifierKey(text.trim())
  } catch (cause) {
    throw new Fault('usage', '`--witness-key` is what `reeve witness` printed', { cause })
  }
}
