import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { checkpointText, parseCheckpoint } from './checkpoint.ts'
import {
  COSIGNATURE_V1,
  formatNote,
  parseNote,
  parseVerifierKey,
  signerFromSeed,
  signNote,
  verifierKey,
  verifierOf,
  verifyNote,
} from './note.ts'

const signer = signerFromSeed('reeve.example/log', Buffer.alloc(32, 7))
const text = checkpointText({ origin: 'reeve.example/log', size: 20_852_163, root: randomBytes(32) })

test('a note reads back as it was written, and its signature is good', () => {
  const note = { text, signatures: [signNote(text, signer)] }
  const read = parseNote(formatNote(note))
  assert.deepEqual(read, note)
  assert.deepEqual(verifyNote(read, verifierOf(signer)), { seconds: 0 })
})

test('a changed byte anywhere in a signed note is refused or leaves no good signature', () => {
  const written = Buffer.from(formatNote({ text, signatures: [signNote(text, signer)] }))
  fc.assert(
    fc.property(fc.nat(written.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(written)
      changed[at] = (changed[at] ?? 0) ^ change
      let good: unknown
      try {
        good = verifyNote(parseNote(changed.toString('utf8')), verifierOf(signer))
      } catch (error) {
        assert.ok(error instanceof RangeError)
        return
      }
      assert.equal(good, undefined)
    }),
    { numRuns: 500 },
  )
})

test('a cosignature says when it was made, and that time is signed', () => {
  const witness = signerFromSeed('witness.example', Buffer.alloc(32, 9), COSIGNATURE_V1)
  const signature = signNote(text, witness, 1_700_000_000)
  assert.deepEqual(verifyNote({ text, signatures: [signature] }, verifierOf(witness)), { seconds: 1_700_000_000 })
  const later = Buffer.from(signature.signature)
  later[7] = (later[7] ?? 0) ^ 1
  assert.equal(verifyNote({ text, signatures: [{ ...signature, signature: later }] }, verifierOf(witness)), undefined)
})

test('another key of the same name signs nothing', () => {
  const other = signerFromSeed(signer.name, Buffer.alloc(32, 8))
  assert.equal(verifyNote({ text, signatures: [signNote(text, other)] }, verifierOf(signer)), undefined)
})

test('a verifier key reads back, and one whose id does not fit is refused', () => {
  const verifier = verifierOf(signer)
  assert.deepEqual(verifierKey(parseVerifierKey(verifierKey(verifier))), verifierKey(verifier))
  assert.throws(() => parseVerifierKey(verifierKey({ ...verifier, keyId: '00000000' })), RangeError)
  assert.throws(() => parseVerifierKey('x'), RangeError)
})

test('a checkpoint reads back; a malformed one is refused', () => {
  assert.equal(checkpointText(parseCheckpoint(text)), text)
  for (const broken of [
    '',
    'a\n1\n\n',
    `a\n01\n${randomBytes(32).toString('base64')}\n`,
    `a\n1\n${randomBytes(31).toString('base64')}\n`,
    text.trimEnd(),
  ]) {
    assert.throws(() => parseCheckpoint(broken), RangeError, broken)
  }
})
