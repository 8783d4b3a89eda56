import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { changes } from '../endpoint.ts'
import { ENDPOINTS } from '../routes/index.ts'
import { openApiDocument } from './document.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
const document = openApiDocument(version)

test('the committed document is the one that the server serves; npm run client writes it', () => {
  const committed = readFileSync('docs/api/openapi.json', 'utf8')
  assert.ok(committed === `${JSON.stringify(document, null, 2)}\n`, 'run npm run client')
})

test('the types of the client were generated from the committed document; npm run client writes them', () => {
  const digest = createHash('sha256').update(readFileSync('docs/api/openapi.json')).digest('hex')
  const [first] = readFileSync('src/client/schema.d.ts', 'utf8').split('\n', 1)
  assert.ok(first?.includes(digest), `${first} is not ${digest}`)
})

async function lint(source: object): Promise<string[]> {
  const config = await createConfig({
    extends: ['recommended-strict'],
    rules: {
      'operation-description': 'error',
      'operation-tag-defined': 'error',
      'tag-description': 'error',
      'paths-kebab-case': 'error',
      'info-license-strict': 'error',
      // by words: `targets` holds no verb
      'no-http-verbs-in-paths': { severity: 'error', splitIntoWords: true },
    },
  })
  const problems = await lintFromString({ source: JSON.stringify(source), config })
  return problems.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer ?? ''}: ${message}`)
}

test('a linter finds nothing wrong with the document', async () => {
  assert.deepEqual(await lint(document), [])
})

test('the linter does find what is wrong', async () => {
  const text = JSON.stringify(document)
  for (const [right, wrong, rule] of [
    ['"operationId":"getPrincipal"', '"operationId":"listPrincipals"', 'operation-operationId-unique'],
    ['#/components/schemas/Version"', '#/components/schemas/Gone"', 'no-unresolved-refs'],
    ['"name":"principalId","in":"path"', '"name":"other","in":"path"', 'path-parameters-defined'],
    ['"tags":["principals"]', '"tags":["nowhere"]', 'operation-tag-defined'],
  ] as const) {
    assert.ok(text.includes(right), right)
    const found = await lint(JSON.parse(text.replace(right, wrong)) as object)
    assert.ok(
      found.some((line) => new RegExp(rule).test(line)),
      `${rule}: ${found.join('; ')}`,
    )
  }
})

test('operations are named verb and noun, once each', () => {
  const names = ENDPOINTS.map(({ operationId }) => operationId)
  assert.equal(new Set(names).size, names.length)
  for (const name of names) assert.match(name, /^[a-z]+(?:[A-Z][a-z]+)+$/)
})

test('every operation documents its answer, its refusals and the parameters that it takes', () => {
  for (const endpoint of ENDPOINTS) {
    const operation = document.paths[endpoint.path]?.[endpoint.method.toLowerCase()]
    assert.ok(operation, endpoint.operationId)
    const responses = new Set(Object.keys(operation['responses'] as object).map(Number))
    for (const status of [endpoint.status ?? 200, 400, 401, 403, 429, 500, 503]) {
      assert.ok(responses.has(status), `${endpoint.operationId} ${status}`)
    }
    if (endpoint.versioned === 'update') for (const status of [412, 428]) assert.ok(responses.has(status))
    const parameters = operation['parameters'] as { name: string; in: string }[]
    const headers = new Set(parameters.filter(({ in: place }) => place === 'header').map(({ name }) => name))
    assert.equal(headers.has('Idempotency-Key'), changes(endpoint))
    assert.equal(headers.has('If-Match'), endpoint.versioned === 'update')
  }
})
