// Workflows and MCP servers of the real inputs beside the repository, counted by code that shares nothing with src/.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'

const FIXTURES = '../shared/fixtures'
const skip = existsSync(FIXTURES) ? false : 'the real exports in ../shared/fixtures are not on this machine'

interface Report {
  readonly principals: readonly { readonly externalId: string; readonly nativeType: string }[]
  readonly findings: readonly { readonly detector: string; readonly subject: { readonly externalId: string } }[]
  readonly errors: readonly unknown[]
}

const scan = async (folder: string): Promise<Report> => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['bin/reeve.js', 'scan', join(FIXTURES, folder), '--format', 'json', '--fail-on', 'none'],
    { maxBuffer: 1 << 28 },
  )
  return JSON.parse(stdout) as Report
}
const files = (folder: string): string[] => readdirSync(join(FIXTURES, folder)).sort()
const textOf = (path: string): string => readFileSync(join(FIXTURES, path), 'utf8')

describe('real workflows and agents', { skip }, () => {
  let github: Report
  let agents: Report
  before(async () => {
    github = await scan('github')
    agents = await scan('agents')
  })

  test('the jobs listed are exactly those of the files', () => {
    const expected: string[] = []
    for (const folder of ['workflows', 'zizmor']) {
      for (const name of files(`github/${folder}`)) {
        for (const document of parseAllDocuments(textOf(`github/${folder}/${name}`))) {
          if (!('toJS' in document)) continue
          const { jobs } = (document.toJS() ?? {}) as { jobs?: Record<string, unknown> }
          for (const job of Object.keys(jobs ?? {})) expected.push(`${folder}/${name}#${job}`)
        }
      }
    }
    const listed = github.principals.filter(({ nativeType }) => nativeType === 'workflow-job')
    assert.ok(expected.length > 60)
    assert.deepEqual(listed.map(({ externalId }) => externalId).sort(), expected.sort())
  })

  test('the MCP servers listed are exactly those of the files', () => {
    const expected: string[] = []
    for (const name of files('agents/docker-registry'))
      expected.push(/^name: (.+)$/m.exec(textOf(`agents/docker-registry/${name}`))?.[1] ?? '?')
    for (const name of files('agents/wild')) {
      const { mcpServers } = JSON.parse(textOf(`agents/wild/${name}`)) as { mcpServers: Record<string, unknown> }
      for (const server of Object.keys(mcpServers)) expected.push(`wild/${name}#${server}`)
    }
    const listed = agents.principals.filter(({ nativeType }) => nativeType === 'mcp-server')
    assert.equal(expected.length, 92)
    assert.deepEqual(listed.map(({ externalId }) => externalId).sort(), expected.sort())
  })

  test('nothing of them is unreadable', () => {
    assert.deepEqual(github.errors, [])
    assert.deepEqual(agents.errors, [])
  })

  test('what the names of the risky workflows say is what is found, and no more', () => {
    const about = (detector: string): string[] =>
      github.findings
        .filter((finding) => finding.detector === detector && finding.subject.externalId.startsWith('zizmor/'))
        .map(({ subject }) => subject.externalId.slice('zizmor/'.length))
        .sort()
    assert.deepEqual(about('workflow-token-write-all'), [
      'excessive-permissions-jobs-broaden-permissions.yml#job2',
      'excessive-permissions-workflow-write-all.yml#job1',
    ])
    assert.deepEqual(about('workflow-script-injection'), [
      'github-env-github-path.yml#vulnerable',
      'github-env-issue-397-repro.yml#issue-397-repro',
    ])
    assert.deepEqual(about('action-unpinned'), [], 'all of these are pinned')
    assert.deepEqual(about('workflow-pull-request-target'), [], 'none of these checks out the head')
  })
})
