import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Id, Instant } from '#kernel'
import { ENTRY_TYPES } from '../entry-types/entry-types.ts'
import type { StoredEntry } from '../entry.ts'
import { isUnmapped, OCSF_VERSION, ocsfEvent } from './event.ts'
import { Definitions, definitionsAbsent } from './definitions-in-test.ts'

const entry = (type: string, more: Partial<StoredEntry> = {}): StoredEntry => ({
  seq: 7,
  id: 'evt_00000000000000000000000000' as Id<'entry'>,
  layer: ENTRY_TYPES[type]?.layer ?? 'identity',
  writtenBy: 'reeve_identity',
  type,
  at: '2026-03-01T08:00:00.000Z' as Instant,
  actor: 'psn_00000000000000000000000001',
  subjects: ['prn_00000000000000000000000002'],
  record: { id: 'prn_00000000000000000000000002', version: 3, hash: 'a'.repeat(64) },
  reason: 'a ticket',
  follows: ['irq_00000000000000000000000003'],
  content: { role: 'auditor' },
  ...more,
})

const options = { release: '0.1.0' }

describe('an OCSF event', () => {
  test('of each type of entry has a class of its own choosing: none is left to the generic one', () => {
    assert.deepEqual(Object.keys(ENTRY_TYPES).filter(isUnmapped), [])
  })

  test('of a type that nobody mapped is a Base Event, with everything that the entry says', () => {
    assert.ok(isUnmapped('tea.made'))
    const event = ocsfEvent(entry('tea.made'), options)
    assert.deepEqual([event['class_uid'], event['type_uid'], event['message']], [0, 99, 'tea.made'])
    assert.deepEqual((event['unmapped'] as Record<string, unknown>)['content'], { role: 'auditor' })
  })

  test('carries place and id of its entry, so that what comes twice is known', () => {
    const { metadata, time } = ocsfEvent(entry('principal.registered'), options)
    const { sequence, uid, version } = metadata as Record<string, unknown>
    assert.deepEqual([sequence, uid, version], [7, 'evt_00000000000000000000000000', OCSF_VERSION])
    assert.equal(time, Date.parse('2026-03-01T08:00:00.000Z'))
  })
})

describe('against the given definitions', { skip: definitionsAbsent() }, () => {
  const definitions = definitionsAbsent() === false ? new Definitions() : undefined

  test('events of every type are valid: attributes, requirements, enumerations, types', () => {
    assert.equal(definitions?.version, OCSF_VERSION)
    const bare = { record: undefined, reason: undefined, content: undefined, subjects: [], actor: 'reeve', follows: [] }
    for (const type of [...Object.keys(ENTRY_TYPES), 'tea.made']) {
      for (const given of [entry(type), entry(type, bare as never)])
        assert.deepEqual(definitions?.problems(ocsfEvent(given, options)), [], type)
    }
  })

  test('the check itself refuses what is wrong', () => {
    const good = ocsfEvent(entry('principal.registered'), options)
    const { metadata: _metadata, ...without } = good
    for (const bad of [
      without,
      { ...good, activity_id: 42, type_uid: 300_442 },
      { ...good, type_uid: 1 },
      { ...good, tea: 'black' },
      { ...good, time: 'yesterday' },
      { ...good, actor: {} },
      { ...good, class_uid: 12 },
      { ...good, entity: { type_id: 99 } },
      { ...good, metadata: { ...(good['metadata'] as object), product: 'Reeve' } },
    ])
      assert.ok((definitions?.problems(bad).length ?? 0) > 0, JSON.stringify(bad))
  })
})
