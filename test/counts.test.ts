// Counts identities in the real exports beside the repository, with code that shares nothing with src/, and compares
// with what the command lists.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'

const FIXTURES = '../shared/fixtures'
const skip = existsSync(FIXTURES) ? false : 'the real exports in ../shared/fixtures are not on this machine'

interface ReportRow {
  readonly externalId: string
  readonly nativeType: string
  readonly system?: string
  readonly locations: readonly { readonly file: string }[]
}
interface Report {
  readonly principals: readonly ReportRow[]
  readonly credentials: readonly { readonly refs?: readonly string[]; readonly type: string }[]
}

let report: Report
const externalIds = new Set<string>()

function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(join(FIXTURES, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => ending.test(path))
    .map((path) => join(folder, path))
}
const textOf = (path: string): string => readFileSync(join(FIXTURES, path), 'utf8')

/** Every object anywhere in a JSON value for which `pick` gives something. */
function collect<T>(value: unknown, pick: (record: Record<string, unknown>) => T | undefined): T[] {
  if (typeof value !== 'object' || value === null) return []
  const here = Array.isArray(value) ? undefined : pick(value as Record<string, unknown>)
  return [...(here === undefined ? [] : [here]), ...Object.values(value).flatMap((child) => collect(child, pick))]
}

function missing(expected: Iterable<string>): string[] {
  return [...new Set(expected)].filter((id) => !externalIds.has(id))
}

describe('the real exports', { skip }, () => {
  before(async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['bin/reeve.js', 'scan', FIXTURES, '--format', 'json', '--fail-on', 'none'],
      { maxBuffer: 1 << 30 },
    )
    report = JSON.parse(stdout) as Report
    for (const principal of report.principals) externalIds.add(principal.externalId)
  })

  test('every IAM user, role and group is listed by its ARN', () => {
    const expected: string[] = []
    for (const path of ['aws/cloudsplaining_test_authz.json', 'aws/airiam_iam_data.json']) {
      const arns = textOf(path).matchAll(/"Arn":\s*"(arn:aws:iam::\d+:(?:user|role|group)\/[^"]+)"/g)
      for (const match of arns) expected.push(match[1] ?? '')
    }
    assert.ok(expected.length > 10)
    assert.deepEqual(missing(expected), [])
  })

  test('every access key of an export or a state file is listed', () => {
    const paths = [
      ...filesBelow('tfstate', /\.tfstate$/),
      'aws/cloudsplaining_test_authz.json',
      'aws/airiam_iam_data.json',
    ]
    const expected = new Set(paths.flatMap((path) => textOf(path).match(/\bAKIA[A-Z0-9]{16}\b/g) ?? []))
    const refs = new Set(report.credentials.flatMap((credential) => credential.refs ?? []))
    assert.ok(expected.size > 3)
    assert.deepEqual(
      [...expected].filter((id) => !refs.has(`aws:access-key/${id}`)),
      [],
    )
  })

  test('every ServiceAccount and every subject of a binding is listed', () => {
    const expected: string[] = []
    for (const path of filesBelow('kubernetes', /\.ya?ml$/)) {
      for (const document of parseAllDocuments(textOf(path))) {
        if (!('toJS' in document)) continue
        collect(document.toJS(), (record) => {
          const metadata = record['metadata'] as { name?: string; namespace?: string } | undefined
          if (record['kind'] === 'ServiceAccount' && metadata?.name !== undefined) {
            expected.push(`system:serviceaccount:${metadata.namespace ?? 'default'}:${metadata.name}`)
          }
          if (String(record['kind']).endsWith('RoleBinding')) {
            for (const subject of (record['subjects'] ?? []) as { kind: string; name: string; namespace?: string }[]) {
              const account = `system:serviceaccount:${subject.namespace ?? metadata?.namespace ?? 'default'}:${subject.name}`
              expected.push(subject.kind === 'ServiceAccount' ? account : subject.name)
            }
          }
          return undefined
        })
      }
    }
    assert.ok(expected.length > 50)
    assert.deepEqual(missing(expected), [])
  })

  test('every job of every workflow is listed', () => {
    const expected: string[] = []
    for (const path of filesBelow('github', /\.ya?ml$/)) {
      for (const document of parseAllDocuments(textOf(path), { uniqueKeys: false })) {
        if (!('toJS' in document) || document.errors.length > 0) continue
        const workflow = document.toJS() as { jobs?: Record<string, unknown> } | null
        for (const job of Object.keys(workflow?.jobs ?? {})) expected.push(`${path}#${job}`)
      }
    }
    assert.ok(expected.length > 40)
    assert.deepEqual(missing(expected), [])
  })

  test('every MCP server of a client configuration or a registry is listed', () => {
    const expected: string[] = []
    for (const path of filesBelow('agents/wild', /\.json$/)) {
      const servers = collect(
        JSON.parse(textOf(path)),
        (record) => (record['mcpServers'] ?? record['servers']) as object | undefined,
      )
      for (const name of servers.flatMap((map) => Object.keys(map))) expected.push(`${path}#${name}`)
    }
    for (const path of filesBelow('agents/docker-registry', /\.yaml$/)) {
      expected.push(/^name:\s*['"]?([^'"\s]+)/m.exec(textOf(path))?.[1] ?? path)
    }
    assert.ok(expected.length > 80)
    assert.deepEqual(missing(expected), [])
  })

  test('every Entra service principal is listed, by its id or, where the export leaves that out, its name', () => {
    const source: unknown = JSON.parse(textOf('entra/entra_graph_doc_responses.json'))
    const ids = collect(source, (record) =>
      'servicePrincipalType' in record ? String(record['id'] ?? record['appId'] ?? record['displayName']) : undefined,
    )
    assert.ok(ids.length > 3)
    assert.deepEqual(missing(ids), [])
  })
})
