import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { identifier, joined, sql } from './sql.ts'

test('what is put into the template is a parameter, never text', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (values) => {
      const list = joined(
        values.map((value) => sql`${value}`),
        ', ',
        sql`null`,
      )
      const { text, values: parameters } = sql`select ${list} where ${true}`.compile()
      const places = values.map((_, at) => `$${at + 1}`).join(', ')
      assert.equal(text, `select ${places === '' ? 'null' : places} where $${values.length + 1}`)
      assert.deepEqual(parameters, [...values, true])
    }),
  )
})

test('SQL within SQL keeps its parameters in order', () => {
  const inner = sql`b = ${2} and c = ${3}`
  const { text, values } = sql`select ${1} from t where ${inner} or d = ${4}`.compile()
  assert.equal(text, 'select $1 from t where b = $2 and c = $3 or d = $4')
  assert.deepEqual(values, [1, 2, 3, 4])
})

test('an identifier cannot end its quotes', () => {
  assert.equal(identifier('a"; drop table b; --').compile().text, '"a""; drop table b; --"')
})
