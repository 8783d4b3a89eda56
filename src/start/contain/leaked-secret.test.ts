import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assert as hold, property, string } from 'fast-check'
import { leakedSecrets } from './leaked-secret.ts'

const told = (text: string): object[] => leakedSecrets(text).map(({ form: _form, ...rest }) => rest)
const at = { account: 'app', host: 'db.example', port: 5433, database: 'shop' }

describe('what leaked, as people find it', () => {
  test('is the bare value of one line', () => {
    for (const secret of [
      'hunter2',
      'with space',
      'a:b@c/d',
      ' leading',
      'c2VjcmV0LWJ5dGVz+/8=',
      'YQ==',
      'p%40$(x)!#;,',
    ]) {
      assert.deepEqual(told(secret), [{ secret }])
      assert.deepEqual(told(`${secret}\n`), [{ secret }])
      assert.deepEqual(told(`\uFEFF${secret}\r\n`), [{ secret }])
    }
  })

  test('is never a text that was not understood, unless somebody says that all of it is the value', () => {
    for (const text of [
      'a=b;c',
      'DB_PASSWORD=',
      'DB_PASSWORD=${VAULT}',
      'token: s3cret',
      'key:',
      "it's",
      '"s3cret"',
      '`s3cret`',
      '{"token":"s3cret"}',
      '<password>s3cret</password>',
      'mysql://app:s3cret@db.example/shop',
      'postgresql://app@db.example/shop',
      'Host=db.example;Password=s3"cret',
      'password = os.getenv("DB_PASSWORD")',
      'password: two words',
      'password: |\n  s3cret',
      'password: |-\n  s3cret',
      'db:\n  password: >2 # folded\n    s3cret',
      'db.example:5433:shop:app:s3:cret',
      '*:*:*:app:s3:cret',
      '\\:\\:1:5433:shop:app:s3cret',
    ]) {
      assert.deepEqual(told(text), [], text)
      assert.deepEqual(leakedSecrets(`${text}\n`, true), [{ secret: text, form: 'the whole text, as the bare value' }])
    }
  })

  test('is the value of a setting, with what stands beside it under the same beginning', () => {
    for (const text of [
      'DB_PASSWORD=s3cret',
      'export DB_PASSWORD="s3cret" # of the shop',
      "password: 's3cret'",
      'spring.datasource.password=s3cret\r\n',
      '  "password": "s3cret",',
      '{"db": [{"dbPassword": "s3cret"}]}',
    ])
      assert.deepEqual(told(text), [{ secret: 's3cret' }], text)
    for (const text of [
      'DB_HOST=db.example\nDB_PORT=5433\nDB_USER=app\nDB_DATABASE=shop\nREDIS_HOST=other\nDB_PASSWORD=s3#cret',
      'POSTGRES_PASSWORD: s3#cret\nPOSTGRES_USER: app\nPOSTGRES_DB: shop\nPOSTGRES_HOST: db.example\nPOSTGRES_PORT: "5433"',
      '{"cache":{"host":"other"},"main":{"host":"db.example","port":5433,"user":"app","password":"s3#cret","dbname":"shop"}}',
    ])
      assert.deepEqual(told(text), [{ secret: 's3#cret', ...at }], text)
    // two hosts under one key: it is not known beside which one the secret stood
    assert.deepEqual(told('host: a.example\npassword: s3cret\nhost: b.example\n'), [{ secret: 's3cret' }])
    assert.equal(leakedSecrets('DB_PASSWORD=s3cret')[0]?.form, 'the value of DB_PASSWORD')
  })

  test('stands beside the server that a URI without a password names', () => {
    const url = 'jdbc:postgresql://db.example:5433/shop'
    for (const text of [
      `spring.datasource.url=${url}\nspring.datasource.username=app\nspring.datasource.password=s3#cret\n`,
      `spring:\n  datasource:\n    url: ${url}?sslmode=verify-full\n    username: app\n    password: "s3#cret"\n`,
      `{"jdbcUrl":"${url}","user":"app","password":"s3#cret"}`,
      'DATABASE_URL=postgresql://app@db.example:5433/shop\nDATABASE_PASSWORD=s3#cret\n',
    ])
      assert.deepEqual(told(text), [{ secret: 's3#cret', ...at }], text)
    // what it names is where it goes, each of several hosts, and no other server
    const hosts = told('DB_URL=postgresql://a.example,b.example:5433/shop\nDB_USER=app\nDB_PASSWORD=s3cret\n')
    assert.deepEqual(hosts, [
      { secret: 's3cret', ...at, host: 'a.example', port: 5432 },
      { secret: 's3cret', ...at, host: 'b.example' },
    ])
    assert.deepEqual(told('DB_URL=mysql://other.example:3306/shop\nDB_PASSWORD=s3cret\n'), [
      { secret: 's3cret', host: 'other.example', port: 3306, database: 'shop' },
    ])
    assert.deepEqual(told('url: https://app.example/\npassword: s3cret\n'), [{ secret: 's3cret' }])
  })

  test('is decoded where a Secret of Kubernetes has it in base64, and never tried as it stands there', () => {
    const base64 = (text: string): string => Buffer.from(text).toString('base64')
    const uri = 'postgresql://app:s3%23cret@db.example:5433/shop'
    const secret = (data: Record<string, string>): object => ({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      data,
    })
    const parts = { host: 'db.example', port: '5433', username: 'app', password: 's3#cret', dbname: 'shop' }
    const inBase64 = Object.fromEntries(Object.entries(parts).map(([key, value]) => [key, base64(value)]))
    const lines = Object.entries(inBase64).map(([key, value]) => `  ${key}: ${value}`)
    for (const text of [
      `apiVersion: v1\nkind: Secret\ndata:\n${lines.join('\n')}\n`,
      `kind: ConfigMap\ndata:\n  a: b\n---\r\nkind: "Secret"\r\ndata:\r\n${lines.join('\r\n')}\r\n`,
      JSON.stringify({ kind: 'List', items: [secret(inBase64)] }),
      JSON.stringify(secret({ DATABASE_URL: base64(uri) }), null, 2),
      `kind: Secret\ndata:\n  .pgpass: ${base64('# a comment\ndb.example:5433:shop:app:s3#cret\n')}\n`,
      'kind: Secret\nstringData:\n  host: db.example\n  port: "5433"\n  username: app\n  password: "s3#cret"\n  dbname: shop\n',
    ])
      assert.deepEqual(told(text), [{ secret: 's3#cret', ...at }], text)
    // bytes, and what is no base64, are no password
    for (const value of ['/////w==', 'not base64'])
      assert.deepEqual(told(`kind: Secret\ndata:\n  user: YXBw\n  password: ${value}\n`), [], value)
  })

  test('is at each host of a connection string that names several', () => {
    const { host: _host, port: _port, ...rest } = at
    assert.deepEqual(told('postgresql://app:s3%2Fcret@a.example:5433,[::1]/shop?target_session_attrs=any'), [
      { secret: 's3/cret', ...rest, host: 'a.example', port: 5433 },
      { secret: 's3/cret', ...rest, host: '::1', port: 5432 },
    ])
  })

  test('is told once where one form says no more than another', () => {
    const uri = 'DATABASE_URL=postgresql://app:s3cret@db.example:5433/shop\n'
    assert.deepEqual(told(`${uri}PGUSER=app\nPGPASSWORD=s3cret\n`), [{ secret: 's3cret', ...at }])
    assert.equal(told(`${uri}PGUSER=other\nPGPASSWORD=s3cret\n`).length, 2)
  })

  test('is a connection string in each form that clients of PostgreSQL write', () => {
    for (const text of [
      'postgresql://app:s3%2Fcret@db.example:5433/shop?sslmode=require',
      'postgresql+psycopg2://app:s3%2Fcret@db.example:5433/shop',
      'jdbc:postgresql://db.example:5433/shop?user=app&password=s3%2Fcret',
      'db.example:5433:shop:app:s3/cret',
      "host=db.example port=5433 dbname=shop user=app password='s3/cret'",
      'Host=db.example;Port=5433;Database=shop;Username=app;Password=s3/cret',
      '{"ConnectionStrings":{"Shop":"Server=db.example; Port=5433; Database=shop; User Id=app; Password=s3/cret;"}}\r\n',
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
    for (const piece of [
      'postgresql://',
      'password=',
      'a:1:',
      "a='\\",
      'PGPASSWORD=',
      '%%%',
      'a: "\\',
      'DB_PASSWORD=x\n',
      '[',
      '\t',
      'a,',
      'Host=',
      'a b c =;',
      'kind: Secret\ndata:\n',
      'kind: Secret&a [*a,',
    ])
      leakedSecrets(piece.repeat(5000))
  })
})
