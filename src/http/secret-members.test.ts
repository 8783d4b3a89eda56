import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { ENDPOINTS } from './routes/index.ts'
import { withoutSecrets } from './secret-members.ts'

const fingerprint = (secret: string): { keyId: string; value: string }[] => [
  { keyId: 'fk_1', value: createHmac('sha256', 'a key').update(secret).digest('hex') },
]

test('a body is kept without its secret: the same one is known again, another one is not', () => {
  const body = { secret: 'open sesame', account: 'app', database: undefined }
  for (const doors of [{}, { fingerprint }]) {
    const kept = withoutSecrets(doors, ['secret'], body)
    assert.ok(!JSON.stringify(kept).includes('open sesame'))
    assert.deepEqual(withoutSecrets(doors, ['secret'], { ...body }), kept)
    assert.notDeepEqual(withoutSecrets(doors, ['secret'], { ...body, secret: 'another' }), kept)
    assert.deepEqual(withoutSecrets(doors, ['secret'], { account: 'app' }), { account: 'app' })
  }
})

test('what takes a secret says so: every member that is called so is declared', () => {
  const taking = ENDPOINTS.filter(
    ({ body }) => body !== undefined && 'shape' in body && 'secret' in (body.shape as object),
  )
  assert.ok(taking.length >= 5)
  for (const { operationId, secrets } of taking) assert.deepEqual(secrets, ['secret'], operationId)
})
