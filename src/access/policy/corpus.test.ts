import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compilePolicies, createEntities } from './index.ts'
import { cedar, exactJson, exactParse } from './reference-in-test.ts'

interface CorpusCase {
  readonly policies: string
  readonly entities: string
  readonly schema: string
  readonly requests: readonly {
    readonly description: string
    readonly principal: { type: string; id: string }
    readonly action: { type: string; id: string }
    readonly resource: { type: string; id: string }
    readonly context: Record<string, unknown>
    readonly decision: string
    readonly reason: readonly string[]
    readonly errors: readonly string[]
  }[]
}

const ROOT = process.env['REEVE_CEDAR_CORPUS'] ?? join('..', 'shared', 'cedar-corpus')
const FOLDER = join(ROOT, 'corpus-tests')
const skip = existsSync(FOLDER) ? false : "Cedar's corpus is not beside the repository; set REEVE_CEDAR_CORPUS to it"

test("every request of Cedar's corpus has Cedar's decision, reasons and errors", { skip }, () => {
  let requests = 0
  const files = readdirSync(FOLDER).filter((name) => /^[0-9a-f]+\.json$/.test(name))
  for (const name of files) {
    const one = exactParse(readFileSync(join(FOLDER, name), 'utf8')) as CorpusCase
    const schema = cedar.schemaToJson(readFileSync(join(ROOT, one.schema), 'utf8'))
    assert.ok(schema.type === 'success', `${name}: the schema parses`)
    const entities = createEntities(schema.json)
    const records = exactParse(readFileSync(join(ROOT, one.entities), 'utf8')) as unknown[]
    assert.deepEqual(entities.load(records), [], name)
    const policies = exactJson(readFileSync(join(ROOT, one.policies), 'utf8'))
    const compiled = compilePolicies({ policies, entities })
    assert.ok(compiled.set !== undefined, `${name}: ${JSON.stringify(compiled.problems)}`)
    const { set } = compiled
    const size = entities.size
    for (const request of one.requests) {
      const answer = set.evaluate(request)
      assert.deepEqual(
        {
          decision: answer.decision,
          reasons: answer.reasons.toSorted(),
          errors: answer.errors.map((error) => error.policyId).sort(),
        },
        { decision: request.decision, reasons: request.reason.toSorted(), errors: request.errors.toSorted() },
        `${name}, ${request.description}`,
      )
      requests++
    }
    assert.equal(entities.size, size, `${name}: requests leave nothing behind`)
  }
  assert.ok(requests >= 2000, `${requests} requests`)
})
