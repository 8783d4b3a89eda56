import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { parse } from 'csv-parse/sync'
import { accounts, folderOf, reeve, reportOn } from './run-reeve.ts'

const ESCAPE = '\u001b'
const SARIF_SCHEMA = '../shared/schemas/sarif-schema-2.1.0.json'

interface Sarif {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } }
    readonly results: readonly {
      readonly ruleId: string
      readonly ruleIndex: number
      readonly partialFingerprints: Readonly<Record<string, string>>
      readonly suppressions?: readonly object[]
      readonly locations: readonly {
        readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } }
      }[]
    }[]
    readonly invocations: readonly { readonly toolExecutionNotifications: readonly object[] }[]
  }[]
}

async function written(folder: string, format: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await reeve(['scan', folder, '--format', format, '--fail-on', 'none', ...args])
  assert.notEqual(stdout, '', stderr)
  return stdout
}

describe('SARIF', () => {
  test(
    'is valid 2.1.0',
    { skip: existsSync(SARIF_SCHEMA) ? false : `${SARIF_SCHEMA} is not on this machine` },
    async (t) => {
      const ajv = new Ajv({ strict: false, allErrors: true })
      // the package is CommonJS, and its types say otherwise
      ;(addFormats as unknown as (to: Ajv) => void)(ajv)
      // the schema is draft 4, of which it uses nothing that draft 7 reads otherwise but its name
      const { $schema, id, ...schema } = JSON.parse(await readFile(SARIF_SCHEMA, 'utf8')) as Record<string, unknown>
      assert.match(String($schema), /draft-04/)
      assert.ok(id !== undefined)
      const validate = ajv.compile(schema)
      const odd = await folderOf(t, { 'a b/ü#%?.yaml': accounts('deployer'), 'broken.json': '{"mcpServers": {"a":' })
      for (const folder of ['samples', odd]) {
        validate(JSON.parse(await written(folder, 'sarif')))
        assert.deepEqual(validate.errors ?? [], [])
      }
    },
  )

  test('one result per finding, each with its rule, its fingerprint and a place that is a URI', async (t) => {
    const folder = await folderOf(t, { 'a b/ü#%?.yaml': accounts('one', 'two'), 'broken.json': '{"mcpServers": {"a":' })
    const report = await reportOn(folder)
    const [run] = (JSON.parse(await written(folder, 'sarif')) as Sarif).runs
    assert.ok(run !== undefined)
    assert.equal(run.results.length, report.findings.length)
    for (const result of run.results) {
      assert.equal(run.tool.driver.rules[result.ruleIndex]?.id, result.ruleId)
      const uri = result.locations[0]?.physicalLocation.artifactLocation.uri ?? ''
      assert.equal(new URL(uri, 'file:///src/').pathname, '/src/a%20b/%C3%BC%23%25%3F.yaml')
    }
    assert.deepEqual(
      run.results.map(({ partialFingerprints }) => partialFingerprints['reeveFinding/v1']),
      report.findings.map(({ fingerprint }) => fingerprint),
    )
    assert.equal(run.invocations[0]?.toolExecutionNotifications.length, 1)
  })
})

describe('CSV', () => {
  test('reads back as one row per finding, and no cell is a formula', async (t) => {
    const folder = await folderOf(t, { '=cmd|\'x\'!A1,"q".yaml': accounts('deployer'), '@sum.yaml': accounts('other') })
    const text = await written(folder, 'csv')
    const rows = parse(text, { columns: true, record_delimiter: '\r\n' }) as unknown as Record<string, string>[]
    const report = await reportOn(folder)
    assert.deepEqual(
      rows.map(({ fingerprint }) => fingerprint),
      report.findings.map(({ fingerprint }) => fingerprint),
    )
    for (const row of rows) for (const cell of Object.values(row)) assert.doesNotMatch(cell, /^[=+\-@\t\r]/)
    assert.ok(rows.some(({ file }) => file === "'=cmd|'x'!A1,\"q\".yaml"))
  })
})

