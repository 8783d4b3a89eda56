import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { DETECTORS } from '../detectors/index.ts'
import { CSF_1_1_ALIASES, resolveReference } from './aliases.ts'
import { NIST_CSF_2_0, OWASP_NHI_2025 } from './catalogue.ts'
import { CSF_2_0_CATEGORIES, CSF_2_0_LIVE } from './csf-2-0.ts'

const OFFICIAL = '../shared/schemas/nist-csf-2.0-live-subcategories.txt'

test('there are 106 live subcategories in 22 categories', () => {
  assert.equal(CSF_2_0_LIVE.size, 106)
  assert.equal(CSF_2_0_CATEGORIES.size, 22)
})

test(
  'the live subcategories are those of the official list',
  { skip: existsSync(OFFICIAL) ? false : `${OFFICIAL} is not there` },
  () => {
    const official = readFileSync(OFFICIAL, 'utf8').split(/\s+/).filter(Boolean)
    assert.deepEqual([...CSF_2_0_LIVE].sort(), official.sort())
  },
)

test('no detector can emit a withdrawn or wrong id', () => {
  for (const { id, owasp, controls } of DETECTORS) {
    for (const control of controls) {
      assert.ok(CSF_2_0_LIVE.has(control), `${id} cites ${control}`)
      assert.ok(Object.hasOwn(NIST_CSF_2_0, control), `${id} cites ${control}, which the catalogue does not explain`)
    }
    for (const risk of owasp) assert.ok(Object.hasOwn(OWASP_NHI_2025, risk), `${id} cites ${risk}`)
  }
})

test('whatever the catalogue and the alias table can emit is live', () => {
  for (const id of [...Object.keys(NIST_CSF_2_0), ...Object.values(CSF_1_1_ALIASES).flat()])
    assert.ok(CSF_2_0_LIVE.has(id), id)
})

test('what texts cite is turned into what they mean', () => {
  for (const [text, ...ids] of [
    ['CSF 2.0 PR.AC-4', 'PR.AA-05'],
    ['pr.ac-1', 'PR.AA-01', 'PR.AA-05'],
    ['PR.IP-11', 'GV.RR-04'],
    ['PR.AA-05', 'PR.AA-05'],
    ['PR.AA-5', 'PR.AA-05'],
    ['NHI-03: rotation of credentials', 'NHI7:2025'],
    ['excessive privilege (NHI-03)', 'NHI5:2025'],
    ['record separation, NHI-01', 'NHI1:2025'],
    ['NHI7:2025', 'NHI7:2025'],
    ['NHI10', 'NHI10:2025'],
    ['SP 800-207 tenet 6', '6'],
    ['AI RMF GOVERN 1.6', 'GOVERN 1.6'],
    ['MAESTRO L4', 'L4'],
  ]) {
    const found = resolveReference(text ?? '')
    assert.deepEqual(
      found.flatMap((reference) => reference.ids),
      ids,
      text,
    )
  }
})

test('what is in no list is shown as unresolved and gives no id', () => {
  for (const text of [
    'CSA MAESTRO I.1',
    'NHI-03',
    'NHI11:2025',
    'NHI3:2021',
    'PR.AC-04x PR.DS-03',
    'DE.CM-1',
    'RS.RP-1',
    'tenet 8',
    'MAP 9.9',
    'NHI-03 rotation or privilege',
  ]) {
    const found = resolveReference(text)
    assert.ok(found.length > 0, text)
    for (const reference of found) assert.deepEqual([reference.status, reference.ids], ['unresolved', []], text)
  }
})

test('whatever is cited, only live ids come out', () => {
  const part = fc.constantFrom(
    'NHI',
    '-',
    '0',
    '1',
    '3',
    '7',
    ':2025',
    ' rotation ',
    'PR.',
    'AC',
    'AA',
    'DE.CM',
    '-0',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      for (const { ids } of resolveReference(parts.join(''))) {
        for (const id of ids) assert.ok(CSF_2_0_LIVE.has(id) || Object.hasOwn(OWASP_NHI_2025, id), id)
      }
    }),
  )
})

test('a long text is read in a moment', { timeout: 10_000 }, () => {
  assert.equal(resolveReference('NHI-'.repeat(250_000)).length, 0)
})
