import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Receipt } from './plan-lines.ts'
import { acceptedInWords, credentialInWords } from './receipt-words.ts'

const tried = { places: [{ place: 'db.example:5432', outcome: 'refused' }] }
const step = (name: string, effect: 'verified' | 'unproven' | 'not done', facts?: unknown): object => ({
  name,
  effect,
  answer: '',
  ...(facts !== undefined && { facts }),
})

function words(credentialOffered: boolean, ...steps: readonly object[]): string {
  const data = { planId: 'pln_1', credentialOffered, steps }
  return credentialInWords({ id: 'rcp_1', version: 1, data } as unknown as Receipt)
}

const before = step('try_credential_before', 'verified', tried)
const deny = step('deny_new_logins', 'verified')

describe('what a receipt says of the credential', () => {
  test('is that it was tried only where a prober asked some place after the change', () => {
    const after = step('try_credential_after', 'verified', tried)
    assert.equal(words(true, before, deny, after), 'offered, and tried')
    assert.equal(words(false, deny, step('try_credential_after', 'unproven')), 'not offered: nothing was tried with it')
  })

  test('is how to try it, where it was offered and no server has it any more', () => {
    const lost = step('try_credential_after', 'unproven', { acceptedBefore: true })
    assert.match(
      words(true, before, deny, lost),
      /^offered, and tried before, not after: .*reeve plan run pln_1 --secret/,
    )
    const unasked = step('try_credential_before', 'verified', { acceptedBefore: 'not asked' })
    assert.match(words(true, unasked, deny, lost), /^offered, not tried: .*memory/)
  })

  test('is that the plan ended first, where it never came to it', () => {
    const never = step('try_credential_after', 'not done')
    assert.match(words(true, before, deny, never), /ended before it was tried after/)
    assert.equal(words(true, never), 'offered, not tried')
  })
})

test('a receipt names who went past other ways, when and why; one of which nobody did says nothing of it', () => {
  const acceptedWays = { by: 'psn_bob', at: '2026-11-01T10:00:00.000Z', because: 'it is meant', receiptId: 'rcp_0' }
  const receipt = (more: object): Receipt => ({ id: 'rcp_1', version: 1, data: { steps: [], ...more } }) as never
  assert.equal(
    acceptedInWords(receipt({ acceptedWays })),
    'by psn_bob at 2026-11-01T10:00:00.000Z, because: it is meant (read in receipt rcp_0)',
  )
  assert.equal(acceptedInWords(receipt({})), undefined)
})
