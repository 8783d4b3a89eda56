// The README's first minutes, word for word, on a data directory of its own.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { reeve } from '../scan/run-reeve.ts'
import { cleanEnvironment, temporaryFolder } from './server-in-test.ts'

const LIMIT_MS = 180_000

/** The lines of the first two blocks under `## Try it`. */
async function readmeBlocks(): Promise<string[][]> {
  const [, section = ''] = (await readFile('README.md', 'utf8')).split('## Try it')
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block.trim().split('\n'))
}

/** A command line of the README as arguments: words, and text in double quotes. */
const wordsOf = (line: string): string[] =>
  [...line.replace(/\s#.*$/, '').matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')

function npmStart(env: Record<string, string>): { ready: Promise<string>; stop(): Promise<number | null> } {
  const child = spawn('npm', ['start'], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let text = ''
  const ended = new Promise<number | null>((done) => {
    child.on('close', done)
  })
  const ready = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready in time: ${text}`)), LIMIT_MS)
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString('utf8')
      if (!text.includes('Ctrl-C stops it')) return
      clearTimeout(timer)
      resolve(text)
    })
    child.stderr.on('data', (data: Buffer) => (text += data.toString('utf8')))
    void ended.then((code) => reject(new Error(`ended with ${code}: ${text}`)))
  })
  return {
    ready,
    stop: async () => {
      // as Ctrl-C does: to everything in the foreground
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
      return await ended
    },
  }
}

test(
  "the README's commands do what it says; stopped and started again all is there",
  {
    skip: databaseUnavailable(),
    timeout: 2 * LIMIT_MS,
  },
  async (t) => {
    const [start = [], commands = []] = await readmeBlocks()
    assert.deepEqual(start, ['npm ci && npm start'])
    const home = await temporaryFolder(t)
    const env = cleanEnvironment({ HOME: home, REEVE_DATA_DIR: join(home, 'data'), REEVE_LISTEN: '127.0.0.1:0' })
    const first = npmStart(env)
    t.after(async () => first.stop().catch(() => undefined))
    const said = await first.ready
    assert.match(said, /Reeve [\d.]+ at http:\/\/127\.0\.0\.1:\d+/)
    assert.match(said, /the sample estate is in the roll: \d+ principals, \d+ credentials/)
    assert.match(said, /reeve_b_\w{36}/)
    assert.ok(commands.length >= 5)
    for (const line of commands) {
      assert.match(line, /^npx reeve /)
      const { code, stderr } = await reeve(wordsOf(line).slice(2), { env })
      assert.equal(code, 0, `${line}: ${stderr}`)
    }
    const owned = 'arn:aws:iam::111122223333:role/ledger-batch'
    const before = await reeve(['principals', 'history', owned, '--json'], { env })
    assert.match(before.stdout, /"reason": "I operate it"/)
    await first.stop()

    const second = npmStart(env)
    t.after(async () => second.stop().catch(() => undefined))
    const again = await second.ready
    assert.doesNotMatch(again, /reeve_b_/, 'the first token is printed once')
    const [, url = ''] = /Reeve [\d.]+ at (http:\/\/\S+)/.exec(again) ?? []
    const after = await reeve(['principals', 'history', owned, '--json'], { env: { ...env, REEVE_URL: url } })
    assert.equal(after.stdout, before.stdout, after.stderr)
    await second.stop()
  },
)
