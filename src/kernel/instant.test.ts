import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseInstant } from './instant.ts'

test('what exports write as a date is read, in UTC', () => {
  for (const [written, read] of [
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2019-03-31 11:36:54+00:00', '2019-03-31T11:36:54.000Z'],
    ['2026-01-31T23:30:00-02:00', '2026-02-01T01:30:00.000Z'],
    ['2026-01-31T08:00', '2026-01-31T08:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['1900-01-01', '1900-01-01T00:00:00.000Z'],
    ['2026-12-31T23:59:59.999Z', '2026-12-31T23:59:59.999Z'],
  ]) {
    assert.equal(parseInstant(written), read, written)
  }
})

test('a day that no calendar has is no date, and never rolls over into the next month', () => {
  for (const written of [
    '2026-02-31',
    '2026-02-29',
    '2026-04-31T08:00:00Z',
    '2026-06-31 08:00',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2100-02-29',
  ]) {
    assert.equal(parseInstant(written), undefined, written)
  }
})

test('an hour that no clock shows is no time, and never rolls over into the next day', () => {
  for (const written of [
    '2026-01-31T24:00',
    '2026-01-31 24:00:00',
    '2026-01-31T24:00:00Z',
    '2026-01-31T25:00',
    '2026-01-31T23:60',
  ]) {
    assert.equal(parseInstant(written), undefined, written)
  }
})
