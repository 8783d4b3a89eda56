import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assert as hold, property, string } from 'fast-check'
import { leakedSecrets } from './leaked-secret.ts'

const told = (text: string): object[] => leakedSecrets(text).map(({ form: _form, ...rest }) => rest)
const at = { account: 'app', host: 'db.example', port: 5433, database: 'shop' }

describe('what leaked, as people find it', () => {
  test('is the bare value of one line, whatever stands in it', () => {
    for (const secret of ['hunter2', 'with space', 'a=b;c', 'a:b@c/d', "it's", 'password=', ' leading']) {
      assert.deepEqual(told(secret), [{ secret }])
      assert.deepEqual(told(`${secret}\n`), [{ secret }])
    }
  })

  test('is a connection string in each form that clients of PostgreSQL write', () => {
    for (const text of [
      'postgresql://app:s3%2Fcret@db.example:5433/shop?sslmode=require',
      'postgresql+psycopg2://app:s3%2Fcret@db.example:5433/shop',
      'jdbc:postgresql://db.example:5433/shop?user=app&password=s3%2Fcret',
      'db.example:5433:shop:app:s3/cret',
      "host=db.example port=5433 dbname=shop user=app password='s3/cret'",
      'PGHOST=db.example\nexport PGPORT=5433\nPGUSER="app"\nPGPASSWORD=s3/cret\nPGDATABASE=shop\n',
    ])
      assert.deepEqual(told(text), [{ secret: 's3/cret', ...at }], text)
  })

  test('is found within the file that it stood in, and each of several is told', () => {
    const line = 'SOURCE = create_engine("postgresql://app:one@db.example:5433/shop"),'
    assert.deepEqual(told(`# a comment\n${line}\n${line}\nmore()\n`), [{ secret: 'one', ...at }])
    assert.equal(told(`${line}\n${line.replace(':one@', ':two@')}`).length, 2)
  })

  test('is nothing where it can not be told from the rest: nothing is guessed', () => {
    for (const text of ['', '\n', 'one line\nanother line\n', 'postgresql://app@db.example/shop\n\nno password there'])
      assert.deepEqual(told(text), [], text)
  })

  test('never throws and never takes long, whatever is read', () => {
    hold(
      property(string({ unit: 'binary-ascii', maxLength: 400 }), (text) => {
        for (const { secret } of leakedSecrets(text)) assert.notEqual(secret, '')
      }),
    )
    for (const piece of ['postgresql://', 'password=', 'a:1:', "a='\\", 'PGPASSWORD=', '%%%'])
      leakedSecrets(piece.repeat(5000))
  })
})
