import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

test('a scan lists an agent server through the real command, with its line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-scan-'))
  try {
    await writeFile(
      join(folder, '.mcp.json'),
      '{\n "mcpServers": {\n  "tickets": { "url": "https://mcp.example" }\n }\n}\n',
    )
    const { stdout } = await run(
      process.execPath,
      ['bin/reeve.js', 'scan', folder, '--format', 'json', '--fail-on', 'none'],
      { cwd: process.cwd() },
    )
    const report = JSON.parse(stdout) as { principals: { externalId: string; locations: unknown[] }[] }
    assert.equal(report.principals[0]?.externalId, '.mcp.json#tickets')
    assert.deepEqual(report.principals[0]?.locations, [{ file: '.mcp.json', startLine: 3 }])
  } finally {
    await rm(folder, { recursive: true })
  }
})
