import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { cleanEnvironment } from '../test/e2e/server-in-test.ts'
import { folderOf } from '../test/scan/run-reeve.ts'

test('a test that fails and leaves a timer behind is named, and the run comes to its end', async (t) => {
  const text = `import { test } from 'node:test'
    test('leaves a timer', () => { setInterval(() => undefined, 1000); throw new Error('it failed') })`
  const folder = await folderOf(t, { 'left.test.mjs': text })
  const program = fileURLToPath(new URL('test.ts', import.meta.url))
  const child = spawn(process.execPath, [program, `${folder}/left.test.mjs`], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill())
  let said = ''
  child.stdout.on('data', (data: Buffer) => (said += data.toString('utf8')))
  const [code] = (await once(child, 'close', { signal: AbortSignal.timeout(120_000) })) as [number]
  assert.equal(code, 1)
  assert.match(said, /leaves a timer[^]*it failed/)
})
