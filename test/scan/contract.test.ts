import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { reportJsonSchema, reportShape } from '../../cli/scan/contract.ts'
import { reportOn } from './run-reeve.ts'

const PUBLISHED = 'docs/schemas/scan-report.schema.json'
const FIXTURES = '../shared/fixtures'

interface Node {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Node>>
  readonly items?: Node
  readonly anyOf?: readonly Node[]
}

describe('the JSON contract', () => {
  test('the published schema is the one that the writers use', async () => {
    const stated = `${JSON.stringify(reportJsonSchema(), null, 2)}\n`
    if (process.env['UPDATE'] === '1') await writeFile(PUBLISHED, stated)
    assert.equal(await readFile(PUBLISHED, 'utf8'), stated, 'run this test with UPDATE=1 to write it')
  })

  test('every member is described', () => {
    const silent: string[] = []
    const walk = (node: Node, path: string): void => {
      for (const [name, member] of Object.entries(node.properties ?? {})) {
        if ((member.description ?? '') === '') silent.push(`${path}.${name}`)
        walk(member, `${path}.${name}`)
      }
      if (node.items !== undefined) walk(node.items, `${path}[]`)
      for (const one of node.anyOf ?? []) walk(one, path)
    }
    walk(reportJsonSchema(), '')
    assert.deepEqual(silent, [])
  })

  for (const tree of ['samples', FIXTURES]) {
    test(
      `a report on ${tree} is valid and says nothing that is not documented`,
      { skip: existsSync(tree) ? false : `${tree} is not on this machine` },
      async () => {
        const report = await reportOn(tree, '--fail-on', 'none')
        for (const closed of [false, true]) {
          const validate = new Ajv2020({ strict: false, allErrors: true }).compile(reportJsonSchema(closed))
          validate(report)
          assert.deepEqual(validate.errors?.slice(0, 5) ?? [], [])
        }
        reportShape.parse(report)
        assert.equal(report.stats.principals, report.principals.length)
        assert.equal(report.stats.findings, report.findings.length)
      },
    )
  }

  test('every id that is referred to is there, and ids are unique', async () => {
    const report = await reportOn('samples')
    const principals = new Set(report.principals.map(({ id }) => id))
    const credentials = new Set(report.credentials.map(({ id }) => id))
    assert.equal(principals.size, report.principals.length)
    assert.equal(credentials.size, report.credentials.length)
    for (const { principalId } of report.entitlements) assert.ok(principals.has(principalId))
    for (const { principalId, consumers } of report.credentials) {
      for (const id of [...consumers, ...(principalId === null ? [] : [principalId])]) assert.ok(principals.has(id))
    }
    for (const { subject } of report.findings) {
      if (subject.principalId !== null) assert.ok(principals.has(subject.principalId))
      if (subject.credentialId !== null) assert.ok(credentials.has(subject.credentialId))
    }
    for (const principal of report.principals) {
      for (const id of [...principal.credentials, ...principal.uses]) assert.ok(credentials.has(id))
      for (const id of principal.groups) assert.ok(principals.has(id))
    }
  })
})