describe('HTML', () => {
  test('loads nothing, runs only its own script, and escapes what it shows', async (t) => {
    const name = `<img src=x onerror=alert(1)>"'&`
    const folder = await folderOf(t, {
      'sa.json': JSON.stringify({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name, namespace: '</script><script>alert(2)</script>', labels: { '</style>': '<b>' } },
      }),
    })
    const page = await written(folder, 'html')
    assert.ok(page.includes('&lt;img src=x onerror=alert(1)&gt;'))
    assert.doesNotMatch(page, /<img|<script>alert|<b>Z/)
    assert.equal(page.match(/<script/g)?.length, 1)
    assert.doesNotMatch(page, /\b(?:src|href)="(?!#)/)
    assert.doesNotMatch(page, /url\(|@import/)
    const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(page)?.[1] ?? ''
    assert.match(policy, /^default-src 'none';/)
    assert.doesNotMatch(policy, /unsafe|https?:|\*/)
    for (const [element, directive] of [
      ['script', 'script-src'],
      ['style', 'style-src'],
    ] as const) {
      const content = new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(page)?.[1] ?? ''
      const hash = createHash('sha256').update(content).digest('base64')
      assert.ok(policy.includes(`${directive} 'sha256-${hash}'`), element)
    }
    assert.doesNotMatch(page.replace(/<style>[\s\S]*?<\/style>/, ''), /\sstyle="/, 'the policy would refuse it')
  })
})

describe('the table', () => {
  test(
    'sends no control characters, whatever files are called',
    { skip: process.platform === 'win32' && 'no such names on Windows' },
    async (t) => {
      const evil = 'a\u001b]0;owned\u0007\u001b[2J\u202Egnp.yaml'
      const folder = await folderOf(t, { [evil]: accounts('deployer'), 'b\u001b[31m.json': '{"mcpServers": {"a":' })
      for (const format of ['table', 'csv', 'html']) {
        const { stdout, stderr } = await reeve(['scan', folder, '--format', format])
        const shown = format === 'csv' ? stderr : stdout + stderr
        // eslint-disable-next-line no-control-regex -- exactly these must not be there
        assert.doesNotMatch(shown, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
      }
    },
  )

  test('has colour only where it is asked for, and keeps to the width', async (t) => {
    const folder = await folderOf(t, { [`${'deep/'.repeat(30)}sa.yaml`]: accounts('deployer') })
    const plain = await reeve(['scan', folder], { env: { COLUMNS: '72' } })
    assert.ok(!plain.stdout.includes(ESCAPE))
    for (const line of plain.stdout.split('\n').filter((one) => !one.startsWith('IDENTITIES') && !/·\s+·/.test(one))) {
      assert.ok(line.length <= 72, line)
    }
    const forced = await reeve(['scan', folder], { env: { FORCE_COLOR: '1' } })
    assert.ok(forced.stdout.includes(ESCAPE))
    assert.ok(!(await reeve(['scan', folder, '--no-color'], { env: { FORCE_COLOR: '1' } })).stdout.includes(ESCAPE))
    assert.ok(!(await reeve(['scan', folder], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stdout.includes(ESCAPE))
  })
})

describe('--output', () => {
  test('writes the file whole, keeps its mode, leaves nothing beside it, and takes the format from the name', async (t) => {
    const folder = await folderOf(t, { 'in/sa.yaml': accounts('deployer') })
    const output = join(folder, 'report.sarif')
    await writeFile(output, 'old')
    await chmod(output, 0o600)
    const { stdout, stderr } = await reeve(['scan', join(folder, 'in'), '--output', output])
    assert.equal(stdout, '')
    assert.match(stderr, /the sarif report is in /)
    assert.equal((JSON.parse(await readFile(output, 'utf8')) as { version: string }).version, '2.1.0')
    assert.equal((await stat(output)).mode & 0o777, 0o600)
    assert.deepEqual((await readdir(folder)).sort(), ['in', 'report.sarif'])
  })

  test('--html comes beside the format that was asked for', async (t) => {
    const folder = await folderOf(t, { 'in/sa.yaml': accounts('deployer') })
    const page = join(folder, 'report.html')
    const { stdout } = await reeve(['scan', join(folder, 'in'), '--format', 'json', '--html', page, '--quiet'])
    assert.equal((JSON.parse(stdout) as { schemaVersion: string }).schemaVersion, '1.0')
    assert.match(await readFile(page, 'utf8'), /^<!doctype html>/)
  })
})
