import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { secretFor } from './secret-for.ts'

const AT = { account: 'app', addresses: [{ host: 'db.example', port: 5433 }] }
const URI = 'postgresql://app:s3cret@db.example:5433/shop'

describe('the secret of a file, for a plan', () => {
  test('is what stands there for this account at this target, and never the line around it', () => {
    for (const text of [
      's3cret',
      'DB_PASSWORD=s3cret',
      'password: s3cret',
      '{"password":"s3cret"}',
      `DATABASE_URL=${URI}`,
    ])
      assert.equal(secretFor(text, AT).secret, 's3cret', text)
    assert.equal(secretFor(URI, AT).database, 'shop')
    assert.equal(secretFor(`${URI}\npostgresql://other:else@db.example:5433/shop`, AT).secret, 's3cret')
    assert.equal(secretFor('postgresql://app:s3cret@a.example,DB.example:5433/shop', AT).secret, 's3cret')
    assert.equal(secretFor('a=b: "c"', AT, true).secret, 'a=b: "c"')
  })

  test('is refused where it is not understood, is another account or server, or is one of several', () => {
    for (const [text, why] of [
      ['one line\nanother line', /not understood/],
      ['postgresql://other:s3cret@db.example:5433/shop', /beside the account `other`, and not `app`/],
      ['postgresql://app:s3cret@elsewhere.example:5433/shop', /beside a server that is none of this target/],
      [`${URI}\n${URI.replace('s3cret', 'another')}`, /several secrets/],
    ] as const)
      assert.throws(
        () => secretFor(text, AT),
        (error: Error) => why.test(error.message) && !error.message.includes('s3cret'),
        text,
      )
  })
})
