import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { columnLines } from './columns.ts'
import { painter, widthOf } from './text.ts'

const paint = painter(false)

test('a table is never wider than the terminal, as long as there is room for something', () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 60 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, cell), { maxLength: 8 }),
      fc.integer({ min: 30, max: 120 }),
      (rows, width) => {
        const columns = [{ title: 'a' }, { title: 'b', keep: 'end' as const }, { title: 'c' }]
        for (const line of columnLines(columns, rows, { paint, width })) {
          assert.ok(widthOf(line.trimEnd()) <= width, `${widthOf(line)} > ${width}: ${line}`)
        }
      },
    ),
  )
})

test('what is copied is not cut, and without a terminal nothing is', () => {
  const columns = [{ title: 'id', whole: true }, { title: 'name' }, { title: 'path', keep: 'end' as const }]
  const row = [`prn_${'x'.repeat(26)}`, 'n'.repeat(80), `${'/a'.repeat(60)}/end`]
  const [, narrow = ''] = columnLines(columns, [row], { paint, width: 60 })
  assert.ok(narrow.startsWith(row[0] ?? '?'))
  assert.ok(narrow.trimEnd().endsWith('end'))
  const [, wide = ''] = columnLines(columns, [row], { paint, width: Number.POSITIVE_INFINITY })
  assert.equal(wide, `${row.join('  ')}\n`)
})

test('no cell can steer the terminal', () => {
  const text = [...columnLines([{ title: 'name' }], [['a\u001b[2Jb\nc']], { paint, width: 80 })].join('')
  assert.ok(!text.includes('\u001b'))
  assert.equal(text.split('\n').length, 3)
})
