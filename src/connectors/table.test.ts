import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTable } from './table.ts'

test('the delimiter is the one of the header line, so that a value may hold the others', () => {
  for (const [text, value] of [
    ['id,handles\n1,a;b\n', 'a;b'],
    ['id;handles\n1;a,b\n', 'a,b'],
    ['id\thandles\n1\ta,b;c\n', 'a,b;c'],
  ] as const) {
    assert.equal(readTable(text).rows[0]?.record['handles'], value)
  }
})

test('a BOM, CRLF, quoted newlines and short rows are read', () => {
  const { rows, problems } = readTable('\uFEFFid,name\r\n1,"two\nlines"\r\n2\r\n')
  assert.deepEqual(
    rows.map(({ record, line }) => [record['id'], record['name'], line]),
    [
      ['1', 'two\nlines', 3],
      ['2', undefined, 4],
    ],
  )
  assert.deepEqual(problems, [])
})

test('a quote that is never closed costs its own record and says where', () => {
  const { rows, problems } = readTable('id,name\n1,a\n2,"open\n3,c\n')
  assert.deepEqual(
    rows.map(({ record }) => record['id']),
    ['1'],
  )
  assert.equal(problems.length, 1)
})

test('hostile lines never throw', () => {
  for (const piece of ['"a":"', '"', '","', "'", '\u0000', ','])
    assert.doesNotThrow(() => readTable(`id,email,status\n${piece.repeat(200_000)}`))
})
