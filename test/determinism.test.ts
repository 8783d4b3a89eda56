import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const tree = await mkdtemp(join(tmpdir(), 'reeve-same-'))

async function scan(...options: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, ['bin/reeve.js', 'scan', tree, '--fail-on', 'none', ...options], {
    maxBuffer: 1 << 28,
  })
  return stdout.replace(/"scannedAt": ?"[^"]*"/, '"scannedAt":""')
}

describe('the same tree gives the same report', () => {
  before(async () => {
    await cp('samples', tree, { recursive: true })
    // enough files that worker threads take part
    for (let index = 0; index < 600; index++) {
      await writeFile(join(tree, `module-${index}.py`), `DATABASE_PASSWORD = "hx${index % 7}Kv!trellis${index % 5}"\n`)
    }
  })
  after(async () => {
    await rm(tree, { recursive: true })
  })

  test('byte for byte, twice and with any number of workers', async () => {
    const [once, again, alone] = [
      await scan('--format', 'json'),
      await scan('--format', 'json'),
      await scan('--format', 'json', '--workers', '1'),
    ]
    assert.ok(once.length > 10_000)
    assert.equal(again, once)
    assert.equal(alone, once)
  })

  test('in the other formats, too', async () => {
    for (const format of ['sarif', 'csv']) {
      const strip = (text: string): string => text.replaceAll(/"(?:start|end)TimeUtc": ?"[^"]*"/g, '')
      assert.equal(strip(await scan('--format', format)), strip(await scan('--format', format)), format)
    }
  })
})
